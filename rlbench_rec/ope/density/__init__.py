"""Weights that no log records: of states, categories, whole slates and continuous actions."""

from .action_categories import category_propensities, embedding_categories
from .density_ratios import state_ratios
from .kernels import density_log, kernel_log
from .pseudo_inverse import pair_marginals, slate_weights

__all__ = [
    "category_propensities",
    "density_log",
    "embedding_categories",
    "kernel_log",
    "pair_marginals",
    "slate_weights",
    "state_ratios",
]
