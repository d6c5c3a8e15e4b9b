"""What each estimator computes, one file for each family, and the table that names them."""

from .table import ESTIMATORS, Estimator, estimator, needs_q
from .valued import Outcome, valued

__all__ = ["ESTIMATORS", "Estimator", "Outcome", "estimator", "needs_q", "valued"]
