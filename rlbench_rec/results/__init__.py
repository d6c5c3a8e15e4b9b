"""runs.csv, leaderboard.csv and their kin: schemas, statistics, comparison, plots. Knows nothing of the runner."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
