"""Training from point to point of the learning curve, and the best network on the way."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .fit_options import PATIENCE, FitOptions
from .loops.loop import Loop
from .networks import ActionScores
from .trainable import Trainable
from .validation import HeldOut, Scores

if TYPE_CHECKING:
    from .resumable_checkpoint import ResumableCheckpoint


@dataclass
class Point:
    """A point of the learning curve, with all before it.

    Attributes:
        step: steps done.
        seconds: time spent training, evaluations left out; of trainings in one pass each has its share.
        history: a row per point.
        least: smallest criterion so far.
        best_step, best: where that was, and the network then.
    """

    step: int = 0
    seconds: float = 0.0
    history: list[dict[str, float]] = field(default_factory=list)
    least: float = float("inf")
    best_step: int | None = None
    best: ActionScores | None = None

    def advance(
        self, steps: int, seconds: float, loss: float, scores: Scores, network: ActionScores, keeps_best: bool = True
    ) -> None:
        """Note what `steps` further steps led to."""
        self.step += steps
        self.seconds += seconds
        self.history.append({"step": self.step, "loss": loss, **vars(scores)})
        if keeps_best and scores.criterion < self.least:
            self.least, self.best_step, self.best = scores.criterion, self.step, copy.deepcopy(network)

    def is_last(self, options: FitOptions) -> bool:
        """Whether training ends here: all steps are done, or the best score is `PATIENCE` steps old."""
        stalled = options.plateau and self.step - (self.best_step or 0) >= PATIENCE
        return stalled or self.step >= options.most_steps


@dataclass
class Member:
    """One training, alone or in an ensemble.

    Attributes:
        seed: of its weights and its sampling.
        algorithm: what is trained.
        network: what policies are made of.
        validated: what the learning curve is of.
        point: how far it is.
        finished: what policies are made of once it has ended and others of the ensemble have not.
    """

    seed: int
    algorithm: Trainable
    network: ActionScores
    validated: ActionScores
    point: Point = field(default_factory=Point)
    finished: ActionScores | None = None

    def advance(self, steps: int, seconds: float, loss: float, held_out: HeldOut | None, options: FitOptions) -> None:
        """Note what `steps` further steps led to, unless it had ended before them."""
        if self.finished is not None:
            return
        scores = held_out.score(self.validated) if held_out else Scores()
        self.point.advance(steps, seconds, loss, scores, self.network, self.algorithm.keeps_best)
        if self.point.is_last(options):
            self.finished = copy.deepcopy(self.network)


def train(
    members: Sequence[Member],
    loop: Loop,
    held_out: HeldOut | None,
    options: FitOptions,
    checkpoint: ResumableCheckpoint | None,
    watch: Callable[[], None] | None = None,
) -> None:
    """Take the members from where they are to the last step, with a point of the curve every `stride`.

    Each member ends by itself, as it would alone: the pass goes on until the last one has, but what the others learn
    meanwhile is not kept.
    """
    done = members[0].point.step
    while not all(member.point.is_last(options) for member in members):
        now = min(options.stride, options.most_steps - done)
        started = time.perf_counter()
        losses = loop(now)
        seconds = (time.perf_counter() - started) / len(members)
        done += now
        for member, loss in zip(members, losses, strict=True):
            member.advance(now, seconds, loss, held_out, options)
        if checkpoint:
            checkpoint.save(members[0].point)
        if options.progress:
            options.progress(done, options.most_steps)
        if watch:
            watch()
