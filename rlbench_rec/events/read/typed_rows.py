"""Raw rows -> typed rows with a reason where one must be set aside. All in SQL, so that it spills to disk."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ...errors import InputError
from ...sql import quote_name, quote_text
from ..cards.card import DatasetCard
from ..cards.find import LocatedCard
from ..dialects.lists import CHOSEN, one_row_each
from ..dialects.named_columns import role_names
from ..dialects.rows import RawRows
from ..event_log import COLUMNS, OPTIONAL_COLUMNS
from .casts import SQL_TYPES, by_card, cast, holds, joined_id, joined_text
from .time_casts import not_a_time

REASONS = (
    "comment",
    "malformed",
    "other_log",
    "missing_session",
    "missing_user",
    "unknown_event",
    "outside_window",
    "duplicate",
)
"""Why rows are set aside; a row gets the first that applies. `comment`: the line begins with the card's `comment`.
`malformed`: too few or too many fields, an open quote, bytes that are not of the encoding, no item or time, or a value
that is there but does not parse. `other_log`: the card's `where` does not hold."""
NO = ("0", "0.0", *(form for no in ("false", "no", "f", "n") for form in (no, no.title(), no.upper())))
YES = ("1", "1.0", *(form for yes in ("true", "yes", "t", "y") for form in (yes, yes.title(), yes.upper())))
"""What a column of 0 and 1 may hold."""
DAY = 86_400_000
LONGEST = 10**13
"""Milliseconds since a session began; longer (300 years) is not a time."""
LAST_ORDER = 10**17
"""A row's order and place are one number of 38 digits, of which 20 are the place."""
NOT_AN_ORDER = f'"order" IS NULL OR "order" NOT BETWEEN -{LAST_ORDER} AND {LAST_ORDER}'


@dataclass(frozen=True)
class Staging:
    """The SQL that types a log's rows.

    Attributes:
        select: a SELECT with text, reason and the columns of `typed`.
        place: the columns that say where a row stands in the files, in their order.
        columns: the columns of the EventLog, in its order, without session, user and time.
        context: context columns, staged name -> name in the EventLog (which could be any text, `line` or `reason` too).
        relative: `timestamp` is the day on which the session can have begun, and `since_start` the time since then.
        propensity_text: there is a column of this name, with what a file says where the propensity is not one.
    """

    select: str
    place: tuple[str, ...]
    columns: tuple[str, ...]
    context: dict[str, str]
    relative: bool = False
    propensity_text: bool = False

    @property
    def kept(self) -> tuple[str, ...]:
        """Every column of the rows that are kept."""
        return (*self.place, "session_id", "user_id", "timestamp", *self.columns, *self.context)

    @property
    def clock(self) -> str:
        """The SQL column by which rows stand in order."""
        return quote_name("order") if "order" in self.columns else "timestamp"

    @property
    def typed(self) -> tuple[str, ...]:
        """Every column of a typed row."""
        further = {"since_start": self.relative, "propensity_text": self.propensity_text}
        return (*self.kept, *(name for name, has_it in further.items() if has_it))


