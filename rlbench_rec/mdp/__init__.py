"""From events to decisions: sessions, time split, states, actions and rewards, as one TransitionDataset."""

from .build import build
from .candidates import with_candidates
from .config import MDPConfig
from .dataset import TransitionDataset
from .item_vectors import with_item_vectors
from .past import Past
from .provenance import Provenance
from .state_layout import StateLayout

__all__ = [
    "MDPConfig",
    "Past",
    "Provenance",
    "StateLayout",
    "TransitionDataset",
    "build",
    "with_candidates",
    "with_item_vectors",
]
