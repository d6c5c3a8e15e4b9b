"""Speed: asv on the present environment, and two commits measured against each other."""

from .comparing import BenchmarkRow, SpeedComparison, compare
from .repository import Repository
from .running import AsvRun, run

__all__ = ["AsvRun", "BenchmarkRow", "Repository", "SpeedComparison", "compare", "run"]
