"""From events to decisions: sessions, time split, states, actions and rewards, as one TransitionDataset."""

from .build import build
from .candidates import with_candidates
from .config import MDPConfig
from .dataset import StateLayout, TransitionDataset
from .item_vectors import with_item_vectors
from .provenance import Provenance

__all__ = [
    "MDPConfig",
    "Provenance",
    "StateLayout",
    "TransitionDataset",
    "build",
    "with_candidates",
    "with_item_vectors",
]
