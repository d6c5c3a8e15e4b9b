"""Off-policy evaluation: logged decisions and a policy's probabilities in, estimates with intervals and verdicts out.

Arrays only: nothing here knows of d3rlpy, torch or data sets, and importing it loads numpy alone.
"""

from .diagnostics import Diagnostics, diagnose
from .estimate import Estimate, estimate, estimate_all
from .estimators import ESTIMATORS, Estimator, estimator, needs_q
from .gate import VERDICTS, Gate
from .intervals import lower_bound
from .lift import lift
from .log import EvaluationLog
from .ranking import Ranking, ranking
from .return_distribution import ReturnDistribution, estimate_return, return_distribution
from .selection import Candidate, select
from .sensitivity import Band, breaking_factor, sensitivity
from .slope import slope

__all__ = [
    "ESTIMATORS",
    "VERDICTS",
    "Band",
    "Candidate",
    "Diagnostics",
    "Estimate",
    "Estimator",
    "EvaluationLog",
    "Gate",
    "Ranking",
    "ReturnDistribution",
    "breaking_factor",
    "diagnose",
    "estimate",
    "estimate_all",
    "estimate_return",
    "estimator",
    "lift",
    "lower_bound",
    "needs_q",
    "ranking",
    "return_distribution",
    "select",
    "sensitivity",
    "slope",
]
