"""Raw log -> EventLog: cards, readers, and an exact account of every row. Its names stand in `__init__.pyi`."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
