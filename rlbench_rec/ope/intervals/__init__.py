"""How far an estimate may be off: the kinds of interval by name, and the one-sided bound that needs no range."""

from .kinds import INTERVALS, UNDEFINED, Sample, jointly_resampled, percentiles
from .lower_bound import lower_bound

__all__ = ["INTERVALS", "UNDEFINED", "Sample", "jointly_resampled", "lower_bound", "percentiles"]
