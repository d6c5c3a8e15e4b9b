"""How far an estimate may be off: the kinds of interval by name, a sequence to watch, a bound without ranges."""

from .kinds import INTERVALS
from .lower_bound import lower_bound
from .sample import UNDEFINED, Sample, jointly_resampled, percentiles
from .sequence import ConfidenceSequence, confidence_sequence
from .simultaneous import band, simultaneous

__all__ = [
    "INTERVALS",
    "UNDEFINED",
    "ConfidenceSequence",
    "Sample",
    "band",
    "confidence_sequence",
    "jointly_resampled",
    "lower_bound",
    "percentiles",
    "simultaneous",
]