def stage(raw: RawRows, located: LocatedCard) -> Staging:
    """How to type the rows of a log.

    Raises:
        InputError: the files lack a column that the card names, or a context column has the name of another column.
    """
    card, variant = located.card, located.variant
    columns, types = card.columns, card.id_types
    raw = one_row_each(replace(raw, names=by_card(raw.names, card)), card)
    context = {f"context_{i}": name for i, name in enumerate(_context_names(raw, card))}
    one_session = columns.session if isinstance(columns.session, str) else None
    sources = {
        "session_id": (one_session, types.session if one_session else "string"),
        "user_id": (columns.user, types.user),
        "timestamp": (columns.timestamp, "time"),
        "order": (columns.order, "whole"),
        "item_id": (columns.item, types.item),
        "event": (columns.event, "event"),
        "price": (columns.price, "number"),
        "category": (columns.category, types.category),
        "propensity": (columns.propensity, "propensity"),
        "position": (columns.position, "whole"),
        "slate_id": (columns.slate, types.slate),
        "quantity": (columns.quantity, "whole"),
        "rating": (columns.rating, "number"),
        "total": (columns.total, "number"),
        "probabilities": (columns.probabilities, "probabilities"),
        "policy": (None, "string"),
        "since_start": (columns.since_start, "int64"),
        **{staged: (name, _context_kind(card, name)) for staged, name in context.items()},
    }
    texts = {name: joined_text(raw, source, card) for name, (source, _) in sources.items() if source is not None}
    if isinstance(columns.session, list):
        texts["session_id"] = joined_id(raw, columns.session, card)
    if columns.event is None:
        texts["event"] = _outcome(raw, card) if card.outcomes else quote_text(card.event)
        if card.lists and card.lists.chosen:
            texts["event"] = raw.column(CHOSEN)
    typed = {
        name: cast(texts[name], kind, card) if name in texts else f"CAST(NULL AS {SQL_TYPES[kind]})"
        for name, (_, kind) in sources.items()
        if name in texts or name in COLUMNS
    }
    if columns.since_start:
        since = typed["since_start"]
        typed["timestamp"] = f"({typed['timestamp']}) - ({since} - {since} % {DAY})"
    if variant and variant.policy:
        typed["policy"] = quote_text(variant.policy)
    if card.propensity == "uniform" and "propensity" not in typed:
        assert located.items is not None, "a card without the size of its catalogue is refused when it is read"
        typed["propensity"] = f"{1 / located.items!r}::DOUBLE"
    if "probabilities" in typed and "propensity" not in typed:
        # In double precision, since weights are.
        typed["propensity"] = f"TRY_CAST({texts['probabilities']} AS DOUBLE[])[{typed['item_id']} + 1]"
    tells_propensity = "propensity" in texts and card.propensity_form != "probability"
    if tells_propensity:
        sound = f"coalesce({typed['propensity']} > 0 AND {typed['propensity']} <= 1, false)"
        typed["propensity_text"] = f"CASE WHEN NOT {sound} THEN {texts['propensity']} END"

    conditions = _conditions(card, raw, texts)
    whens = " ".join(f"WHEN {condition} THEN '{reason}'" for reason, condition in conditions.items())
    selected = ", ".join(f"{expression} AS {quote_name(name)}" for name, expression in typed.items())
    # Typed in one step and judged in the next, which sees the raw fields still.
    rows = f"SELECT {', '.join(raw.place)}, text, fields, {selected} FROM {raw.relation}"
    if changed := _amounts(card, texts):
        replaced = ", ".join(f"{expression} AS {name}" for name, expression in changed.items())
        rows = f"SELECT * REPLACE ({replaced}) FROM ({rows})"
    select = f"SELECT *, CASE {whens} END AS reason FROM ({rows})"
    return Staging(select, raw.place, in_order(typed), context, columns.since_start is not None, tells_propensity)


def _amounts(card: DatasetCard, have: Iterable[str]) -> dict[str, str]:
    """SQL of event, price and quantity where they depend on each other: refunds, whose amounts are kept positive, and
    prices that are worked out from totals."""
    kept = {name: name for name in ("price", "total", "quantity") if name in have}
    changed = {}
    if kept and "refund" in card.may_have:
        is_refund = "event = 'refund'"
        if card.negative == "refund":
            below_zero = " OR ".join(f"coalesce({name} < 0, false)" for name in kept)
            is_refund = f"({is_refund} OR event = 'purchase' AND ({below_zero}))"
            changed["event"] = f"CASE WHEN {is_refund} THEN 'refund' ELSE event END"
        # The lowest whole number has no positive one, and is malformed.
        kept = {name: f"CASE WHEN {is_refund} THEN TRY(abs({name})) ELSE {name} END" for name in kept}
    if "total" in kept:
        total = kept.pop("total")
        kept["price"] = total
        if "quantity" in kept:
            kept["price"] = f"coalesce(({total}) / nullif({kept['quantity']}, 0), {total})"
            # Price times quantity is what the row cost, of no piece too.
            kept["quantity"] = f"CASE WHEN quantity = 0 AND total <> 0 THEN 1 ELSE {kept['quantity']} END"
    return changed | {name: expression for name, expression in kept.items() if expression != name}


