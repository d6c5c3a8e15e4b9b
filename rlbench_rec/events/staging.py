"""Raw rows -> typed rows with a reason where one must be set aside. All in SQL, so that it spills to disk."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import InputError
from .card import DatasetCard
from .cards import Found
from .dialects.rows import RawRows, quote_text
from .log import COLUMNS, OPTIONAL_COLUMNS

REASONS = (
    "malformed",
    "missing_session",
    "missing_user",
    "unknown_event",
    "outside_window",
    "duplicate",
)
"""Why rows are set aside; a row gets the first that applies. `malformed`: too few or too many fields, an open quote,
bytes that are no UTF-8, no item or time, or a value that is there but does not parse."""


@dataclass(frozen=True)
class Staging:
    """The SQL that types a log's rows.

    Attributes:
        select: a SELECT with file, line, text, reason, session_id, user_id, timestamp and the columns below.
        columns: the other columns of the EventLog, in its order.
        context: context columns, staged name -> name in the EventLog (which could be any text, `line` or `reason` too).
    """

    select: str
    columns: tuple[str, ...]
    context: dict[str, str]


def stage(raw: RawRows, found: Found) -> Staging:
    """How to type the rows of a log.

    Raises:
        InputError: the files lack a column that the card names, or a context column bears the name of another column.
    """
    card, variant = found.card, found.variant
    columns, types = card.columns, card.id_types
    context = {f"context_{i}": name for i, name in enumerate(_context_names(raw, card))}
    sources = {
        "session_id": (columns.session, types.session),
        "user_id": (columns.user, types.user),
        "timestamp": (columns.timestamp, "time"),
        "item_id": (columns.item, types.item),
        "event": (columns.event, "event"),
        "price": (columns.price, "number"),
        "category": (columns.category, types.category),
        "propensity": (columns.propensity, "number"),
        "position": (columns.position, "int64"),
        "slate_id": (columns.slate, types.slate),
        "policy": (None, "string"),
        **{staged: (name, _context_kind(card, name)) for staged, name in context.items()},
    }
    texts = {name: _text(raw, source, card) for name, (source, _) in sources.items() if source is not None}
    typed = {
        name: _typed(texts[name], kind, card) if name in texts else f"CAST(NULL AS {_SQL_TYPES[kind]})"
        for name, (_, kind) in sources.items()
        if name in texts or name in COLUMNS
    }
    if variant and variant.policy:
        typed["policy"] = quote_text(variant.policy)
    if card.propensity == "uniform" and "propensity" not in typed:
        typed["propensity"] = f"{1 / found.items!r}::DOUBLE"

    conditions = _conditions(card, raw, texts)
    whens = " ".join(f"WHEN {condition} THEN '{reason}'" for reason, condition in conditions.items())
    selected = ", ".join(f"{expression} AS {name}" for name, expression in typed.items())
    # Typed in one step and judged in the next, which sees the raw fields still.
    rows = f"SELECT file, line, text, fields, {selected} FROM {raw.relation}"
    select = f"SELECT *, CASE {whens} END AS reason FROM ({rows})"
    ordered = [name for name in (*COLUMNS, *OPTIONAL_COLUMNS) if name in typed]
    return Staging(select, tuple(n for n in ordered if n not in ("session_id", "user_id", "timestamp")), context)


def _conditions(card: DatasetCard, raw: RawRows, texts: dict[str, str]) -> dict[str, str]:
    # An event that does not parse has a reason, and a propensity an error, of its own.
    unparsed = [f"({t} IS NOT NULL AND {name} IS NULL)" for name, t in texts.items() if name not in _OWN_REASON]
    malformed = [f"NOT {raw.well_formed}", "timestamp IS NULL", "item_id IS NULL", "price < 0", *unparsed]
    conditions = {"malformed": " OR ".join(malformed)}
    if card.session == "given":
        conditions["missing_session"] = "session_id IS NULL"
    if card.session == "gap":
        conditions["missing_user"] = "user_id IS NULL"
    conditions["unknown_event"] = "event IS NULL"
    if card.window:
        start, end = (int(t.timestamp() * 1000) for t in (card.window.start, card.window.end))
        conditions["outside_window"] = f"timestamp < {start} OR timestamp >= {end}"
    return conditions


_OWN_REASON = ("event", "propensity")
_SQL_TYPES = {"int64": "BIGINT", "string": "VARCHAR", "number": "DOUBLE", "event": "VARCHAR", "time": "BIGINT"}


def _text(raw: RawRows, column: str, card: DatasetCard) -> str:
    text = f"nullif({raw.column(column)}, '')"
    for word in card.missing:
        text = f"nullif({text}, {quote_text(word)})"
    return text


def _typed(text: str, kind: str, card: DatasetCard) -> str:
    if kind == "int64":
        # A plain cast would take 1.0, 1e3 and surrounding blanks too.
        return f"CASE WHEN regexp_full_match({text}, '-?[0-9]+') THEN TRY_CAST({text} AS BIGINT) END"
    if kind == "number":
        return f"CASE WHEN isfinite(TRY_CAST({text} AS DOUBLE)) THEN TRY_CAST({text} AS DOUBLE) END"
    if kind == "event":
        whens = " ".join(f"WHEN {quote_text(value)} THEN {quote_text(name)}" for value, name in card.events.items())
        return f"CASE {text} {whens} END"
    return _timestamp(text, card) if kind == "time" else text


def _timestamp(text: str, card: DatasetCard) -> str:
    if card.time_unit in ("s", "ms"):
        factor = 1000 if card.time_unit == "s" else 1
        # Bounded, so that the multiplication cannot overflow: the years 1 to 9999 need 12 digits of seconds.
        digits = f"CASE WHEN regexp_full_match({text}, '-?[0-9]{{1,15}}') THEN TRY_CAST({text} AS BIGINT) END"
        return f"({digits}) * CAST({factor} AS BIGINT)"
    naive = f"TRY_CAST({text} AS TIMESTAMP)"
    if card.time_zone != "UTC":
        naive = f"timezone({quote_text(card.time_zone)}, {naive})"
    # `-01` at the end of a bare date is a day, not an offset: only texts with a time of day carry one.
    has_offset = f"contains({text}, ':') AND regexp_matches({text}, '(Z|UTC|[+-][0-9]{{2}}(:?[0-9]{{2}})?)$')"
    return f"CASE WHEN {has_offset} THEN epoch_ms(TRY_CAST({text} AS TIMESTAMPTZ)) ELSE epoch_ms({naive}) END"


def _context_names(raw: RawRows, card: DatasetCard) -> list[str]:
    found: list[str] = []
    for pattern in card.context:
        prefix = pattern.removesuffix("*")
        names = [n for n in raw.names if n.startswith(prefix)] if pattern.endswith("*") else [pattern]
        if not names:
            raise InputError(f"No column matches '{pattern}'.", where=raw.where, hint="Mend the card's context.")
        found += [name for name in names if name not in found]
    # DuckDB does not tell columns apart by upper and lower case.
    taken = {*COLUMNS, *OPTIONAL_COLUMNS}
    for name in found:
        if name.lower() in taken:
            raise InputError(
                f"The context column '{name}' bears a name that is taken.", where=raw.where, hint="Rename it."
            )
        taken.add(name.lower())
    return found


def _context_kind(card: DatasetCard, name: str) -> str:
    patterns = (p for p in card.context if p == name or (p.endswith("*") and name.startswith(p.removesuffix("*"))))
    return "number" if card.context[next(patterns)] == "number" else "string"
