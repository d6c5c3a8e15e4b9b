"""What a card says of its files: names, columns, lists, side tables."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

IdType = Literal["int64", "string", "float"]
PropensitySource = Literal["logged", "uniform", "estimated", "none"]
SessionRule = Literal["given", "gap", "row"]
Role = Literal[
    "timestamp",
    "order",
    "since_start",
    "item",
    "event",
    "user",
    "session",
    "price",
    "total",
    "quantity",
    "rating",
    "category",
    "propensity",
    "probabilities",
    "position",
    "slate",
]


def _stay_inside(path: str) -> str:
    pure = PurePosixPath(path.replace("\\", "/"))
    if pure.is_absolute() or ".." in pure.parts or ":" in path or "\0" in path:
        raise ValueError(f"'{path}' leads out of the data folder; paths are relative and have no '..'")
    return path


def _names_files(pattern: str) -> str:
    parts = PurePosixPath(pattern).parts
    if not parts or any("**" in part and part != "**" for part in parts) or parts[-1] == "**":
        raise ValueError(f"'{pattern}' names no file; write one like log.csv, part-*.csv or **/log.csv")
    return pattern


def _several_where_known(columns: dict[Role, str | list[str]]) -> dict[Role, str | list[str]]:
    for role, names in columns.items():
        if isinstance(names, list) and (role not in ("timestamp", "session") or len(names) < 2):
            raise ValueError(f"{role} is one column; timestamp and session may be several")
    return columns


InsidePath = Annotated[str, AfterValidator(_stay_inside)]
Pattern = Annotated[InsidePath, AfterValidator(_names_files)]
MOST_ITEMS = 10_000_000
"""Of a catalogue that is known beforehand, each of whose items is an action."""


class Strict(BaseModel):
    """Refuses keys that it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class FileSpec(Strict):
    """One file of the log, or several of one pattern. Files of one shape need no more than a pattern; where the log is
    spread over files of different shapes, each says what differs from the card, and rows at the same instant keep the
    order in which the files stand here."""

    pattern: Pattern
    """File name below the data folder; `*` matches within a name."""
    url: str = ""
    """Where it can be downloaded, or the page to get it from."""
    sha256: str = ""
    """Checksum of the published file."""
    size: int | None = None
    """Bytes of the published file."""
    event: str = ""
    """What every row of it is, where the file holds one kind of event."""
    names: list[str] = []
    """Its column names in order, in place of the card's."""
    columns: Annotated[dict[Role, str | list[str]], AfterValidator(_several_where_known)] = {}
    """Its columns, beside or in place of the card's."""

    @property
    def has_own_shape(self) -> bool:
        """Whether it differs from what the card says of all files."""
        return bool(self.event or self.names or self.columns)


class Published(Strict):
    """Counts of the whole data set as published: a log with fewer rows is a part of it."""

    rows: int = Field(ge=1)
    """Rows read; where lines hold lists, elements."""
    also: list[int] = []
    """Rows of other releases of the whole, or as others count them."""
    events: dict[str, int] = {}
    """Our event -> rows."""
    source: str
    """Who says so."""


class Variant(Strict):
    """One of several logs that share a card."""

    file: Pattern
    """The log, below the data folder; `*` matches within a name, `**/` any folders."""
    policy: str = ""
    """Name of the policy that made the log."""
    items: int | None = Field(default=None, ge=1, le=MOST_ITEMS)
    """Size of the catalogue, where item ids are 0 to items - 1 and all are known beforehand."""
    propensity: PropensitySource | None = None
    """In place of the card's."""
    session: SessionRule | None = None
    """In place of the card's."""
    where: dict[str, str | list[str]] = {}
    """Beside the card's."""
    published: Published | None = None
    """Counts of the whole log."""


def raw_names(role: str | list[str] | None) -> list[str]:
    """The raw columns of a role: none, one, or several."""
    return [role] if isinstance(role, str) else role or []


