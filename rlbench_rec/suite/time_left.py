"""How long the jobs that are left will take, by those that are done."""

from __future__ import annotations

import time
from collections.abc import Mapping


class TimeLeft:
    """A countdown over jobs: what was expected of those that are done, against what they took.

    left = elapsed x (expected of what is left) / (expected of what is done)

    Args:
        expected: job -> what it is expected to cost, in any unit; jobs that cost nothing tell nothing.
    """

    def __init__(self, expected: Mapping[str, float]):
        self._waiting, self._done = dict(expected), 0.0
        self._begun = time.perf_counter()

    def after(self, job: str) -> float | None:
        """Minutes until all are done, once this one is; None while that is not known."""
        self._done += self._waiting.pop(job, 0.0)
        if not self._waiting:
            return 0.0
        if self._done <= 0.0:
            return None
        elapsed = time.perf_counter() - self._begun
        return elapsed * sum(self._waiting.values()) / self._done / 60


def in_words(minutes: float | None) -> str:
    """`about 3 min left`; empty where nothing is known or nothing is left."""
    if minutes is None or minutes == 0.0:
        return ""
    if minutes < 1:
        return "less than a minute left"
    return f"about {round(minutes):,} min left" if minutes < 120 else f"about {round(minutes / 60):,} h left"
