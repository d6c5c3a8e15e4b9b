"""Offline reinforcement learning for e-commerce recommendation, benchmarked with counterfactual evaluation.

    import rlbench_rec as rb

Rooms (`events`, `mdp`, `policies`, `tasks`, `training`, `ope`, `evaluation`, `results`, `suite`) load on first use, so
that importing the package costs nothing.
"""

from __future__ import annotations

import importlib
import logging
from importlib import metadata
from typing import Any

__version__ = metadata.version("rlbench-rec")

# A library leaves it to its user whether, and where, its log lines are shown.
logging.getLogger(__name__).addHandler(logging.NullHandler())

ROOMS = ("events", "mdp", "policies", "tasks", "training", "ope", "evaluation", "results", "suite", "testing")
_FUNCTIONS = {"evaluate": "evaluation.bridge", "register": "plugins"}


def __getattr__(name: str) -> Any:
    if name in ROOMS:
        return importlib.import_module(f"{__name__}.{name}")
    if name in _FUNCTIONS:
        return getattr(importlib.import_module(f"{__name__}.{_FUNCTIONS[name]}"), name)
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted([*globals(), *ROOMS, *_FUNCTIONS])
