"""A gain of one policy over another, from what each earned on the same replicates."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..tolerances import ROUNDING
from .hypotheses import tail
from .student import student_quantile

LEVEL = 0.05
"""Of one-sided tests of a gain."""
POWER = 0.8
"""Share of samples like the one at hand that would show the smallest detectable gain."""


@dataclass(frozen=True)
class PairedGain:
    """The mean of paired differences, with Student's interval and test.

    Attributes:
        value: their mean; NaN where there is none.
        std_error: of the mean; NaN of fewer than two.
        n: how many differences, or other units, are behind it.
    """

    value: float
    std_error: float
    n: int

    @property
    def p(self) -> float:
        """One-sided p of the hypothesis that the true gain is at most 0: P(T > value / std_error), T Student's with
        n - 1 degrees of freedom; NaN of fewer than two differences."""
        return tail(self.value, self.std_error, self.n)

    def interval(self, level: float = LEVEL) -> tuple[float, float]:
        """The limits that leave `level` out on either side: value -+ t_{1 - level, n - 1} std_error."""
        half = self._quantile(1.0 - level) * self.std_error
        return self.value - half, self.value + half

    def detectable(self, level: float = LEVEL, power: float = POWER) -> float:
        """The true gain that a share `power` of such samples would show at that level:
        (t_{1 - level, n - 1} + t_{power, n - 1}) std_error."""
        return (self._quantile(1.0 - level) + self._quantile(power)) * self.std_error

    def _quantile(self, share: float) -> float:
        return student_quantile(share, self.n - 1) if self.n > 1 else math.nan


def gains_over(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """ours - theirs, element by element; 0 where they differ by no more than rounding does. The mean over seeds of the
    same number may be another one in its last digit, and a difference that never varies would pass every test.

    Args:
        ours, theirs: values of two policies.
    """
    gains = np.asarray(ours - theirs, dtype=np.float64)
    return np.where(np.abs(gains) <= ROUNDING * np.maximum(np.abs(ours), np.abs(theirs)), 0.0, gains)


def paired_gain(differences: Sequence[float] | np.ndarray) -> PairedGain:
    """The gain behind paired differences, one a replicate; those that are not numbers are left out."""
    known = np.asarray(differences, dtype=np.float64)
    known = known[np.isfinite(known)]
    n = len(known)
    value = float(known.mean()) if n else math.nan
    return PairedGain(value, float(known.std(ddof=1)) / math.sqrt(n) if n > 1 else math.nan, n)
