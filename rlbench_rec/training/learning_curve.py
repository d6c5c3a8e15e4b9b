"""Training from point to point of the learning curve, and the best network on the way."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from torch import nn

from .loops.loop import Loop
from .networks import ScoreNetwork
from .validation import HeldOut, Scores

if TYPE_CHECKING:
    from .resume import Progress


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
    history: list[dict[str, Any]] = field(default_factory=list)
    least: float = float("inf")
    best_step: int | None = None
    best: nn.Module | None = None

    def advance(self, steps: int, seconds: float, loss: float, scores: Scores, network: nn.Module) -> None:
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
        algo: d3rlpy's algorithm with its networks made.
        network: what policies are made of.
        judged: what the learning curve is of.
        point: how far it is.
    """

    seed: int
    algo: Any
    network: nn.Module
    judged: ScoreNetwork
    point: Point = field(default_factory=Point)


def train(
    members: Sequence[Member],
    loop: Loop,
    judge: HeldOut | None,
    steps: int,
    stride: int,
    progress: Callable[[int, int], None] | None,
    kept: Progress | None,
) -> None:
    """Take the members from where they are to `steps`, with a point of the curve every `stride`."""
    while (done := members[0].point.step) < steps:
        now = min(stride, steps - done)
        started = time.perf_counter()
        losses = loop(now)
        seconds = (time.perf_counter() - started) / len(members)
        for member, loss in zip(members, losses if isinstance(losses, list) else [losses], strict=True):
            scores = judge.score(member.judged) if judge else Scores()
            member.point.advance(now, seconds, loss, scores, member.network)
        if kept:
            kept.save(members[0].point)
        if progress:
            progress(done + now, steps)
