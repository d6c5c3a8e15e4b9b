"""DatasetCard: all that is known of a data set, in one TOML file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, Field, model_validator

from ...errors import InputError
from ...parsing import read_toml, validated
from ..read.text_files import known_encoding
from .consistency import problems
from .shape import (
    MOST_ITEMS,
    Columns,
    FileSpec,
    IdTypes,
    InsidePath,
    Lists,
    Lookup,
    PropensitySource,
    Published,
    SessionRule,
    Strict,
    Variant,
    Window,
)
from .time_format import known_formats

FILL_IN = "FILL IN"
"""What stands in a drafted card where something could not be told."""


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"'{name}' is not a time zone; write one like Europe/Berlin") from error
    return name


class DatasetCard(BaseModel):
    """A data set: origin, shape, and what may be claimed of it."""

    model_config = Strict.model_config

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    """Short name, kebab-case."""
    title: str
    """Full name."""
    homepage: str = ""
    """Where the owners publish it."""
    licence: str
    """Licence of the data, and how sure that is."""
    licence_url: str = ""
    """Where the licence's text is."""
    licence_read: str = ""
    """When and where the owners' words on it were read; empty: they were not, and `licence` is as others say."""
    citation: str
    """What to cite."""
    creators: list[str] = []
    """Who made the data set."""
    published_on: str = Field(default="", pattern=r"^(\d{4}(-\d\d(-\d\d)?)?)?$")
    """When it was published, as far as that is known: `2022-11-01`, `2022-11` or `2022`."""
    notes: str = ""
    """Traps worth knowing."""
    dialect: str = "delimited"
    """How the files are written: `delimited` text, `jsonl` (an object per line), `json` (one array of objects) or
    `parquet`."""
    encoding: Annotated[str, AfterValidator(known_encoding)] = "utf-8"
    """Of text files, by Python's name for it. A line with bytes that are not of it is malformed."""
    delimiter: str = Field(default=",", min_length=1)
    """Between fields of delimited text; one or more characters."""
    quote: str = Field(default='"', max_length=1)
    """Around fields of delimited text that hold a delimiter; empty where quotes mean nothing."""
    escape: str = Field(default="", max_length=1)
    """Before a character of delimited text that is taken as it is. It stays before an N: `\\N` is a missing value."""
    comment: str = ""
    """How lines of delimited text begin that are not rows; they are set aside as `comment`."""
    skip_lines: int = Field(default=0, ge=0, le=1_000)
    """Lines before the header, or before the first row; like the header they do not count."""
    trim: bool = False
    """Whether blanks around fields of delimited text are not part of them."""
    trailing_delimiter: bool = False
    """Whether blank fields beyond the last column of delimited text are not fields."""
    header: bool = True
    """Whether the first line names the columns."""
    names: list[str] = []
    """Column names in order, for files without a header, or in place of those in the header."""
    missing: list[str] = []
    """Texts that mean a value is missing, such as `NA`; an empty field always does."""
    aliases: dict[str, str] = {}
    """Other spellings of column names: theirs = the name that the card uses."""
    files: list[FileSpec] = []
    """The log's files."""
    folder: str = ""
    """Where they lie, as seen from the card; empty: beside it. For a card that is given by its path alone, and outside
    the card's own folder only where `rlbench data init` wrote it on this machine: else `--data` says where."""
    questions: list[str] = []
    """What `rlbench data init` could not tell and nobody has answered: until then the card is refused."""
    variants: dict[str, Variant] = {}
    """Several logs under one card, by name."""
    items: int | None = Field(default=None, ge=1, le=MOST_ITEMS)
    """Size of the catalogue, where item ids are 0 to items - 1 and all are known beforehand; see also `variants`."""
    columns: Columns
    """Which raw column is what."""
    id_types: IdTypes = IdTypes()
    """How ids are kept."""
    decimal: Literal[".", ","] = "."
    """Mark before the decimals of prices and all other numbers."""
    thousands: str = Field(default="", max_length=1)
    """Mark between groups of three digits of numbers (or of two, as in 1,00,000); a blank may be one that does not
    break a line."""
    strip: str | list[str] = ""
    """Texts before or after a number that are not part of it, such as a currency."""
    negative: Literal["malformed", "refund"] = "malformed"
    """What a negative price, total or quantity of a purchase makes of its row."""
    time_unit: Literal["iso", "s", "ms", "us", "ns", "excel"] = "ms"
    """Unit of the timestamp: ISO 8601 text; seconds, milliseconds, microseconds or nanoseconds since 1970 in UTC; or
    Excel's days since 1899-12-30. Numbers may have decimals."""
    time_format: Annotated[str | list[str], AfterValidator(known_formats)] | None = None
    """In place of the unit: how times are written, as in Python's `strptime`; of several formats, the first that fits
    the whole text."""
    time_zone: Annotated[str, AfterValidator(_known_zone)] = "UTC"
    """Zone of times, other than numbers since 1970, that carry no offset."""
    events: dict[str, str] = {}
    """Raw event value -> vocabulary; the value "" stands for rows without one."""
    outcomes: dict[str, str] = {}
    """Instead of an event column, columns of 0 and 1 (or false and true), weakest first: column -> event. The last that
    is 1 is the event, `impression` where none is."""
    event: str = ""
    """Instead of an event column, what every row is; see also `files`."""
    where: dict[str, str | list[str]] = {}
    """Rows of the log: column = value, or one of several. Others are set aside as `other_log`."""
    lists: Lists | None = None
    """Columns that hold a list, each element a row."""
    lookups: list[Lookup] = []
    """Side tables, used in this order."""
    item_vectors: InsidePath | None = None
    """An .npz file beside the log with `items`, (n,) ids, and `vectors`, (n, d) numbers: what is known of the items
    beforehand, such as a language model's embeddings of their texts (see `mdp.with_item_vectors`)."""
    window: Window | None = None
    """The official period, where timestamps outside are errors of the source."""
    session: SessionRule = "gap"
    """Sessions are given by a column, cut by a gap within a user, or every row is one."""
    session_gap: float = Field(default=1_800.0, gt=0)
    """Seconds without an event after which a new session begins."""
    deduplicate: bool = False
    """Whether exact duplicate rows are errors of the source, to be set aside."""
    context: dict[str, Literal["category", "number"]] = {}
    """Further columns known before the decision; a trailing `*` matches a prefix."""
    reward_weights: dict[str, float]
    """Event -> default training reward."""
    action_source: Literal["exposure", "choice"]
    """Did the system show the item (exposure), or did the user pick it (choice)?"""
    propensity: PropensitySource
    """Where the probability of each action comes from."""
    propensity_form: Literal["probability", "log", "percent", "inverse"] = "probability"
    """How it is written: as it is, as its natural logarithm, times 100, or as 1 divided by it."""
    published: Published | None = None
    """Counts of the whole data set."""
    shipped: bool = False
    """Whether the files come with the package, in a folder named like the card."""

    @model_validator(mode="after")
    def _consistent(self) -> DatasetCard:
        for problem in problems(self):
            raise ValueError(problem)
        return self

    @property
    def strips(self) -> tuple[str, ...]:
        """The texts of `strip`."""
        return tuple([self.strip] if isinstance(self.strip, str) else self.strip) if self.strip else ()

    @property
    def may_have(self) -> set[str]:
        """The events that its rows can become."""
        named = {self.event, *self.events.values(), *self.outcomes.values(), *(spec.event for spec in self.files)}
        refunds = {"refund"} if self.negative == "refund" else set()
        return (named | refunds) - {""}

    @property
    def has_clock(self) -> bool:
        """Whether its log has times, and not only an order."""
        return self.columns.order is None and not any("order" in spec.columns for spec in self.files)

    def of_variant(self, name: str) -> DatasetCard:
        """The card of one of its logs: with what the variant says in place of the card's own."""
        variant = self.variants[name]
        said = {key: getattr(variant, key) for key in ("propensity", "session", "published") if getattr(variant, key)}
        return self.model_copy(update={**said, "where": {**self.where, **variant.where}})

    def of_file(self, spec: FileSpec) -> DatasetCard:
        """The card of one of its files: with what the file's entry says in place of the card's own."""
        said: dict[str, Any] = {
            "columns": self.columns.model_copy(update={str(role): name for role, name in spec.columns.items()})
        }
        if spec.event:
            said |= {"event": spec.event}
        if spec.names:
            said |= {"names": spec.names}
        return self.model_copy(update=said)


def read_card(path: Path) -> DatasetCard:
    """A card from its TOML file.

    Raises:
        MissingFileError: no such file.
        InputError: not TOML, not a card (names the field), or a drafted card with open questions.
    """
    content = read_toml(path, "card")
    refuse_open(content, path)
    return validated(content, DatasetCard, str(path), hint="See docs/cards.md for the keys.")


def refuse_open(content: dict[str, Any], path: Path) -> None:
    """Refuse a drafted card that waits for answers.

    Raises:
        InputError: it does; says all its questions.
    """
    questions = content.get("questions")
    if isinstance(questions, list) and questions:
        count = "a question" if len(questions) == 1 else f"{len(questions)} questions"
        hint = "Answer with rlbench data init FILE --answer KEY=VALUE, or write the values and take out the questions."
        asked = " ".join(map(str, questions))
        raise InputError(f"The card waits for answers to {count}: {asked}", where=str(path), hint=hint)
    columns = content.get("columns")
    if isinstance(columns, dict) and FILL_IN in columns.values():
        role = next(role for role, name in columns.items() if name == FILL_IN)
        raise InputError(f"columns.{role} is still '{FILL_IN}'.", where=str(path), hint="Write your column's name.")
