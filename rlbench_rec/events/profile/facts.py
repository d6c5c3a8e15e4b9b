"""The facts of a log: account, counts, lengths of sessions, funnel, pauses, and what is odd."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from ...errors import MissingFileError
from ..cards.card import DatasetCard
from ..cards.find import find
from ..event_log import EventLog
from ..event_types import EVENTS
from ..loading import load
from ..oddities import overview

LENGTHS = ((1, 1), (2, 2), (3, 3), (4, 5), (6, 10), (11, 20), (21, 50), (51, None))
PAUSES = ((0, "same instant"), (1_000, "to 1 s"), (10_000, "to 10 s"), (60_000, "to 1 min"), (300_000, "to 5 min"))
LAST_PAUSES = ((1_800_000, "to 30 min"), (86_400_000, "to 1 day"), (None, "longer"))
DAY = 86_400_000


@dataclass(frozen=True)
class Row:
    """One line: what, how much, and its share of the whole where a bar says more."""

    label: str
    value: str
    share: float | None = None


@dataclass(frozen=True)
class Section:
    """Rows under a title."""

    title: str
    rows: list[Row]


@dataclass(frozen=True)
class Profile:
    """A card, and what its log holds.

    Attributes:
        title: of the data set.
        card: what the card says, as (name, text).
        sections: what the log holds; empty where it is not at hand.
        note: why, and how to get it; or what is odd about the log.
    """

    title: str
    card: list[tuple[str, str]]
    sections: list[Section] = field(default_factory=list)
    note: str = ""


def profile(name: str | Path, data: Path | None = None, *, memory_limit: str = "2GB") -> Profile:
    """Everything a reader asks of a log first.

    Args:
        name: card id, `id/variant`, or the path of a card.
        data: raw file or folder; None looks where `events.load` looks, and the card alone is shown if nothing is there.
        memory_limit: for reading.

    Raises:
        UnknownNameError: no such card.
        MissingFileError: `data` was given and is not there.
        InputError: the log cannot be read.
    """
    located = find(name)
    title = _clean(f"{located.card.title}{f' ({located.variant_name})' if located.variant_name else ''}")
    card = _card(located.card)
    if located.card.variants and located.variant is None and data is None:
        note = f"The card has several logs; choose one to see what it holds: {located.choices}."
        return Profile(title, card, note=note)
    try:
        log = load(name, data, memory_limit=memory_limit)
    except MissingFileError as error:
        if data is not None:
            raise
        return Profile(title, card, note=_clean(str(error)))
    pauses = [_pauses(log)] if log.has_clock else []
    sections = [_account(log), _counts(log), _lengths(log), _funnel(log), *pauses, _oddities(log)]
    odd = overview(log).odd
    note = f"Odd: {'; '.join(odd)}" if odd else ""
    return Profile(title, card, [section for section in sections if section.rows], _clean(note))


def _card(card: DatasetCard) -> list[tuple[str, str]]:
    source = {"exposure": "shown by the system", "choice": "chosen by users"}[card.action_source]
    gap = f"cut by a gap of {card.session_gap:g} s"
    sessions = {"gap": gap, "row": "every row is one", "given": "given by the log"}[card.session]
    facts = [
        ("licence", card.licence),
        ("citation", card.citation),
        ("home page", card.homepage),
        ("items", f"{source}; propensity: {card.propensity}"),
        ("sessions", sessions),
        ("notes", card.notes),
    ]
    return [(name, _clean(text)) for name, text in facts if text]


def _account(log: EventLog) -> Section:
    report = log.report
    rows = [Row("rows read", _n(report.rows_read)), Row("kept", _n(report.rows_kept))]
    rows += [Row(f"set aside: {why}", _n(count)) for why, count in report.set_aside.items()]
    return Section("Account", rows + [Row(f"noted: {what}", _n(count)) for what, count in report.noted.items()])


def _counts(log: EventLog) -> Section:
    rows = [
        Row("sessions", _n(log.n_sessions)),
        Row("users", _n(log.n_users) if log.n_users else "not in the log"),
        Row("items", _n(log.n_items)),
        Row("events a session", f"{log.n_rows / max(log.n_sessions, 1):.1f}"),
    ]
    return Section("Counts", rows + (_times(log) if log.has_clock else _order(log)))


def _times(log: EventLog) -> list[Row]:
    days = f"count(DISTINCT timestamp // {DAY})"
    first, last, active = log.query(f"SELECT min(timestamp), max(timestamp), {days} FROM log")[0]
    shown = f"{_n(active)} of {_n(last // DAY - first // DAY + 1)}"
    return [Row("from", _when(first)), Row("to", _when(last)), Row("days with events", shown)]


def _order(log: EventLog) -> list[Row]:
    first, last = log.query('SELECT min("order"), max("order") FROM log')[0]
    return [Row("time", "no clock"), Row("order", f"{first} to {last}")]


def _lengths(log: EventLog) -> Section:
    bins = " ".join(f"WHEN n <= {high} THEN {i}" for i, (_, high) in enumerate(LENGTHS) if high)
    counts = dict(
        log.query(
            f"SELECT CASE {bins} ELSE {len(LENGTHS) - 1} END AS bin, count(*) "
            "FROM (SELECT count(*) AS n FROM log GROUP BY session_id) GROUP BY bin"
        )
    )
    labels = [f"{low}" if low == high else f"{low} to {high}" if high else f"{low} or more" for low, high in LENGTHS]
    return _bars("Events in a session", {label: counts.get(i, 0) for i, label in enumerate(labels)})


def _funnel(log: EventLog) -> Section:
    """Sessions that hold each kind of event, weakest engagement first."""
    counts = dict(log.query("SELECT event, count(DISTINCT session_id) FROM log GROUP BY event"))
    total = log.n_sessions
    rows = [Row(name, _n(counts[name]), counts[name] / total) for name in EVENTS if name in counts]
    return Section("Sessions with at least one", rows)


def _pauses(log: EventLog) -> Section:
    limits = (*PAUSES, *LAST_PAUSES)
    bins = " ".join(f"WHEN pause <= {limit} THEN {i}" for i, (limit, _) in enumerate(limits) if limit is not None)
    counts = dict(
        log.query(
            f"SELECT CASE {bins} ELSE {len(limits) - 1} END AS bin, count(*) FROM ("
            "SELECT timestamp - lag(timestamp) OVER (PARTITION BY session_id ORDER BY timestamp) AS pause FROM log"
            ") WHERE pause IS NOT NULL GROUP BY bin"
        )
    )
    return _bars("Pauses within sessions", {label: counts.get(i, 0) for i, (_, label) in enumerate(limits)})


def _oddities(log: EventLog) -> Section:
    session_counts = log.query(
        "SELECT count(*) FILTER (n = 1), count(*) FILTER (last - first > 86400000), "
        "count(*) FILTER (bought AND kinds = 1) FROM (SELECT count(*) AS n, min(timestamp) AS first, "
        "max(timestamp) AS last, bool_or(event = 'purchase') AS bought, count(DISTINCT event) AS kinds "
        "FROM log GROUP BY session_id)"
    )[0]
    rare, zero, unpriced, no_user, no_category = log.query(
        "SELECT (SELECT count(*) FROM (SELECT item_id FROM log GROUP BY item_id HAVING count(item_id) = 1)), "
        "count(*) FILTER (price = 0), count(*) FILTER (price IS NULL), count(*) FILTER (user_id IS NULL), "
        "count(*) FILTER (category IS NULL) FROM log"
    )[0]
    busiest = log.query(
        "SELECT max(n) FROM (SELECT count(*) AS n FROM log WHERE user_id IS NOT NULL GROUP BY user_id)"
    )[0][0]
    rows, sessions, events, items = [], log.n_sessions, log.n_rows, log.n_items
    odd = (
        ("sessions of one event", session_counts[0], sessions),
        ("sessions longer than a day", session_counts[1], sessions),
        ("sessions of purchases alone", session_counts[2], sessions),
        ("items seen once", rare, items),
        ("events of the busiest user", busiest or 0, events),
        ("events without a user", no_user if no_user < events else 0, events),
        ("events at a price of zero", zero, events),
        ("events without a price", unpriced, events),
        ("events without a category", no_category, events),
    )
    rows = [Row(label, f"{_n(count)} ({count / whole:.1%})") for label, count, whole in odd if count]
    return Section("Worth knowing", rows)


def _bars(title: str, counts: dict[str, int]) -> Section:
    total = sum(counts.values())
    if not total:
        return Section(title, [])
    return Section(title, [Row(label, _n(count), count / total) for label, count in counts.items()])


def _n(count: int) -> str:
    return f"{count:,}"


def _when(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _clean(text: str) -> str:
    """On one line, without control characters, which a terminal would obey."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
