"""What each estimator computes, one file for each family, and the table that names them."""

from .table import ESTIMATORS, Estimator, estimator, needs_q

__all__ = ["ESTIMATORS", "Estimator", "estimator", "needs_q"]
