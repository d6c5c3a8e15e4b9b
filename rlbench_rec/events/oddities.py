"""What a log holds at a glance, and what is odd about it: a wrong clock, a bot, visits of one event."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime

from .event_log import EventLog

FIRST = 788_918_400_000
"""1995, in milliseconds: no shop's log is older."""
DAY = 86_400_000
ENOUGH = 20
"""Rows, sessions or users below which nothing is odd."""


@dataclass(frozen=True)
class Overview:
    """A log at a glance.

    Attributes:
        rows, sessions, users, items: counts; users are 0 where the log knows none.
        first, last: the span of time, milliseconds since 1970; None without a clock.
        single: sessions of one event.
        longest: events of the longest session.
        busiest: events of the busiest user.
        with_users: rows that have a user.
        odd: what is odd, a sentence each.
    """

    rows: int
    sessions: int
    users: int
    items: int
    first: int | None
    last: int | None
    single: int
    longest: int
    busiest: int
    with_users: int
    odd: tuple[str, ...] = ()

    @property
    def events_per_session(self) -> float:
        return self.rows / max(self.sessions, 1)

    @property
    def span(self) -> str:
        """From when to when, to the minute."""
        if self.first is None or self.last is None:
            return "no clock"
        return f"{when(self.first)} to {when(self.last)}"


def when(milliseconds: int) -> str:
    """A time in UTC, to the minute; what lies outside the years 1 to 9999 as it is."""
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
    except (ValueError, OverflowError, OSError):
        return f"{milliseconds} ms since 1970"


def overview(log: EventLog) -> Overview:
    """Counts, the span of time and what is odd, in a few passes over the log."""
    sessions, single, longest = log.query(
        "SELECT count(*), count(*) FILTER (n = 1), max(n) FROM (SELECT count(*) AS n FROM log GROUP BY session_id)"
    )[0]
    with_users, busiest = log.query(
        "SELECT coalesce(sum(n), 0), coalesce(max(n), 0) "
        "FROM (SELECT count(*) AS n FROM log WHERE user_id IS NOT NULL GROUP BY user_id)"
    )[0]
    first, last = log.query("SELECT min(timestamp), max(timestamp) FROM log")[0]
    seen = Overview(
        log.n_rows, sessions, log.n_users, log.n_items, first, last, single, longest, int(busiest), int(with_users)
    )
    odd = [*_odd_times(log, seen), *_odd_crowds(log, seen)]
    odd += [f"{count:,} {what}" for what, count in log.report.noted.items() if count]
    return Overview(**{**vars(seen), "odd": tuple(odd)})


def _odd_times(log: EventLog, seen: Overview) -> list[str]:
    if seen.first is None or seen.last is None:
        return ["the log has an order and no clock, and is split by the order of its sessions"]
    odd = []
    tomorrow = int(time.time() * 1000) + DAY
    early, late, midnight, hours = log.query(
        f"SELECT count(*) FILTER (timestamp < {FIRST}), count(*) FILTER (timestamp > {tomorrow}), "
        f"count(*) FILTER (timestamp % {DAY} = 0), count(*) FILTER (timestamp % 3600000 = 0) FROM log"
    )[0]
    if early:
        odd.append(f"{early:,} events before 1995: is the unit of the time right?")
    if late:
        odd.append(f"{late:,} events in the future: is the unit of the time right?")
    if seen.rows >= ENOUGH and seen.first == seen.last:
        odd.append("all events at the same instant")
    elif seen.rows >= ENOUGH and midnight == seen.rows:
        odd.append("all times are midnight: days without a clock")
    elif seen.rows >= ENOUGH and hours == seen.rows:
        odd.append("all times are whole hours")
    elif seen.rows >= 1_000 and seen.last - seen.first > 3 * DAY:
        night = log.query(f"SELECT count(*) FROM log WHERE timestamp % {DAY} < {5 * DAY // 24}")[0][0]
        if night > 0.5 * seen.rows:
            odd.append(f"{night / seen.rows:.0%} of events between 0 and 5 o'clock UTC: is the time zone right?")
    return odd


def _odd_crowds(log: EventLog, seen: Overview) -> list[str]:
    odd = []
    if seen.longest >= 5 * ENOUGH and seen.longest > max(0.2 * seen.rows, 20 * seen.events_per_session):
        name = log.query("SELECT session_id, any_value(user_id), count(*) AS n FROM log GROUP BY 1 ORDER BY n DESC")[0]
        user = f" of user {name[1]}" if name[1] is not None else ""
        odd.append(f"one session{user} has {seen.longest:,} of {seen.rows:,} events: a bot?")
    elif seen.users >= ENOUGH and seen.busiest > max(0.2 * seen.rows, 20 * seen.with_users / seen.users):
        user = log.query(
            "SELECT user_id FROM log WHERE user_id IS NOT NULL GROUP BY user_id ORDER BY count(*) DESC LIMIT 1"
        )[0][0]
        odd.append(f"user {user} has {seen.busiest:,} of {seen.rows:,} events: a bot, or all who are not known?")
    if seen.sessions >= ENOUGH and seen.single >= 0.95 * seen.sessions and log.card.session != "row":
        odd.append(f"{seen.single:,} of {seen.sessions:,} sessions have one event")
    return odd


def summary(log: EventLog, seen: Overview) -> list[str]:
    """What a human reads first, a line each."""
    report = log.report
    aside = ", ".join(f"{count:,} {reason}" for reason, count in report.set_aside.items())
    users = f"{seen.users:,} users" if seen.users else "no users"
    events = ", ".join(f"{count:,} {name}" for name, count in log.counts.items())
    lines = [
        f"{report.rows_kept:,} of {report.rows_read:,} rows kept" + (f"; set aside: {aside}" if aside else ""),
        f"{seen.span}",
        f"{seen.sessions:,} sessions of {seen.events_per_session:.1f} events on average, {users}, {seen.items:,} items",
        f"{events}" + _revenue(log),
    ]
    return lines


def _revenue(log: EventLog) -> str:
    """What purchases brought, less refunds, where the log has prices."""
    quantity = "coalesce(quantity, 1)" if "quantity" in _names(log) else "1"
    sign = "CASE event WHEN 'purchase' THEN 1 WHEN 'refund' THEN -1 END"
    net, refunds = log.query(
        f"SELECT sum(price * {quantity} * {sign}), count(*) FILTER (event = 'refund') FROM log WHERE price IS NOT NULL"
    )[0]
    return f"; revenue {net:,.2f}" + (" net of refunds" if refunds else "") if net is not None else ""


def _names(log: EventLog) -> list[str]:
    return [name for name, *_ in log.query("DESCRIBE log")]
