"""What a look into a log gives: some of its rows as text, and how the log is written."""

from __future__ import annotations

import glob
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from .questions import Question


@dataclass(frozen=True)
class Sample:
    """Some rows of a log.

    Attributes:
        path: the file or folder.
        dialect: the card's `dialect`.
        names: the columns. Where lines hold lists, those that the reader adds (`#`, `#list`, `#label`) are among them.
        columns: name -> texts, missing ones as "".
        layout: card keys of reading that differ from their defaults, `dialect` left out; values as TOML has them.
        notes: what was seen in the file, a sentence each.
        questions: what its bytes do not settle, by card key; the rows were read by the first answer.
        pattern: the card's `pattern` of the file, or of the files of the folder.
        whole: whether these are all rows.
        write: writes the looked-at rows below a folder, as the log itself is written, and gives the path to load; None
            where the whole log was looked at.
    """

    path: Path
    dialect: str
    names: list[str]
    columns: dict[str, list[str]]
    layout: dict[str, object] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    pattern: str = ""
    whole: bool = True
    write: Callable[[Path], Path] | None = None

    @property
    def rows(self) -> int:
        return len(next(iter(self.columns.values()), []))

    def for_the_reader(self, scratch: Path) -> Path:
        """What `events.load(card, …)` reads the rows of the sample from; what has to be written goes to `scratch`."""
        return self.write(scratch) if self.write else self.path


def file_pattern(file: Path) -> str:
    """The card's `pattern` for one file."""
    # A colon is refused in cards, since it can lead out of a folder; `?` stands for any one character.
    return glob.escape(file.name).replace(":", "?")
