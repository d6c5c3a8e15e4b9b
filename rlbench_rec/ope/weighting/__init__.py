"""Where weights come from that no log records: of states, categories, whole slates and continuous actions."""

from .categories import category_propensities, embedding_categories
from .kernels import density_log, kernel_log
from .slates import pair_marginals, slate_weights
from .states import state_ratios

__all__ = [
    "category_propensities",
    "density_log",
    "embedding_categories",
    "kernel_log",
    "pair_marginals",
    "slate_weights",
    "state_ratios",
]
