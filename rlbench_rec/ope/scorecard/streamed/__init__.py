"""Tables of logged decisions that are larger than memory: read in parts, each with all rows of its users."""

from .score import LARGE, is_large, score_streamed

__all__ = ["LARGE", "is_large", "score_streamed"]
