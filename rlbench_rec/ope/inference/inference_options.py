"""What is asked of an inference: the kind of interval, its level and resamples, and the thresholds of the verdict."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, get_args

from ...errors import UnknownNameError
from ..data import checks
from ..reliability.gate import Gate

Interval = Literal[
    "bootstrap",
    "bca",
    "studentised",
    "normal",
    "hoeffding",
    "bernstein",
    "betting",
    "betting-sequence",
    "cressie-read",
    "simultaneous",
    "none",
]
INTERVAL_NAMES: tuple[Interval, ...] = get_args(Interval)


def interval_named(name: str) -> Interval:
    """The kind of interval of that name.

    Raises:
        UnknownNameError: there is none.
    """
    for interval in INTERVAL_NAMES:
        if interval == name:
            return interval
    raise UnknownNameError("interval", name, INTERVAL_NAMES)


@dataclass(frozen=True)
class Inference:
    """How intervals and verdicts are made.

    Attributes:
        interval: the kind of interval; see `ope.estimate`.
        confidence: level of the interval, in (0, 1).
        n_resamples: bootstrap resamples, 1 or more.
        seed: of the bootstrap.
        gate: thresholds of the verdict.

    Raises:
        UnknownNameError: no such interval.
        InputError: a confidence outside (0, 1), no resample, or no whole number where one is needed.
    """

    interval: Interval = "bootstrap"
    confidence: float = 0.95
    n_resamples: int = 2_000
    seed: int = 0
    gate: Gate = field(default_factory=Gate)

    def __post_init__(self) -> None:
        interval_named(self.interval)
        checks.level("confidence", self.confidence)
        checks.whole("n_resamples", self.n_resamples, 1)
        checks.whole("seed", self.seed, 0)

    @property
    def levels(self) -> tuple[float, float]:
        """The two tail probabilities of the interval."""
        return (1 - self.confidence) / 2, (1 + self.confidence) / 2
