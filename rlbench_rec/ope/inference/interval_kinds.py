"""Intervals: each kind is a function of what was measured, in one table."""

from __future__ import annotations

from collections.abc import Callable

from .betting import betting, betting_sequence
from .bootstrap_intervals import bca, percentile, studentised
from .empirical_likelihood import cressie_read
from .finite_sample import bernstein, hoeffding
from .inference_options import Interval
from .joint_resamples import UNDEFINED, Limits, MeasuredSample
from .simultaneous import simultaneous


def none(sample: MeasuredSample) -> list[Limits]:
    """No interval."""
    return [UNDEFINED] * len(sample.measured)


def student(sample: MeasuredSample) -> list[Limits]:
    """value -+ t standard errors, t of units - 1 degrees of freedom."""
    from scipy.special import stdtrit

    if sample.units < 2:
        return none(sample)
    t = float(stdtrit(sample.units - 1, sample.inference.levels[1]))
    return [
        (estimator.value - t * estimator.std_error, estimator.value + t * estimator.std_error)
        for estimator in sample.measured
    ]


INTERVALS: dict[Interval, Callable[[MeasuredSample], list[Limits]]] = {
    "bootstrap": percentile,
    "bca": bca,
    "studentised": studentised,
    "normal": student,
    "bernstein": bernstein,
    "hoeffding": hoeffding,
    "cressie-read": cressie_read,
    "betting": betting,
    "betting-sequence": betting_sequence,
    "simultaneous": simultaneous,
    "none": none,
}
"""Kinds of interval by name: all are of each estimate by itself, but `simultaneous`, which is of all at once."""
FROM_THE_LOG: tuple[Interval, ...] = ("bootstrap", "bca", "studentised", "normal", "simultaneous", "none")
"""Kinds that need no known range of the reward."""
STRATIFIED: tuple[Interval, ...] = ("bootstrap", "normal", "simultaneous", "none")
"""Kinds that can keep the sizes of strata fixed."""
