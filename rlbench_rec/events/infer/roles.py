"""What was made of a sample's columns: which is what, what is odd, and what must be asked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from .answers import Answers
from .evidence import Column, by_name
from .questions import Question
from .sample import Sample

ROLES: dict[str, tuple[str, ...]] = {
    "timestamp": ("time", "date", "clock"),
    "order": ("order",),
    "item": ("item", "offer"),
    "event": ("event",),
    "user": ("user",),
    "session": ("session", "episode", "purchase id"),
    "price": ("price",),
    "quantity": ("quantity",),
    "total": ("total",),
    "rating": ("rating",),
    "category": ("category",),
    "propensity": ("propensity",),
    "position": ("position",),
    "slate": ("slate", "request", "page"),
    "context": ("query",),
}
"""Role -> keys of `COLUMN_NAMES`. A column has one role: the first that it fits."""
BY_NAME, BY_VALUES, AS_ANSWERED = "by its name", "by its values", "as you said"


@dataclass
class Roles:
    """What was found in a sample.

    Attributes:
        sample: the rows.
        answers: what the user said.
        all_columns: name -> column.
        columns: role -> its columns.
        reasons: role -> how they were found.
        keys: keys of the card that differ from their defaults.
        events: raw value -> our event; "" stands for rows without one.
        outcomes: column of 0 and 1 -> event, weakest first.
        strange: raw event values that mean none of ours, with their share.
        missing: texts that mean "missing".
        context: columns known before the decision -> `category` or `number`.
        offered: columns that could be context.
        notes: what was seen or decided, a sentence each.
        questions: what the user must decide.
        explained: why rows of the sample will be set aside -> how many at most.
    """

    sample: Sample
    answers: Answers
    all_columns: dict[str, Column]
    columns: dict[str, list[str]] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    keys: dict[str, object] = field(default_factory=dict)
    events: dict[str, str] = field(default_factory=dict)
    outcomes: dict[str, str] = field(default_factory=dict)
    strange: dict[str, float] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    context: dict[str, str] = field(default_factory=dict)
    offered: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    explained: dict[str, int] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        return self.sample.rows

    def has(self, role: str) -> bool:
        """Whether a column plays the role."""
        return bool(self.columns.get(role))

    def column(self, role: str) -> Column:
        """The one column of a role that is taken."""
        return self.all_columns[self.columns[role][0]]

    def take(self, role: str, columns: Sequence[str], reason: str) -> None:
        """Give a role to columns."""
        self.columns[role], self.reasons[role] = list(columns), reason

    def answered(self, role: str) -> bool:
        """Whether the user named the role's columns, or said that there are none; they are taken."""
        if role not in self.answers.columns:
            return False
        if columns := self.answers.columns[role]:
            self.take(role, columns, AS_ANSWERED)
        return True

    def free(self) -> list[Column]:
        """Columns without a role; those that the user gave one are not free either.

        A session of several columns leaves each of them its own role: that of the user, say.
        """
        answered = [names for role, names in self.answers.columns.items() if role != "session" or len(names) == 1]
        taken = {name for names in (*self.columns.values(), *answered) for name in names}
        taken |= set(self.outcomes) | set(self.context)
        return [column for name, column in self.all_columns.items() if name not in taken]

    def candidates(self, *kinds: str) -> list[Column]:
        """Free columns with values whose names say that they are of these kinds, likeliest first."""
        return [column for column in by_name(kinds, self.free()) if not column.is_nested]

    @property
    def listed(self) -> list[str]:
        """Columns that hold a list each, every element of which is a row."""
        lists = self.sample.layout.get("lists")
        return list(lists.get("columns", [])) if isinstance(lists, dict) else []

    def note(self, text: str) -> None:
        """Say what was seen or decided."""
        self.notes.append(text)

    def ask(self, key: str, text: str, answers: Iterable[str] = ()) -> None:
        """Ask, unless it is answered."""
        if not self.answers.settle(key):
            self.questions.append(Question(key, text, tuple(answers)))


def quoted(names: Iterable[str]) -> str:
    """Names for a sentence: 'a', 'b' and 'c'."""
    words = [f"'{name}'" for name in names]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else ""
