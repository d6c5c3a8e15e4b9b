"""Intervals: each kind is a function of what was measured, in one table."""

from __future__ import annotations

from collections.abc import Callable

from .betting import betting, betting_sequence
from .bootstrap_intervals import bca, percentile, studentised
from .empirical_likelihood import cressie_read
from .finite_sample import bernstein, hoeffding
from .joint_resamples import UNDEFINED, Limits, Sample


def none(sample: Sample) -> list[Limits]:
    """No interval."""
    return [UNDEFINED] * len(sample.measured)


def student(sample: Sample) -> list[Limits]:
    """value -+ t standard errors, t of units - 1 degrees of freedom."""
    from scipy.special import stdtrit

    if sample.units < 2:
        return none(sample)
    t = float(stdtrit(sample.units - 1, sample.levels[1]))
    return [(one.value - t * one.std_error, one.value + t * one.std_error) for one in sample.measured]


INTERVALS: dict[str, Callable[[Sample], list[Limits]]] = {
    "bootstrap": percentile,
    "bca": bca,
    "studentised": studentised,
    "normal": student,
    "bernstein": bernstein,
    "hoeffding": hoeffding,
    "cressie-read": cressie_read,
    "betting": betting,
    "betting-sequence": betting_sequence,
    "none": none,
}
"""Kinds of interval by name."""
