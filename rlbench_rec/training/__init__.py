"""TransitionDataset -> policy: d3rlpy's algorithms in fast loops, encoders, fitted Q evaluation and reward models.

Everything loads on first use; naming the registered algorithms, encoders and loops loads no torch and no d3rlpy.
"""

from __future__ import annotations

import importlib
from typing import Any

from .registries import ALGORITHMS, ENCODERS, LOOPS

_LAZY = {
    "Run": "run",
    "cross_fitted_q": "valuation.cross_fit",
    "cross_fitted_rewards": "valuation.cross_fit",
    "export": "exporting",
    "fit": "fitting",
    "fit_seeds": "fitting",
    "fqe": "valuation.fitted_q",
    "load": "checkpoint",
    "nearest_loop": "loops.choice",
}

__all__ = ["ALGORITHMS", "ENCODERS", "LOOPS", *_LAZY]


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    return getattr(importlib.import_module(f"{__name__}.{_LAZY[name]}"), name)
