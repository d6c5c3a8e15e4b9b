"""A datasheet: the questions of Gebru et al. (2021) as fields, answered from a card or a task alone."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

FieldType = Literal["integer", "number", "text", "truth", "date"]
UNREAD = "unread"


class Strict(BaseModel):
    """Refuses keys that it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Licence(Strict):
    """Who may use it."""

    text: str
    """Its name, and how sure that is."""
    url: str = ""
    """Its text."""
    read: str = ""
    """When and where its owners' words were read for this project; empty: they were not."""

    @property
    def status(self) -> str:
        """`read` and where, or `unread`: then the name is as it is remembered or as others say."""
        return f"read: {self.read}" if self.read else UNREAD


class DataFile(Strict):
    """A file, or several of one pattern."""

    name: str
    """File name, or pattern."""
    url: str = ""
    """The page or place to get it from."""
    sha256: str = ""
    """Its checksum, where it is known."""
    size: int | None = None
    """Its bytes, likewise."""
    encoding: str = "text/csv"
    """Its media type."""

    @property
    def is_pattern(self) -> bool:
        """Whether several files may have such names."""
        return any(mark in self.name for mark in "*?[")


class DataField(Strict):
    """A column."""

    name: str
    """As the files call it."""
    role: str
    """What it is."""
    type: FieldType
    """What it holds."""


class Datasheet(Strict):
    """A data set or a task. Lists hold sentences."""

    id: str
    """Of the card or task."""
    kind: Literal["data set", "task"]
    """A log from outside, or a simulated shop."""
    title: str
    """Full name."""
    summary: str
    """One sentence."""
    version: str
    """Of the data set as far as it is known, or of the task."""
    url: str = ""
    """Where it is published, or described."""
    creators: list[str] = []
    """Who made it."""
    published_on: str = ""
    """When, as far as it is known: a day, a month or a year in ISO 8601."""
    licence: Licence
    """Who may use it."""
    citation: str = ""
    """What to cite."""
    motivation: list[str]
    """What it was made for."""
    composition: list[str]
    """What a row is, and how many there are."""
    collection: list[str]
    """How it came about, and what of it is known to be wrong."""
    processing: list[str]
    """What is made of it before it is used."""
    uses: list[str]
    """What may be claimed of it, and what not."""
    maintenance: list[str]
    """Who looks after it, and what happens when it changes."""
    files: list[DataFile]
    """What it consists of."""
    fields: list[DataField]
    """Columns that are read."""

    @property
    def unknown(self) -> list[str]:
        """What a complete datasheet would say, and nobody has found out."""
        asked = {"creators": self.creators, "date of publication": self.published_on, "page": self.url}
        missing = [name for name, answer in asked.items() if not answer]
        if not self.licence.read:
            missing.append("the licence in its owners' words")
        if self.kind == "data set" and not all(file.sha256 for file in self.files):
            missing.append("checksums of the files")
        return missing
