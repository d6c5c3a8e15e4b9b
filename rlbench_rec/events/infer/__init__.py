"""A card for a log that has none yet: look at the file, guess what each column is, write it down with reasons."""

from .draft_card import Draft, draft
from .questions import Question

__all__ = ["Draft", "Question", "draft"]
