"""What a file cannot say of itself: a question, and the answers that can be copied."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from ..read.typed_rows import REASONS

DOUBTS = (
    "bot",
    "twins",
    "time-span",
    "single-events",
    "busiest-user",
    "currencies",
    "rounded-ids",
    "rounded-times",
    *REASONS,
)
"""What `accept=` puts aside: what is odd, and so; the reasons for which rows are set aside are among them."""


@dataclass(frozen=True)
class Question:
    """Something that the user must decide.

    Attributes:
        key: what it is about: a role, a key of the card, or a doubt that `accept=KEY` puts aside.
        text: what was seen, and what is asked, in a sentence or two.
        answers: what `--answer` takes, likeliest first: `time=event_timestamp:us`.
        number: its place in the list, from 1; 0 while the list is not complete.
    """

    key: str
    text: str
    answers: tuple[str, ...] = ()
    number: int = 0

    def __str__(self) -> str:
        offers = " or ".join(f"--answer {shlex.quote(answer)}" for answer in self.answers)
        return f"{self.number}. {self.text}" + (f" ({offers})" if offers else "")
