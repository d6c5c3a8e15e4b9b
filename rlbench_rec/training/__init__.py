"""TransitionDataset -> policy: d3rlpy's algorithms in fast loops, encoders, fitted Q evaluation and reward models.

Everything loads on first use; naming the registered algorithms, encoders and loops loads no torch and no d3rlpy.
"""

from __future__ import annotations

import importlib
from typing import Any

from ..extras import require
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

_WITHOUT_TORCH = ("cross_fitted_q", "cross_fitted_rewards")
"""They ask for it themselves, where they need it: on logs of one-step episodes they do not."""

__all__ = ["ALGORITHMS", "ENCODERS", "LOOPS", *_LAZY]


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    if name not in _WITHOUT_TORCH:
        require("train", f"training.{name}")
    return getattr(importlib.import_module(f"{__name__}.{_LAZY[name]}"), name)
