"""Off-policy evaluation: logged decisions and a policy's probabilities in, estimates with intervals and verdicts out.

Arrays only: nothing here knows of d3rlpy, torch or data sets, and importing it loads numpy alone.
"""

from .combined import combined
from .diagnostics import Diagnostics, diagnose
from .estimate import Estimate, estimate, estimate_all
from .estimators import ESTIMATORS, Estimator, estimator, needs_q
from .gate import VERDICTS, Gate
from .intervals import ConfidenceSequence, confidence_sequence, lower_bound
from .lift import lift
from .log import EvaluationLog
from .propensity import Propensities, estimate_propensities
from .ranking import Ranking, ranking
from .return_distribution import ReturnDistribution, estimate_return, return_distribution
from .selection import Candidate, select
from .sensitivity import Band, breaking_factor, sensitivity
from .slope import slope
from .streaming import Stream
from .weighting import (
    category_propensities,
    density_log,
    embedding_categories,
    kernel_log,
    pair_marginals,
    slate_weights,
    state_ratios,
)

__all__ = [
    "ESTIMATORS",
    "VERDICTS",
    "Band",
    "Candidate",
    "ConfidenceSequence",
    "Diagnostics",
    "Estimate",
    "Estimator",
    "EvaluationLog",
    "Gate",
    "Propensities",
    "Ranking",
    "ReturnDistribution",
    "Stream",
    "breaking_factor",
    "category_propensities",
    "combined",
    "confidence_sequence",
    "density_log",
    "diagnose",
    "embedding_categories",
    "estimate",
    "estimate_all",
    "estimate_propensities",
    "estimate_return",
    "estimator",
    "kernel_log",
    "lift",
    "lower_bound",
    "needs_q",
    "pair_marginals",
    "ranking",
    "return_distribution",
    "select",
    "sensitivity",
    "slate_weights",
    "slope",
    "state_ratios",
]
