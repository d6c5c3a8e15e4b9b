"""TransitionDataset -> policy: d3rlpy's algorithms in fast loops, encoders, fitted Q evaluation and reward models.

Its names stand in `__init__.pyi` and load on first use; naming the registered algorithms, encoders and loops loads no
torch and no d3rlpy.
"""

import lazy_loader

from ..extras import require

_load, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

# `cross_fitted_q` and `cross_fitted_rewards` ask for torch themselves: on logs of one-step episodes they need none.
NEEDS_TORCH = ("Run", "TwoStageRun", "export", "fit", "fit_seeds", "fqe", "load", "load_second_stage", "nearest_loop")


def __getattr__(name):
    if name in NEEDS_TORCH:
        require("train", f"training.{name}")
    return _load(name)
