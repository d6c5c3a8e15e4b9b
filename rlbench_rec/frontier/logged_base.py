"""The behaviour policy's whole distribution: a policy, a column of the log, or a uniform choice."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from ..arguments import expect
from ..bad_rows import refuse_rows
from ..errors import InputError
from ..evaluation.bridge import log_of
from ..mdp.dataset import TransitionDataset
from ..ope import EvaluationLog
from ..policies import Uniform
from ..policies.past import on_log
from ..policies.policy import CHUNK_CELLS, Policy, at_actions
from ..policies.tilts import Tilts
from ..tolerances import LAST_DIGITS, SAME_PROPENSITY
from .base import Base, BaseOnLog, Dial, ScoredLog, Setting
from .dial import reweighted, settings, tilted_settings


class LoggedBase(Base):
    """The exact distribution of the behaviour policy, so that importance weights are exact too.

    Args:
        policy: the behaviour policy; None: each log's own column `behaviour_probabilities`, and a frontier is then
            served by reweighting what is in service.
    """

    kind = "logged"

    def __init__(self, policy: Policy | None = None):
        self.policy = policy

    def on(self, data: TransitionDataset) -> LoggedOnLog:
        """What it says of a log.

        Raises:
            InputError: neither a policy nor a column, or probabilities that disagree with the logged propensities.
        """
        return LoggedOnLog(data, self._probabilities(data))

    def _probabilities(self, data: TransitionDataset) -> np.ndarray:
        if self.policy is not None:
            return probabilities_on(self.policy, data)
        if data.behaviour_probabilities is None:
            hint = "Give LoggedBase(policy), or use ServiceBase where only the choices are known."
            raise InputError("The log does not carry the behaviour policy's probabilities.", where="base", hint=hint)
        return data.behaviour_probabilities


class LoggedOnLog(BaseOnLog):
    """A log with the behaviour policy's probability of every action.

    Args:
        data: the log.
        probabilities: (n, A) rows that sum to 1.

    Raises:
        InputError: probabilities of the logged actions that are 0, or that disagree with logged propensities.
    """

    def __init__(self, data: TransitionDataset, probabilities: np.ndarray):
        self.data, self.probabilities = data, np.asarray(probabilities, dtype=np.float64)
        of_logged = at_actions(self.probabilities, data.actions)
        self.propensities = of_logged if data.propensities is None else data.propensities
        apart = ~(np.abs(of_logged - self.propensities) <= SAME_PROPENSITY * self.propensities) | (of_logged <= 0)
        refuse_rows(
            apart,
            lambda row, count: InputError(
                f"The base gives the action of row {row} probability {of_logged[row]:.4g}; the logged one is "
                f"{self.propensities[row]:.4g} ({count} such rows).",
                where="base",
                hint="It is not the policy that chose these actions.",
            ),
        )
        self.sums = self.probabilities.sum(axis=1)
        self.decisions_per_episode = len(data) / data.n_episodes

    def scored(self, scores: np.ndarray) -> LoggedScores:
        return LoggedScores(self, scores)

    def spread(self, scores: np.ndarray) -> float:
        return spread_within(self.probabilities, scores)


class LoggedScores(ScoredLog):
    """A log with the behaviour policy's probabilities, under one contender's scores.

    Args:
        log: the log and the probabilities.
        scores: (n, A).
    """

    def __init__(self, log: LoggedOnLog, scores: np.ndarray):
        self.log, self.scores = log, scores

    def settings(self, dial: Dial, divergences: Sequence[float]) -> list[Setting]:
        log = self.log
        if dial == "tilted":
            return tilted_settings(self._tilts, divergences)
        return settings(dial, self.scores, log.probabilities, divergences, log.decisions_per_episode)

    def evaluation_log(self, dial: Dial, parameter: float) -> EvaluationLog:
        log = self.log
        if dial == "tilted":
            ratios, outside = self._tilts.ratios(log.data.actions, parameter), None
        else:
            ratios, outside = self._ratios(dial, parameter)
        # The logged propensity and the base's own differ by rounding: what is served is a factor on the base.
        target = np.minimum(ratios * log.propensities, 1.0)
        return log_of(log.data, log.propensities, target, unsupported_mass=outside)

    @cached_property
    def _tilts(self) -> Tilts:
        return Tilts(self.scores, self.log.probabilities, self.log.decisions_per_episode)

    def _ratios(self, dial: Dial, parameter: float) -> tuple[np.ndarray, np.ndarray | None]:
        """(n,) the step's probability of the logged action over the base's, and (n,) its mass on actions that the base
        never takes, None where there is none."""
        log = self.log
        ratios, outside = np.empty(len(self.scores)), np.zeros(len(self.scores))
        size = max(1, CHUNK_CELLS // self.scores.shape[1])
        for first in range(0, len(ratios), size):
            rows = slice(first, first + size)
            base, actions = log.probabilities[rows], log.data.actions[rows]
            policy = reweighted(dial, self.scores[rows], base, parameter)
            ratios[rows] = at_actions(policy, actions) / at_actions(base, actions)
            outside[rows] = policy.sum(axis=1, where=base == 0)
        return ratios, outside if outside.any() else None


def probabilities_on(policy: Policy, data: TransitionDataset) -> np.ndarray:
    """(n, A) a policy's probabilities on a log, in pieces."""
    size = max(1, CHUNK_CELLS // data.action_count)
    return np.concatenate([on_log(policy, data, slice(i, i + size)) for i in range(0, len(data), size)])


def spread_within(base: np.ndarray, scores: np.ndarray) -> float:
    """sqrt(mean over decisions of Var_b(score | state)) within what the scores allow.

    0 where that is rounding alone, of scores that tell states apart and not actions.
    """
    possible = np.isfinite(scores) & (base > 0)
    base = np.where(possible, base, 0.0)
    left = base.sum(axis=1)
    base /= np.where(left > 0, left, 1.0)[:, None]
    values = np.where(possible, scores, 0.0)
    apart = np.where(possible, values - (base * values).sum(axis=1, keepdims=True), 0.0)
    spread = float(np.sqrt((base * apart**2).sum() / len(scores)))
    return spread if spread > LAST_DIGITS * np.abs(values).max(initial=0.0) else 0.0


def logged_base(data: TransitionDataset, policy: Policy | None = None) -> LoggedBase | None:
    """The base of a log whose behaviour policy is known whole: a policy that is given, the log's own column of
    probabilities, or a uniform choice among all actions, which its propensities show. None where it is not known."""
    expect(data, TransitionDataset, "data")
    if policy is not None or data.behaviour_probabilities is not None:
        return LoggedBase(policy)
    if data.propensities is not None and data.forbidden is None and data.candidates is None:
        uniform = 1.0 / data.action_count
        if (np.abs(data.propensities - uniform) <= SAME_PROPENSITY * uniform).all():
            return LoggedBase(Uniform(data.action_count))
    return None
