"""What a shop asks of a log: lifts, choices among policies, risk, slices, guardrails, plans."""

from . import selection
from .attribution import Attribution, attribute
from .guardrails import Answer, Guardrail, Tested, ship
from .kpis import KPI, kpis
from .lift import lift
from .mixture import mixture_log
from .planning import Exploration, Plan, explore, plan
from .ranking import Ranking, ranking
from .return_distribution import ReturnDistribution, estimate_return, return_distribution
from .selection import Candidate, select
from .sensitivity import Band, breaking_factor, sensitivity
from .slices import Slice, by_slice, over_days
from .subset import subset
from .weighted import estimate_weighted

__all__ = [
    "KPI",
    "Answer",
    "Attribution",
    "Band",
    "Candidate",
    "Exploration",
    "Guardrail",
    "Plan",
    "Ranking",
    "ReturnDistribution",
    "Slice",
    "Tested",
    "attribute",
    "breaking_factor",
    "by_slice",
    "estimate_return",
    "estimate_weighted",
    "explore",
    "kpis",
    "lift",
    "mixture_log",
    "over_days",
    "plan",
    "ranking",
    "return_distribution",
    "select",
    "selection",
    "sensitivity",
    "ship",
    "subset",
]
