"""Ending a trial early: by the median of the earlier trials of its search, at the same step of the training."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import TYPE_CHECKING

import numpy as np

from ..evaluation.ranks import ranked_log
from ..evaluation.session_actions import SessionActions

if TYPE_CHECKING:
    from ..mdp.dataset import TransitionDataset
    from ..training import Run

FEWEST_CURVES = 4
"""Earlier trials that must have come to a step before it ends a later one."""
WARM_UP = 0.25
"""Share of the steps that every trial may do."""
MOST_ROWS = 4_096
"""Rows of the held-out part that a training is scored on."""
EVERY = 5
"""Points of the learning curve from one score to the next: a training of so many steps has 20."""

Curve = Sequence[tuple[int, float]]
"""Steps, and the best score on the held-out part until then."""


class Pruned(Exception):  # not an error: the trial has done what it can
    """A trial that is worse than the median of the earlier ones."""


def bars_of(curves: Sequence[Curve]) -> dict[int, float]:
    """Step -> what a later trial must not be below there: the median rule (Golovin et al. 2017).

    Trials of other searches never count, and those of one search come one after another: which trials end early does
    not depend on how many searches run at a time.

    Args:
        curves: of the earlier trials of one search, whatever became of them.
    """
    at: dict[int, list[float]] = {}
    last = max((curve[-1][0] for curve in curves if curve), default=0)
    for curve in curves:
        for step, score in curve:
            at.setdefault(step, []).append(score)
    return {
        step: median(scores)
        for step, scores in sorted(at.items())
        if len(scores) >= FEWEST_CURVES and step >= WARM_UP * last
    }


class Pruner:
    """Looks at a training at every `EVERY`th point of its learning curve, and ends it where its score is too low.

    The score is what trials are chosen by: NDCG@k on logs of users' own choices. On logs of exposures a trial goes to
    its end: the held-out TD error of a Q learner says how well Q agrees with itself, and moves with the settings that
    are tried (alpha, gamma, n_steps) whatever becomes of the policy; an estimate of the policy's value at every point
    would cost as much as the trial.

    Args:
        held_out: the part of the log that trials are scored on.
        policy_of: a training -> the policy that is scored.
        bars: as `bars_of` gives them.
        k: length of the lists.
    """

    def __init__(
        self, held_out: TransitionDataset, policy_of: Callable[[Run], object], bars: Mapping[int, float], k: int
    ):
        self.policy_of, self.bars, self.k = policy_of, bars, k
        self.data = _first_rows(held_out)
        self.sessions = SessionActions.of(self.data)
        self.curve: list[tuple[int, float]] = []
        self.points = 0

    def __call__(self, run_now: Callable[[], Run]) -> None:
        """Score the training as it stands.

        Raises:
            Pruned: it is below its bar by more than a standard error of its score.
        """
        self.points += 1
        if self.points % EVERY:
            return
        run = run_now()
        score, error = self._score(run)
        best = max(score, self.curve[-1][1]) if self.curve else score
        self.curve.append((run.steps_used, best))
        if best + error < self.bars.get(run.steps_used, -math.inf):
            raise Pruned

    def _score(self, run: Run) -> tuple[float, float]:
        """NDCG@k and its standard error over rows."""
        ranks = ranked_log(self.data, self.policy_of(run), self.sessions, self.k).next  # type: ignore[arg-type]
        gains = np.zeros(len(self.data))
        # The middle of the ranks that an action may have among equals.
        rank = ranks.above + (ranks.equal + 1) / 2.0
        gains[ranks.steps] = np.where(rank <= self.k, 1.0 / np.log2(1.0 + rank), 0.0)
        return float(gains.mean()), float(gains.std() / math.sqrt(len(gains)))


def _first_rows(data: TransitionDataset) -> TransitionDataset:
    """As many of the first episodes as have `MOST_ROWS` rows, one at the least."""
    return data.episodes(0, max(1, int(np.searchsorted(data.episode_ends, MOST_ROWS, side="right"))))
