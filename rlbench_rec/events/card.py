"""DatasetCard: all that is known of a data set, in one TOML file."""

from __future__ import annotations

import tomllib
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from ..errors import InputError, MissingFileError
from .vocabulary import EVENTS


def _stay_inside(path: str) -> str:
    pure = PurePosixPath(path.replace("\\", "/"))
    if pure.is_absolute() or ".." in pure.parts or ":" in path:
        raise ValueError(f"'{path}' leads out of the data folder; paths are relative and have no '..'")
    return path


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"'{name}' is no time zone; write one like Europe/Berlin") from error
    return name


InsidePath = Annotated[str, AfterValidator(_stay_inside)]
IdType = Literal["int64", "string"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FileSpec(_Strict):
    """One file of the log, or several of one pattern."""

    pattern: InsidePath
    """File name below the data folder; `*` matches within a name."""
    url: str = ""
    """Where it can be downloaded, or the page to get it from."""
    sha256: str = ""
    """Checksum of the published file."""
    size: int | None = None
    """Bytes of the published file."""


class Variant(_Strict):
    """One of several logs that share a card."""

    file: InsidePath
    """The log, below the data folder."""
    policy: str = ""
    """Name of the policy that made the log."""
    items: int | None = Field(None, ge=1)
    """Size of the catalogue, where item ids are 0 to items - 1 and all are known beforehand."""


class Columns(_Strict):
    """Raw column names of what an EventLog needs."""

    timestamp: str
    """When the event happened."""
    item: str
    """What it happened to."""
    event: str
    """What happened; see `events`."""
    user: str | None = None
    """Who did it."""
    session: str | None = None
    """The visit, where the log names it."""
    price: str | None = None
    """Price of the item."""
    category: str | None = None
    """Category of the item."""
    propensity: str | None = None
    """The logging policy's probability of showing the item."""
    position: str | None = None
    """Slot on the page, from 1."""
    slate: str | None = None
    """The page or list the item was shown in."""


class IdTypes(_Strict):
    """How ids are kept; never as floats. A row whose id does not fit is malformed."""

    item: IdType = "int64"
    """Item ids."""
    user: IdType = "int64"
    """User ids."""
    session: IdType = "int64"
    """Session ids given by the log."""
    category: IdType = "int64"
    """Category ids."""
    slate: IdType = "int64"
    """Slate ids."""


class Window(_Strict):
    """Events outside are set aside."""

    start: AwareDatetime
    """First instant, ISO 8601 with offset."""
    end: AwareDatetime
    """First instant after, ISO 8601 with offset."""


class DatasetCard(_Strict):
    """A data set: origin, shape, and what may be claimed of it."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    """Short name, kebab-case."""
    title: str
    """Full name."""
    homepage: str = ""
    """Where the owners publish it."""
    licence: str
    """Licence of the data, and how sure that is."""
    citation: str
    """What to cite."""
    notes: str = ""
    """Traps worth knowing."""
    dialect: str = "delimited"
    """How the files are written: `delimited` text, `jsonl` (a flat object a line) or `parquet`."""
    delimiter: str = Field(",", min_length=1, max_length=1)
    """Between fields of delimited text."""
    header: bool = True
    """Whether the first line names the columns."""
    names: list[str] = []
    """Column names in order, for files without a header."""
    missing: list[str] = []
    """Texts that mean a value is missing, such as `NA`; an empty field always does."""
    files: list[FileSpec] = []
    """The log's files."""
    variants: dict[str, Variant] = {}
    """Several logs under one card, by name."""
    items: int | None = Field(None, ge=1)
    """Size of the catalogue, where item ids are 0 to items - 1 and all are known beforehand; see also `variants`."""
    columns: Columns
    """Which raw column is what."""
    id_types: IdTypes = IdTypes()
    """How ids are kept."""
    time_unit: Literal["iso", "s", "ms"] = "ms"
    """Unit of the timestamp: ISO 8601 text, or seconds or milliseconds since 1970 in UTC."""
    time_zone: Annotated[str, AfterValidator(_known_zone)] = "UTC"
    """Zone of ISO timestamps that carry no offset."""
    events: dict[str, str]
    """Raw event value -> vocabulary."""
    window: Window | None = None
    """The official period, where timestamps outside are errors of the source."""
    session: Literal["given", "gap", "row"] = "gap"
    """Sessions are given by a column, cut by a gap within a user, or every row is one."""
    session_gap: float = Field(1_800.0, gt=0)
    """Seconds without an event after which a new session begins."""
    deduplicate: bool = False
    """Whether exact duplicate rows are errors of the source, to be set aside."""
    context: dict[str, Literal["category", "number"]] = {}
    """Further columns known before the decision; a trailing `*` matches a prefix."""
    reward_weights: dict[str, float]
    """Event -> default training reward."""
    action_source: Literal["exposure", "choice"]
    """Did the system show the item (exposure), or did the user pick it (choice)?"""
    propensity: Literal["logged", "uniform", "estimated", "none"]
    """Where the probability of each action comes from."""
    shipped: bool = False
    """Whether the files come with the package, in a folder named like the card."""

    @model_validator(mode="after")
    def _consistent(self) -> DatasetCard:
        for name in [*self.events.values(), *self.reward_weights]:
            if name not in EVENTS:
                raise ValueError(f"unknown event '{name}'; the vocabulary is {', '.join(EVENTS)}")
        if not self.header and self.dialect == "delimited" and not self.names:
            raise ValueError("a file without a header needs names")
        if self.session == "given" and self.columns.session is None:
            raise ValueError("session = 'given' needs columns.session")
        if self.session == "gap" and self.columns.user is None:
            raise ValueError("session = 'gap' needs columns.user")
        if self.propensity == "logged" and self.columns.propensity is None:
            raise ValueError("propensity = 'logged' needs columns.propensity")
        if self.propensity == "uniform" and self.columns.propensity is None and not self._all_sizes_known():
            raise ValueError("propensity = 'uniform' needs items, or columns.propensity")
        if not self.files and not self.variants:
            raise ValueError("a card needs files or variants")
        return self

    def _all_sizes_known(self) -> bool:
        return self.items is not None or (bool(self.variants) and all(v.items for v in self.variants.values()))


def read_card(path: Path) -> DatasetCard:
    """A card from its TOML file.

    Raises:
        MissingFileError: no such file.
        InputError: not TOML, or not a card; names the field.
    """
    try:
        return DatasetCard.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise MissingFileError("There is no such card.", where=str(path)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"Not a TOML file ({error}).", where=str(path)) from error
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"])) or "card"
        raise InputError(f"{field}: {first['msg']}.", where=str(path), hint="See docs/data.md for the keys.") from error
