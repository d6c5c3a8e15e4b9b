"""What a shop asks of a log beyond a value: choices among policies, risk, slices, guardrails, plans."""

from . import policy_selection
from .ab_test import ABTest, LogLength, ab_test, log_length
from .attribution import Attribution, attribute
from .claims import Claims, claims_of
from .confounding import Band, breaking_factor, sensitivity
from .guardrails import Answer, Guardrail, Tested, ship
from .mixture import mixture_log
from .outcomes import KPI, kpis
from .planning import Exploration, Plan
from .policy_selection import Candidate, select
from .pooling import estimate_weighted
from .return_distributions import ReturnDistribution, estimate_return, return_distribution
from .slices import Slice, by_slice, over_days
from .subsets import subset

__all__ = [
    "KPI",
    "ABTest",
    "Answer",
    "Attribution",
    "Band",
    "Candidate",
    "Claims",
    "Exploration",
    "Guardrail",
    "LogLength",
    "Plan",
    "ReturnDistribution",
    "Slice",
    "Tested",
    "ab_test",
    "attribute",
    "breaking_factor",
    "by_slice",
    "claims_of",
    "estimate_return",
    "estimate_weighted",
    "kpis",
    "log_length",
    "mixture_log",
    "over_days",
    "policy_selection",
    "return_distribution",
    "select",
    "sensitivity",
    "ship",
    "subset",
]
