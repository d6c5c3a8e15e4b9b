"""Offline reinforcement learning for e-commerce recommendation, benchmarked with counterfactual evaluation.

    import rlbench_rec as rb

Its names stand in `__init__.pyi`, for type checkers and for the loader alike. They load on first use, so that importing
the package costs nothing.
"""

import logging
from importlib import metadata

import lazy_loader

__version__ = metadata.version("rlbench-rec")

# A library leaves it to its user whether, and where, its log lines are shown.
logging.getLogger(__name__).addHandler(logging.NullHandler())

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