class Columns(Strict):
    """Raw column names of what an EventLog needs."""

    timestamp: str | Annotated[list[str], Field(min_length=2)] | None = None
    """When the event happened; several columns, such as date and time, are joined by a blank."""
    order: str | None = None
    """In place of a timestamp, a whole number by which events follow each other, where the log has no clock."""
    since_start: str | None = None
    """Milliseconds since the session began, where the timestamp is a date without a time of day. The session is taken
    to begin at midnight: pauses and order within it are exact, the time of day is not known."""
    item: str
    """What it happened to. In JSON and Parquet `a.b` is a field inside an object, and `a[].b` one in each element of an
    array, which becomes a row; this holds for every column."""
    event: str | None = None
    """What happened; see `events`."""
    user: str | None = None
    """Who did it."""
    session: str | Annotated[list[str], Field(min_length=2)] | None = None
    """The visit, where the log names it; several columns, where only together they tell visits apart."""
    price: str | None = None
    """Price of the item."""
    total: str | None = None
    """In place of a price, what all pieces cost together: the price is it by the quantity, where there is one."""
    quantity: str | None = None
    """How many were bought, a whole number; the price is that of one."""
    rating: str | None = None
    """How content the user was, as a number."""
    category: str | None = None
    """Category of the item."""
    propensity: str | None = None
    """The behaviour policy's probability of showing the item."""
    probabilities: str | None = None
    """Its probabilities of all items: a list, or a JSON array in text, in the order of the item ids. The propensity is
    then that of the shown item, unless it has a column too."""
    position: str | None = None
    """Slot on the page, from 1."""
    slate: str | None = None
    """The page or list the item was shown in."""


class IdTypes(Strict):
    """How ids are kept; never as floats: `float` reads whole numbers written as 500.0, and keeps 500. A row whose id
    does not fit is malformed."""

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


class Lists(Strict):
    """Columns that hold a list each: every element is a row, and all else of the line belongs to each of them.

    Two further columns can then be named: `#`, the element's number from 1, and `#list`, the line's number. A line
    without a list, or with lists of different lengths, counts as one row and is malformed.
    """

    columns: list[str] = Field(min_length=1)
    """The raw columns; those of one line have one length. Keys of objects in a JSON list are named `column.key`."""
    delimiter: str = Field(default=",", min_length=1)
    """Between elements in delimited text; JSON has lists of its own."""
    label: str = ""
    """What stands before the label of an element in the first column, as `-` in `N1-1`: the column then holds `N1`, and
    a further column, `#label`, holds `1`. The last one in an element counts; an element without one is malformed."""
    chosen: dict[str, str] = {}
    """In place of `columns.event`, columns that list those of the shown items that got an event: column -> event. The
    strongest event counts, `impression` where there is none. A line is malformed with an item that was not shown, or
    was shown twice, among the chosen."""


class Lookup(Strict):
    """A side table, read where its files lie beside the log: something known of the row's item, category or slate."""

    pattern: Pattern
    """File name below the data folder; `*` matches within a name. Delimited text with a header."""
    url: str = ""
    """The page to get it from."""
    delimiter: str = ""
    """Between fields; empty takes the card's."""
    key: dict[Literal["item", "category", "slate", "session"], str]
    """Ours = the table's column; all must be equal. Of several rows with one key the last counts."""
    where: dict[str, str | list[str]] = {}
    """Rows of the table to take: column = value, or one of several."""
    as_of: str = ""
    """Column with the time from which a row holds, in the card's unit: the last at or before the event is taken."""
    into: Literal["category", "parent_category", "available", "price", "event"]
    """Our column that it fills. For `event`, rows found in the table become `event`; the others stay as they are."""
    value: str = ""
    """The table's column that is taken."""
    event: str = ""
    """What a row becomes that the table has, where `into = "event"`."""


class Window(Strict):
    """Events outside are set aside."""

    start: AwareDatetime
    """First instant, ISO 8601 with offset."""
    end: AwareDatetime
    """First instant after, ISO 8601 with offset."""
