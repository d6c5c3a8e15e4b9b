"""Estimators, one file per family, and the registry that names them."""

from .other_outcomes import Outcome, valued
from .registry import ESTIMATORS, Estimator, estimator, needs_q, refuse_one_name

__all__ = ["ESTIMATORS", "Estimator", "Outcome", "estimator", "needs_q", "refuse_one_name", "valued"]
