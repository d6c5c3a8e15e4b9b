"""Propensities that were not logged: models of the behaviour policy, cross-fitted and calibrated."""

from .cross_fitting import estimate_propensities
from .models import MODELS
from .propensities import Propensities

__all__ = ["MODELS", "Propensities", "estimate_propensities"]
