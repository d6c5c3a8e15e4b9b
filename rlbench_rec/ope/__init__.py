"""Off-policy evaluation: logged decisions and a policy's probabilities in, estimates with intervals and verdicts out.

Here is what everybody needs. The rest has a room of its own: `ope.analysis` (guardrails, slices, risk, confounding, …),
`ope.inference` (intervals, sequences, combined estimates), `ope.density` (continuous actions, slates, many actions) and
 `ope.scorecard` (a table in a file).

Arrays only: nothing here knows of d3rlpy, torch or data sets, and importing it loads numpy alone.
"""

from . import analysis, density, estimators, inference
from .analysis.lifts import lift
from .analysis.planning import explore, plan
from .data.evaluation_log import EvaluationLog
from .estimate import Estimate, estimate, estimate_all
from .estimators import ESTIMATORS, Estimator, estimator
from .propensity import Propensities, estimate_propensities
from .reliability.diagnostics import Diagnostics, diagnose
from .reliability.gate import VERDICTS, Gate
from .streaming import Stream

__all__ = [
    "ESTIMATORS",
    "VERDICTS",
    "Diagnostics",
    "Estimate",
    "Estimator",
    "EvaluationLog",
    "Gate",
    "Propensities",
    "Stream",
    "analysis",
    "density",
    "diagnose",
    "estimate",
    "estimate_all",
    "estimate_propensities",
    "estimator",
    "estimators",
    "explore",
    "inference",
    "lift",
    "plan",
]
