"""Contract tests for algorithms, policies, tasks, estimators, encoders, metrics and data sets: a module a kind."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
