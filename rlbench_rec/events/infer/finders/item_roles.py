"""What was shown or bought, where it stood, and what else is known of a row."""

from __future__ import annotations

import re

from ..event_words import our_event
from ..evidence import by_name, kind_rank
from ..roles import BY_NAME, ROLES, Roles
from .user_roles import FEW

ROUNDED = re.compile(r"-?\d([.,]\d+)?[eE]\+?\d+")
"""An id that a spreadsheet has turned into a rounded number."""
NOT_KNOWN_BEFORE = (
    "user", "session", "item", "purchase id", "decision", "propensity", "price", "total", "quantity", "reward", "order"
)  # fmt: skip
"""Kinds of columns that are ids, or known only after the decision: they are not offered as context."""
MOST_VALUES = 50
"""A column with more distinct values is not offered as context."""


def find_item(roles: Roles) -> None:
    """Take the column of items, or of what was decided."""
    if roles.answered("item"):
        return
    items, offers = roles.candidates("item"), roles.candidates("offer")
    listed = roles.listed
    named = [c for c in [*items, *offers] if c.name.split(".")[0] in listed] or [
        c for c in items if len(c.counts) > 1 or roles.rows < FEW
    ]
    if not named and (roles.candidates("propensity") or roles.answers.columns.get("propensity")):
        # The action of a logged decision, unless it says what a user did.
        offers = offers or [c for c in by_name(("action",), roles.free()) if not any(map(our_event, c.counts))]
    # One item in all rows is none, unless a spreadsheet has made one of many.
    named = named or offers or [column for column in items if any(map(ROUNDED.fullmatch, column.counts))]
    if not named and len(listed) == 1 and listed[0] in roles.all_columns:
        named = [roles.all_columns[listed[0]]]
    if not named:
        return
    # A column that is mostly empty comes after one that is not.
    named = sorted(named, key=lambda column: len(column.present) < 0.5 * roles.rows)
    chosen = named[0]
    roles.take("item", [chosen.name], BY_NAME)
    others = [column for column in named[1:] if column.name != chosen.name]
    for other in others:
        pairs = len(set(zip(chosen.texts, other.texts, strict=True)))
        if pairs > max(len(chosen.counts), len(other.counts)):
            counts = f"{len(chosen.counts):,} values; {len(other.counts):,} in '{other.name}'"
            roles.note(f"item: '{chosen.name}' was taken ({counts}). item={other.name} takes the other.")


def ask_about_items(roles: Roles) -> None:
    """After all roles are given: is there no item?"""
    if roles.has("item"):
        return
    free = [
        c for c in roles.free() if not c.is_nested and len(c.counts) > 1 and not c.times and not c.name.startswith("#")
    ]
    # What differs in every row is the row's own id.
    ids = sorted(free, key=lambda column: (len(column.counts) == roles.rows, -len(column.counts)))
    counts = ", ".join(f"'{column.name}' ({len(column.counts):,} values, {column.example!r})" for column in ids[:6])
    text = "No column is called an item." + (f" It could be {counts}." if ids else "")
    packed = [column for column in roles.free() if column.present and column.is_nested]
    if packed and roles.sample.dialect == "delimited":
        text += (
            f" '{packed[0].name}' holds JSON ({packed[0].example[:60]}), of which a text file gives lists alone: "
            "write the log as JSON Lines to reach what is in objects."
        )
    roles.ask("item", f"{text} Which is it?", [f"item={column.name}" for column in ids[:6]] or ["item=COLUMN"])


def find_places(roles: Roles) -> None:
    """Category, place on the page, list, query."""
    for role in ("category", "position", "slate"):
        if roles.answered(role):
            continue
        for column in roles.candidates(*ROLES[role]):
            if role != "position" or column.is_whole:
                roles.take(role, [column.name], BY_NAME)
                break
    is_labelled = "#label" in roles.all_columns or roles.events.get("0") == "impression"
    if "#list" in roles.all_columns and is_labelled:
        if "slate" not in roles.columns and "slate" not in roles.answers.columns:
            roles.take("slate", ["#list"], "the line that holds the list")
        if "position" not in roles.columns and "position" not in roles.answers.columns:
            roles.take("position", ["#"], "the place in the list")
    if "search" in roles.events.values():
        for column in by_name(("query",), roles.free()):
            roles.context[column.name] = "category"
            break


def offer_context(roles: Roles) -> None:
    """Few-valued columns that play no part may be known before the decision: they are offered, not taken."""
    for column in roles.free():
        kinds = len(column.counts)
        if column.is_nested or column.name.startswith("#") or not 1 < kinds <= MOST_VALUES or kinds > roles.rows / 3:
            continue
        if kind_rank(NOT_KNOWN_BEFORE, column.name) is None and not column.times:
            roles.offered.append(column.name)


def note_missing(roles: Roles, words: dict[str, dict[str, int]]) -> None:
    """Say which texts were taken for "no value"."""
    for word, columns in words.items():
        where = ", ".join(f"{count:,} in '{name}'" for name, count in columns.items())
        roles.note(f"missing: '{word}' means no value ({where}).")


def ask_about_rounded(roles: Roles) -> None:
    """An id like 4.001E+12 stands for many: nothing in the file brings its digits back."""
    for role in ("item", "user", "session", "slate"):
        for name in roles.columns.get(role, []):
            rounded = [text for text in roles.all_columns[name].counts if ROUNDED.fullmatch(text)]
            if not rounded:
                continue
            rows = sum(roles.all_columns[name].counts[text] for text in rounded)
            text = (
                f"'{rounded[0]}' in '{name}' ({rows:,} rows) is an id that a spreadsheet has rounded: different ids "
                "have become one, and the file cannot bring them back. Export it again, with the column as text."
            )
            roles.ask("rounded-ids", text, ["accept=rounded-ids"])


def note_duplicates(roles: Roles) -> None:
    """Say that rows are there more than once; a card can set them aside."""
    if roles.rows < FEW or "deduplicate" in roles.answers.keys:
        return
    again = roles.rows - len(set(zip(*roles.sample.columns.values(), strict=True)))
    if again > 0.01 * roles.rows:
        share = f"{again:,} of {roles.rows:,} rows repeat another one exactly"
        roles.note(f"{share}; if they are errors of the export, --answer deduplicate=true sets them aside.")


def report_unread(roles: Roles) -> None:
    """Columns whose names say a role that their values do not fit, unless a role has been given to others."""
    for role, kinds in {"timestamp": ("time", "date"), "category": ("category",), "user": ("user",)}.items():
        if roles.has(role) or role in roles.answers.columns:
            continue
        for column in by_name(kinds, roles.free()):
            reason = "it is empty" if not column.present else f"'{column.example}' does not fit"
            roles.note(f"{role}: '{column.name}' is called so, but {reason}; it was not taken.")
