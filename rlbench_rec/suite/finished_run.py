"""What is left of a run in memory when it has ended."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .config import Suite
from .part import Part
from .plan import JobResult

if TYPE_CHECKING:
    from .kinds.estimators.config import EstimatorSuite


@dataclass(frozen=True)
class FinishedRun:
    """A suite that ran.

    Attributes:
        suite: what ran.
        folder: where the files are.
        results: one per job that is done, in the order of the plan.
        seconds: how long it took.
        missing: jobs that are not done, since they belong to other parts of the run.
        part: which part of the run this was; None: all of it.
    """

    suite: Suite | EstimatorSuite
    folder: Path
    results: list[JobResult]
    seconds: float
    missing: int = 0
    part: Part | None = None

    @property
    def failures(self) -> list[JobResult]:
        return [result for result in self.results if result.failed]

    @property
    def left_out(self) -> list[str]:
        """What of the suite had nothing to do on one of its sources, and why: once for all seeds."""
        return list(dict.fromkeys(result.left_out for result in self.results if result.left_out))

    @property
    def undone(self) -> str:
        """How many jobs are not done, of how many."""
        return f"{self.missing:,} of {self.missing + len(self.results):,} jobs"
