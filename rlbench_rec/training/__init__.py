"""TransitionDataset -> policy: d3rlpy's algorithms in fast loops, encoders, fitted Q evaluation and reward models.

Everything loads on first use; naming the registered algorithms, encoders and loops loads no torch and no d3rlpy.
"""

from __future__ import annotations

import importlib
from typing import Any

from .registries import ALGORITHMS, ENCODERS, LOOPS

_LAZY = {
    "Run": "training_run",
    "cross_fitted_q": "value_models.cross_fitting",
    "cross_fitted_rewards": "value_models.cross_fitting",
    "export": "exporting",
    "fit": "trainer",
    "fit_seeds": "trainer",
    "fqe": "value_models.fitted_q_evaluation",
    "load": "saved_run",
    "nearest_loop": "loops.choice",
}

__all__ = ["ALGORITHMS", "ENCODERS", "LOOPS", *_LAZY]


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    return getattr(importlib.import_module(f"{__name__}.{_LAZY[name]}"), name)
