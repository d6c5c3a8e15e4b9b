"""From a TransitionDataset and a policy to `ope`, and how high a policy ranks the next item."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
