"""Parts of a run: `2/5` is every fifth shop from the second on, so that each part has some of every task."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ..errors import InputError
from .plan import Job

MOST_PARTS = 10_000
HINT = "Give 1/3, say: the first of three."


@dataclass(frozen=True)
class Part:
    """One of the parts in which a suite runs in one folder. Jobs of one shop are in one part.

    Attributes:
        number: which one, from 1.
        of: how many there are.
    """

    number: int
    of: int

    def __post_init__(self) -> None:
        if not 1 <= self.number <= self.of <= MOST_PARTS:
            raise InputError(f"There is no part {self.number} of {self.of}.", where="--part", hint=HINT)

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"

    def jobs(self, jobs: Sequence[Job]) -> set[str]:
        """Run ids of its share of a suite's jobs."""
        homes = list(dict.fromkeys(job.home for job in jobs))
        mine = set(homes[self.number - 1 :: self.of])
        return {job.run_id for job in jobs if job.home in mine}


def parse_part(text: str) -> tuple[int, int]:
    """A part as it is typed, `2/5`: which one, and of how many.

    Raises:
        InputError: anything else.
    """
    found = re.fullmatch(r"(\d{1,5})/(\d{1,5})", text, re.ASCII)
    if not found:
        raise InputError(f"'{text}' is not a part.", where="--part", hint=HINT)
    part = Part(int(found[1]), int(found[2]))
    return part.number, part.of
