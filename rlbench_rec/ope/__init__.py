"""Off-policy evaluation: logged decisions and a policy's probabilities in, estimates with intervals and verdicts out.

Arrays only: nothing here knows of d3rlpy, torch or data sets, and importing it loads numpy alone.
"""

from .diagnostics import Diagnostics, diagnose
from .estimate import Estimate, estimate, estimate_all
from .estimators import ESTIMATORS, Estimator, estimator, needs_q
from .gate import VERDICTS, Gate
from .log import EvaluationLog
from .ranking import ranking

__all__ = [
    "ESTIMATORS",
    "VERDICTS",
    "Diagnostics",
    "Estimate",
    "Estimator",
    "EvaluationLog",
    "Gate",
    "diagnose",
    "estimate",
    "estimate_all",
    "estimator",
    "needs_q",
    "ranking",
]