def in_order(names: Iterable[str]) -> tuple[str, ...]:
    """Columns of an EventLog in its order, without session, user and time, which stand before them."""
    have = set(names) - {"session_id", "user_id", "timestamp"}
    return tuple(name for name in (*COLUMNS, *OPTIONAL_COLUMNS) if name in have)


def _conditions(card: DatasetCard, raw: RawRows, texts: dict[str, str]) -> dict[str, str]:
    # An event that does not parse has a reason, and propensities have an error, of their own.
    unparsed = [
        f"({t} IS NOT NULL AND {quote_name(name)} IS NULL)" for name, t in texts.items() if name not in _OWN_REASON
    ]
    no_item = "item_id IS NULL"
    if "search" in card.may_have:
        no_item = "(item_id IS NULL AND event IS DISTINCT FROM 'search')"
    no_time = not_a_time("timestamp", card) if card.has_clock else NOT_AN_ORDER
    malformed = [f"NOT {raw.well_formed}", no_time, no_item, "price < 0", *unparsed]
    if "quantity" in texts:
        malformed.append("quantity < 0")
    if "since_start" in texts:
        malformed.append(f"since_start IS NULL OR since_start NOT BETWEEN 0 AND {LONGEST}")
    conditions = {"comment": f"starts_with(text, {quote_text(card.comment)})"} if card.comment else {}
    conditions["malformed"] = " OR ".join(malformed)
    if card.where:
        conditions["other_log"] = f"NOT {holds(raw, card.where, card)}"
    if card.session == "given":
        conditions["missing_session"] = "session_id IS NULL"
    if card.session == "gap":
        conditions["missing_user"] = "user_id IS NULL"
    conditions["unknown_event"] = "event IS NULL"
    if card.window:
        start, end = (int(t.timestamp() * 1000) for t in (card.window.start, card.window.end))
        conditions["outside_window"] = f"timestamp < {start} OR timestamp >= {end}"
    return conditions


_OWN_REASON = ("event", "propensity", "probabilities")


def _outcome(raw: RawRows, card: DatasetCard) -> str:
    """SQL of the event where columns of 0 and 1 say what happened; NULL where one holds anything else."""
    flags = [(raw.column(column), event) for column, event in card.outcomes.items()]
    no, yes = (", ".join(map(quote_text, words)) for words in (NO, YES))
    strange = " OR ".join(f"coalesce({flag} NOT IN ({no}, {yes}), true)" for flag, _ in flags)
    whens = " ".join(f"WHEN {flag} IN ({yes}) THEN {quote_text(event)}" for flag, event in reversed(flags))
    return f"CASE WHEN {strange} THEN NULL {whens} ELSE 'impression' END"


def _context_names(raw: RawRows, card: DatasetCard) -> list[str]:
    context: list[str] = []
    # A `*` takes none of these: the item would tell a policy what it is about to choose.
    roles = role_names(card)
    for pattern in card.context:
        prefix = pattern.removesuffix("*")
        names = [n for n in raw.names if n.startswith(prefix) and n not in roles] if prefix != pattern else [pattern]
        if not names:
            hint = "Fix the card's context; a `*` leaves out columns that the card already names."
            raise InputError(f"No column matches '{pattern}'.", where=raw.where, hint=hint)
        context += [name for name in names if name not in context]
    # DuckDB does not tell columns apart by upper and lower case.
    # A card that has no ratings, or a clock, may call its own columns so.
    free = {"rating": not card.columns.rating, "order": card.has_clock}
    free["probabilities"] = not card.columns.probabilities
    taken = {name for name in (*COLUMNS, *OPTIONAL_COLUMNS) if not free.get(name)}
    for name in context:
        if name.lower() in taken:
            raise InputError(
                f"The context column '{name}' has a name that is already used.",
                where=raw.where,
                hint=f"Rename it, here too: aliases = {{ {name} = 'my_{name}' }}.",
            )
        taken.add(name.lower())
    return context


def _context_kind(card: DatasetCard, name: str) -> str:
    patterns = (p for p in card.context if p == name or (p.endswith("*") and name.startswith(p.removesuffix("*"))))
    return "number" if card.context[next(patterns)] == "number" else "string"
