"""Raw rows -> typed rows with a reason where one must be set aside. All in SQL, so that it spills to disk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ..errors import InputError
from .card import DatasetCard
from .dialects.rows import RawRows, quote_name, quote_text

REASONS = (
    "malformed",
    "missing_session",
    "missing_user",
    "unknown_event",
    "outside_window",
    "duplicate",
)
"""Why rows are set aside; a row gets the first that applies."""


@dataclass(frozen=True)
class Staging:
    """The SQL that types a log's rows.

    Attributes:
        select: a SELECT with file, line, text, reason and the columns below.
        columns: names of the typed columns beyond session, user and timestamp, in the order of the EventLog.
        context: names of the context columns.
    """

    select: str
    columns: tuple[str, ...]
    context: tuple[str, ...]


def stage(raw: RawRows, card: DatasetCard, policy: str) -> Staging:
    """How to type the rows of a card's files.

    Raises:
        InputError: the files lack a column that the card names.
    """
    named, types = card.columns, card.id_types
    typed = {
        "session_id": _id(raw, named.session, types.session),
        "user_id": _id(raw, named.user, types.user),
        "timestamp": _timestamp(raw.column(named.timestamp), card),
        "item_id": _id(raw, named.item, types.item),
        "event": _event(raw.column(named.event), card.events),
        "price": _number(raw.column(named.price)) if named.price else "CAST(NULL AS DOUBLE)",
        "category": _id(raw, named.category, types.category),
    }
    if named.propensity:
        typed["propensity"] = _number(raw.column(named.propensity))
    if named.position:
        typed["position"] = _integer(raw.column(named.position))
    if named.slate:
        typed["slate_id"] = _id(raw, named.slate, types.slate)
    if policy:
        typed["policy"] = quote_text(policy)
    context = _context(raw, card)
    typed |= {quote_name(name): expression for name, expression in context.items()}

    # A value that is there but does not parse is malformed; one that is empty may be missing, except where it may not.
    text_of = {"price": named.price, "category": named.category, "user_id": named.user, "position": named.position}
    unparsed = [
        f"({raw.column(column)} <> '' AND {name} IS NULL)" for name, column in text_of.items() if column is not None
    ]
    malformed = ["timestamp IS NULL", "item_id IS NULL", *unparsed]
    conditions = {"malformed": f"NOT coalesce({raw.well_formed}, false) OR " + " OR ".join(malformed)}
    if card.session == "given":
        conditions["missing_session"] = "session_id IS NULL"
    if card.session == "gap":
        conditions["missing_user"] = "user_id IS NULL"
    conditions["unknown_event"] = "event IS NULL"
    if card.window:
        start, end = _instant(card.window.start, card), _instant(card.window.end, card)
        conditions["outside_window"] = f"timestamp < {start} OR timestamp >= {end}"
    whens = " ".join(f"WHEN {condition} THEN '{reason}'" for reason, condition in conditions.items())
    selected = ", ".join(f"{expression} AS {name}" for name, expression in typed.items())
    # The typed columns are made in one step and judged in the next: both see the raw row.
    select = f"SELECT *, CASE {whens} END AS reason FROM (SELECT raw.*, {selected} FROM {raw.relation} AS raw) AS raw"
    others = tuple(name for name in typed if name not in ("session_id", "user_id", "timestamp"))
    return Staging(select, others, tuple(context))


def _id(raw: RawRows, column: str | None, kind: str) -> str:
    if column is None:
        return "CAST(NULL AS BIGINT)"
    value = raw.column(column)
    return _integer(value) if kind == "int64" else f"nullif({value}, '')"


def _integer(value: str) -> str:
    # A plain cast would take 1.0, 1e3 and surrounding blanks too.
    return f"CASE WHEN regexp_full_match({value}, '-?[0-9]+') THEN TRY_CAST({value} AS BIGINT) END"


def _number(value: str) -> str:
    return f"CASE WHEN isfinite(TRY_CAST({value} AS DOUBLE)) THEN TRY_CAST({value} AS DOUBLE) END"


def _timestamp(value: str, card: DatasetCard) -> str:
    if card.time_unit in ("s", "ms"):
        factor = 1000 if card.time_unit == "s" else 1
        # Bounded, so that the multiplication cannot overflow: the years 1 to 9999 need 12 digits of seconds.
        digits = f"CASE WHEN regexp_full_match({value}, '-?[0-9]{{1,15}}') THEN TRY_CAST({value} AS BIGINT) END"
        return f"({digits}) * CAST({factor} AS BIGINT)"
    has_offset = f"regexp_matches({value}, '(Z|UTC|[+-][0-9]{{2}}:?[0-9]{{2}}|[+-][0-9]{{2}})$')"
    naive = f"TRY_CAST({value} AS TIMESTAMP)"
    if card.time_zone != "UTC":
        naive = f"timezone({quote_text(card.time_zone)}, {naive})"
    # `-01` at the end of a bare date is a day, not an offset: only texts with a time of day carry one.
    timed = f"contains({value}, ':')"
    return (
        f"CASE WHEN {timed} AND {has_offset} THEN epoch_ms(TRY_CAST({value} AS TIMESTAMPTZ)) ELSE epoch_ms({naive}) END"
    )


def _event(value: str, events: dict[str, str]) -> str:
    whens = " ".join(f"WHEN {quote_text(raw)} THEN {quote_text(name)}" for raw, name in events.items())
    return f"CASE {value} {whens} END"


def _context(raw: RawRows, card: DatasetCard) -> dict[str, str]:
    found: dict[str, str] = {}
    for pattern, kind in card.context.items():
        prefix = pattern.removesuffix("*")
        names = [n for n in raw.columns if n.startswith(prefix)] if pattern.endswith("*") else [pattern]
        if not names:
            raise InputError(f"No column matches '{pattern}'.", where=raw.where)
        for name in names:
            value = raw.column(name)
            found[name] = _number(value) if kind == "number" else f"nullif({value}, '')"
    return found


def _instant(text: str, card: DatasetCard) -> int:
    """Milliseconds since 1970 of an ISO time with offset."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise InputError(f"'{text}' is no ISO 8601 time.", where=f"{card.id}: window") from error
    if instant.tzinfo is None:
        raise InputError(f"'{text}' has no offset.", where=f"{card.id}: window", hint="Write 2017-11-25T00:00+08:00.")
    return int(instant.timestamp() * 1000)
