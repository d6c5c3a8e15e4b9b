"""What a shop asks of a log beyond a value: choices among policies, risk, slices, guardrails, plans."""

from . import policy_selection
from .attribution import Attribution, attribute
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
    "Answer",
    "Attribution",
    "Band",
    "Candidate",
    "Exploration",
    "Guardrail",
    "Plan",
    "ReturnDistribution",
    "Slice",
    "Tested",
    "attribute",
    "breaking_factor",
    "by_slice",
    "estimate_return",
    "estimate_weighted",
    "kpis",
    "mixture_log",
    "over_days",
    "policy_selection",
    "return_distribution",
    "select",
    "sensitivity",
    "ship",
    "subset",
]
