"""The global time split: training lies before the cutoff, the test side at or after it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import InputError


@dataclass(frozen=True)
class TimeSplit:
    """Which sessions are on which side of the cutoff.

    Attributes:
        cutoff: ms UTC; training sessions end before it, test sessions start at or after it.
        train: (sessions,) bool.
        test: (sessions,) bool.
        straddling: number of sessions that began before the cutoff and ended at or after it; they are on neither side.
    """

    cutoff: int
    train: np.ndarray
    test: np.ndarray
    straddling: int


def split_by_time(first: np.ndarray, last: np.ndarray, train_fraction: float) -> TimeSplit:
    """Cut at the start of the session that is at `train_fraction` of all sessions, ordered by start.

    Args:
        first: (sessions,) int64 ms of each session's first event, ascending.
        last: (sessions,) int64 ms of each session's last event.
        train_fraction: in (0, 1).

    Raises:
        InputError: if a side would be empty.
    """
    cutoff = int(first[min(int(len(first) * train_fraction), len(first) - 1)])
    train, test = last < cutoff, first >= cutoff
    if not train.any() or not test.any():
        raise InputError(
            f"Of {len(first)} sessions, {int(train.sum())} end before and {int(test.sum())} start after the cutoff.",
            where="train_fraction",
            hint="A time split needs sessions on both sides: give more data or another fraction.",
        )
    return TimeSplit(cutoff, train, test, int((~train & ~test).sum()))
