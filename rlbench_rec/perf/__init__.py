"""Speed: asv on the present environment, and two commits measured against each other."""

from .comparing import Comparison, Row, compare
from .repository import Repository
from .running import Run, run

__all__ = ["Comparison", "Repository", "Row", "Run", "compare", "run"]
