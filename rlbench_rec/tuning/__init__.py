"""Searching over settings: the same number of trials for every algorithm of a suite, scored as the suite scores."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
