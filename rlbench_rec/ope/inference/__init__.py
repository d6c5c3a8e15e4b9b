"""How far an estimate may be off: the kinds of interval by name, a sequence to watch, a bound without ranges."""

from .combination import combined
from .confidence_sequences import ConfidenceSequence, confidence_sequence
from .inference_options import Inference, Interval, interval_named
from .interval_kinds import INTERVALS
from .joint_resamples import UNDEFINED, MeasuredSample, jointly_resampled, percentiles
from .lower_bounds import lower_bound
from .simultaneous import band, critical_value, simultaneous
from .slope import slope

__all__ = [
    "INTERVALS",
    "UNDEFINED",
    "ConfidenceSequence",
    "Inference",
    "Interval",
    "MeasuredSample",
    "band",
    "combined",
    "confidence_sequence",
    "critical_value",
    "interval_named",
    "jointly_resampled",
    "lower_bound",
    "percentiles",
    "simultaneous",
    "slope",
]
