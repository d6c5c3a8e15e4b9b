"""What each estimator computes, one file for each family, and the table that names them."""

from .other_outcomes import Outcome, valued
from .registry import ESTIMATORS, Estimator, estimator, needs_q

__all__ = ["ESTIMATORS", "Estimator", "Outcome", "estimator", "needs_q", "valued"]
