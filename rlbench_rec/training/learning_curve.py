"""Training from point to point of the learning curve, and the best network on the way."""

from __future__ import annotations

import copy
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .fit_options import FitOptions
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

    def advance(self, steps: int, seconds: float, loss: float, scores: Scores, network: ActionScores) -> None:
        """Note what `steps` further steps led to."""
        self.step += steps
        self.seconds += seconds
        self.history.append({"step": self.step, "loss": loss, **vars(scores)})
        if scores.criterion < self.least:
            self.least, self.best_step, self.best = scores.criterion, self.step, copy.deepcopy(network)


@dataclass
class Member:
    """One training, alone or in an ensemble.

    Attributes:
        seed: of its weights and its sampling.
        algorithm: what is trained.
        network: what policies are made of.
        validated: what the learning curve is of.
        point: how far it is.
    """

    seed: int
    algorithm: Trainable
    network: ActionScores
    validated: ActionScores
    point: Point = field(default_factory=Point)


def train(
    members: Sequence[Member],
    loop: Loop,
    held_out: HeldOut | None,
    options: FitOptions,
    checkpoint: ResumableCheckpoint | None,
) -> None:
    """Take the members from where they are to the last step, with a point of the curve every `stride`."""
    while (done := members[0].point.step) < options.steps:
        now = min(options.stride, options.steps - done)
        started = time.perf_counter()
        losses = loop(now)
        seconds = (time.perf_counter() - started) / len(members)
        for member, loss in zip(members, losses, strict=True):
            scores = held_out.score(member.validated) if held_out else Scores()
            member.point.advance(now, seconds, loss, scores, member.network)
        if checkpoint:
            checkpoint.save(members[0].point)
        if options.progress:
            options.progress(done + now, options.steps)
