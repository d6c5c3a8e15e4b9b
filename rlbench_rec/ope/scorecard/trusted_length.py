"""How long a log must be to be trusted in so many of ten cases, and not as often as not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..data.evaluation_log import EvaluationLog
from ..estimators import Outcome
from ..reliability.gate import Gate, Overlap, times_as_long
from .support import lift_overlaps

ROUNDS = 50
"""Of finding a length that is as long as the log of that length asks for."""
CLOSE = 1e-4
"""Relative change of the length at which it is found."""


def trusted_length(log: EvaluationLog, power: float, gate: Gate, outcome: Outcome = None) -> float:
    """How many times as long a log must be for a lift of `snips` that is trusted in `power` of cases; infinite where no
    length would do.

    At the gate an estimate rests on about `trusted_events` events, and here on that over the times: both are counts of
    chance, of a variance that unequal weights double. Where the sizes of events decide, two more things move: what they
    leave of the events falls as a longer log sees more of their tail, and it is an estimate, here and in the log that
    is planned (see `Sizes.of_longer`). Both errors, a of the counts and b of the sizes, are normal in logarithms and
    independent: exp(sqrt(a^2 + b^2)) is the margin.

    Args:
        log: the pilot.
        power: share of cases, .5 or more; with less there is no margin.
        gate: that must trust it.
        outcome: whose lift; None: the reward's.
    """
    from scipy.special import ndtri

    overlaps, skewness = lift_overlaps(log, gate, outcome)
    quantile = max(float(ndtri(power)), 0.0)
    even = times_as_long(overlaps, skewness, gate)
    times = even
    for _ in range(ROUNDS if 0.0 < even < np.inf else 0):
        typical, unlucky = (
            times_as_long(_of_longer(overlaps, times, errors), skewness, gate) for errors in (0.0, quantile)
        )
        counts = quantile * np.sqrt(2.0 * (1.0 + even) / gate.trusted_events)
        sizes = np.log(unlucky / typical) if np.isfinite(unlucky) else 0.0
        before, times = times, typical * float(np.exp(np.hypot(counts, sizes)))
        if abs(times - before) <= CLOSE * before:
            break
    return times


def _of_longer(overlaps: Sequence[Overlap], times: float, errors: float) -> list[Overlap]:
    """The figures with the sizes as a log so many times as long would show them, per event as they are here."""
    return [
        overlap if overlap.sizes is None else replace(overlap, sizes=overlap.sizes.of_longer(times, errors))
        for overlap in overlaps
    ]
