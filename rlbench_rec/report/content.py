"""What a page is made of: sections of paragraphs, tables, charts and facts. The template writes it, and escapes it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markupsafe import Markup

VERDICTS = ("trusted", "weak", "unreliable")


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        title: its header.
        numeric: whether its cells are numbers, which line up on the right.
        choices: whether a reader may show the rows of one of its values alone.
        long: whether its cells are sentences, which need room.
    """

    title: str
    numeric: bool = False
    choices: bool = False
    long: bool = False


@dataclass(frozen=True)
class Cell:
    """A cell: text, what it sorts by where that is another value than the text, and a picture in place of the text.

    Attributes:
        text: shown, or said of the picture to those who do not see it.
        order: a number to sort by; NaN is last in either direction.
        badge: a verdict, shown as one.
        drawing: an SVG.
    """

    text: str
    order: float | None = None
    badge: str = ""
    drawing: Markup | None = None


@dataclass(frozen=True)
class Row:
    """Cells of a row; `minor` rows are hidden until a reader asks for all."""

    cells: Sequence[Cell]
    minor: bool = False


@dataclass(frozen=True)
class Table:
    """Rows under columns; the first cell of each is its header.

    Attributes:
        caption: what the rows are.
        columns, rows: of the table.
        filters: whether a reader may search the rows.
        minor: what the hidden rows are, after "Show also".
    """

    kind: ClassVar[str] = "table"
    caption: str
    columns: Sequence[Column]
    rows: Sequence[Row]
    filters: bool = False
    minor: str = ""


@dataclass(frozen=True)
class Paragraph:
    """A sentence or some; `strong` ones say what to do."""

    kind: ClassVar[str] = "paragraph"
    text: str
    strong: bool = False


@dataclass(frozen=True)
class Points:
    """A list; `code` where each is a command."""

    kind: ClassVar[str] = "points"
    texts: Sequence[str]
    code: bool = False


@dataclass(frozen=True)
class Facts:
    """Names with their values."""

    kind: ClassVar[str] = "facts"
    pairs: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Charts:
    """Pictures beside one another, each an SVG under its title."""

    kind: ClassVar[str] = "charts"
    charts: Sequence[Chart]


@dataclass(frozen=True)
class Chart:
    """A picture: its title says the message, its note how to read it."""

    title: str
    svg: Markup
    note: str = ""


@dataclass(frozen=True)
class Listing:
    """Text as it is, folded away under a title."""

    kind: ClassVar[str] = "listing"
    title: str
    text: str


@dataclass(frozen=True)
class Key:
    """What the marks of the verdicts look like."""

    kind: ClassVar[str] = "key"
    marks: Sequence[tuple[str, Markup]]


Block = Table | Paragraph | Points | Facts | Charts | Listing | Key


@dataclass(frozen=True)
class Section:
    """A part of the page with a title; `anchor` is its id."""

    anchor: str
    title: str
    blocks: Sequence[Block]


@dataclass(frozen=True)
class Page:
    """A page: what was asked, the answer in a sentence, and what it rests on.

    Attributes:
        name: of what is reported, for the tab of the browser.
        kicker: a line above the question.
        question, answer: what a reader looks at first.
        sections: those that have something to say.
    """

    name: str
    kicker: str
    question: str
    answer: str
    sections: Sequence[Section] = field(default_factory=list)
