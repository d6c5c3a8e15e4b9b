"""What a card may not say: each problem is a sentence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..dialects.named_columns import EACH, element_keys
from ..event_types import EVENTS
from .shape import raw_names

if TYPE_CHECKING:
    from .card import DatasetCard


def problems(card: DatasetCard) -> Iterator[str]:
    """What does not fit together in a card, worst first."""
    named = [card.event, *(spec.event for spec in card.files), *(lookup.event for lookup in card.lookups)]
    named += [*card.events.values(), *card.outcomes.values(), *(card.lists.chosen.values() if card.lists else ())]
    for name in [*filter(None, named), *card.reward_weights]:
        if name not in EVENTS:
            yield f"unknown event '{name}'; the vocabulary is {', '.join(EVENTS)}"
    yield from _events(card)
    yield from _times(card)
    if not card.header and card.dialect == "delimited" and not (card.names or all(f.names for f in card.files)):
        yield "a file without a header needs names"
    for session in dict.fromkeys([card.session, *(v.session or card.session for v in card.variants.values())]):
        if session == "given" and card.columns.session is None:
            yield "session = 'given' needs columns.session"
        if session == "gap" and card.columns.user is None:
            yield "session = 'gap' needs columns.user"
    for propensity in dict.fromkeys(
        [card.propensity, *(v.propensity or card.propensity for v in card.variants.values())]
    ):
        if propensity == "logged" and card.columns.propensity is None and card.columns.probabilities is None:
            yield "propensity = 'logged' needs columns.propensity or columns.probabilities"
        if propensity != "logged" and card.columns.probabilities is not None:
            yield "columns.probabilities needs propensity = 'logged'"
        if propensity == "uniform" and card.columns.propensity is None and not _sizes_known(card):
            yield "propensity = 'uniform' needs items, or columns.propensity"
    known = card.items is not None or (card.variants and all(each.items for each in card.variants.values()))
    if card.columns.probabilities is not None and not (known and card.id_types.item == "int64"):
        yield "columns.probabilities needs items: all ids, whole numbers from 0, known beforehand"
    if not card.files and not card.variants:
        yield "a card needs files or variants"
    yield from _numbers(card)
    yield from _text(card)
    yield from _lists(card)
    yield from _lookups(card)


def _events(card: DatasetCard) -> Iterator[str]:
    each = [card.of_file(spec) for spec in card.files if spec.has_own_shape] or [card]
    for shape in each:
        chosen = card.lists.chosen if card.lists else {}
        if sum(map(bool, (shape.columns.event, shape.event, shape.outcomes, chosen))) != 1:
            yield "what happened is said by columns.event, by event, by outcomes or by lists.chosen: by one of them"
    if card.columns.event and not card.events:
        yield "columns.event needs events: raw value = ours"
    if len(each) > 1 and card.context:
        yield "context and files of several shapes do not go together"
    if card.columns.since_start and card.session != "given":
        yield "columns.since_start needs session = 'given'"


def _numbers(card: DatasetCard) -> Iterator[str]:
    if card.decimal == card.thousands:
        yield f"decimal and thousands are both '{card.decimal}': say which mark stands before the decimals"
    if card.thousands and (card.thousands.isalnum() or card.thousands in "+-()"):
        yield f"thousands = {card.thousands!r} is part of a number"
    for text in card.strip if isinstance(card.strip, list) else [card.strip]:
        if any(char.isdigit() for char in text) or (text in (*"+-()", card.decimal, card.thousands) and text):
            yield f"strip = {text!r} is part of a number"
    each = [card.of_file(spec) for spec in card.files if spec.has_own_shape] or [card]
    if any(shape.columns.price and shape.columns.total for shape in each):
        yield "a price is said by columns.price or by columns.total: one of the two"
    if card.propensity_form != "probability" and card.columns.propensity is None:
        yield "propensity_form needs columns.propensity"


TEXT_KEYS = ("quote", "escape", "comment", "skip_lines", "trim", "trailing_delimiter")
"""Keys of delimited text alone."""


def _text(card: DatasetCard) -> Iterator[str]:
    delimiters = [card.delimiter, *(lookup.delimiter for lookup in card.lookups)]
    marks = [("quote", card.quote), ("escape", card.escape)]
    for key, text in [*(("delimiter", delimiter) for delimiter in delimiters), *marks, ("comment", card.comment)]:
        if any(end in text for end in "\r\n\0"):
            yield f"{key} cannot hold the end of a line, or a character of code 0"
    for key, text in marks:
        if text and any(text in delimiter for delimiter in delimiters):
            yield f"{key} and delimiter need characters of their own"
    if card.quote and card.quote == card.escape:
        yield "escape is the quote: leave escape out, since a quote that is written twice is read as one"
    for key in TEXT_KEYS if card.dialect != "delimited" and not card.lookups else ():
        if key in card.model_fields_set:
            yield f"{key} is for dialect = 'delimited'"
    if card.dialect == "parquet" and "encoding" in card.model_fields_set and not card.lookups:
        yield "encoding is for text files, not for dialect = 'parquet'"


def _times(card: DatasetCard) -> Iterator[str]:
    each = [card.of_file(spec) for spec in card.files if spec.has_own_shape] or [card]
    for shape in each:
        if shape.columns.timestamp is None and shape.columns.order is None:
            yield "a log needs columns.timestamp; where it has no clock, columns.order"
        if shape.columns.timestamp is not None and not card.has_clock:
            yield "columns.order is for logs without a clock: leave out columns.timestamp or columns.order"
    if not card.has_clock:
        yield from _no_clock(card)
    if card.time_format is not None and "time_unit" in card.model_fields_set:
        yield "times are read by time_unit or by time_format: one of the two"
    several = [c for c in (card.columns.timestamp, *(s.columns.get("timestamp") for s in card.files)) if c]
    if card.time_format is None and card.time_unit != "iso" and any(isinstance(c, list) for c in several):
        yield 'columns.timestamp of several columns needs time_format, or time_unit = "iso"'


def _no_clock(card: DatasetCard) -> Iterator[str]:
    if any((variant.session or card.session) == "gap" for variant in card.variants.values()) or card.session == "gap":
        yield "a log without a clock has no gaps: session = 'given' with columns.session, or session = 'row'"
    if card.window:
        yield "a log without a clock has no window: leave window out"
    if card.columns.since_start or any("since_start" in spec.columns for spec in card.files):
        yield "columns.since_start needs columns.timestamp, and not columns.order"
    if any(lookup.as_of for lookup in card.lookups):
        yield "a lookup with as_of needs columns.timestamp, and not columns.order"


def _lists(card: DatasetCard) -> Iterator[str]:
    arrays = element_keys(card)
    if not arrays:
        return
    for role in ("session", "user", "since_start"):
        if any(name in columns for name in raw_names(getattr(card.columns, role)) for columns in arrays.values()):
            yield f"columns.{role} cannot differ within a list"
    if card.deduplicate:
        yield "deduplicate and lists do not go together"
    for name in (name for columns in arrays.values() for name in columns if name.count(EACH) > 1):
        yield f"'{name}' has an array in an array; only one can be taken apart"
    if card.lists is None:
        if card.dialect == "delimited":
            yield f"'{next(iter(arrays))}[]' needs dialect = 'jsonl', 'json' or 'parquet'; delimited text has lists"
        return
    for array in arrays:
        if array not in card.lists.columns:
            yield f"'{array}[]' and lists do not go together: name '{array}' in lists.columns"
    if card.lists.chosen and not any(card.columns.item in columns for columns in arrays.values()):
        yield "lists.chosen needs columns.item in the lists"
    for column in card.lists.chosen:
        if column in card.lists.columns:
            yield f"'{column}' cannot be in lists.columns and in lists.chosen"


def _lookups(card: DatasetCard) -> Iterator[str]:
    for lookup in card.lookups:
        if lookup.into == "event" and (not lookup.event or lookup.value):
            yield "a lookup into = 'event' needs event, and no value"
        if lookup.into != "event" and (lookup.event or not lookup.value):
            yield f"a lookup into = '{lookup.into}' needs value, and no event"
        if "session" in lookup.key and isinstance(card.columns.session, list):
            yield "a lookup by session needs a session of one column"
        if not lookup.key:
            yield "a lookup needs a key"


def _sizes_known(card: DatasetCard) -> bool:
    if card.items is not None:
        return True
    uniform = [v for v in card.variants.values() if (v.propensity or card.propensity) == "uniform"]
    return bool(uniform) and all(variant.items for variant in uniform)
