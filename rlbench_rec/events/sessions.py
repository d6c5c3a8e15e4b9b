"""Cutting kept rows into sessions, and the order of an EventLog."""

from __future__ import annotations

from .card import DatasetCard
from .dialects.rows import quote_name
from .staging import Staging


def sessions_sql(card: DatasetCard, staging: Staging, gap: float) -> str:
    """SELECT of the EventLog from the table `staged`: sessions by their first event, rows in time order.

    Args:
        card: how sessions are told apart.
        staging: what stands in `staged`.
        gap: seconds without an event after which a new session begins; used by `session = "gap"`.
    """
    rest = ", ".join([*staging.columns, *staging.context])
    context = (f"{staged} AS {quote_name(name)}" for staged, name in staging.context.items())
    named = ", ".join(["user_id", "timestamp", *staging.columns, *context])
    kept = f"SELECT file, line, session_id AS given, user_id, timestamp, {rest} FROM staged WHERE reason IS NULL"
    if card.session == "row":
        order = "ORDER BY timestamp, file, line"
        return f"SELECT row_number() OVER ({order}) - 1 AS session_id, {named} FROM ({kept}) {order}"
    if card.session == "given":
        keyed = f"SELECT *, given AS key, 0 AS visit FROM ({kept})"
    else:
        window = "PARTITION BY user_id ORDER BY timestamp, file, line"
        milliseconds = f"CAST('{gap * 1000!r}' AS DOUBLE)"
        opened = f"SELECT *, timestamp - lag(timestamp) OVER ({window}) > {milliseconds} AS opens FROM ({kept})"
        keyed = (
            f"SELECT * EXCLUDE (opens), user_id AS key, "
            f"sum(CASE WHEN opens THEN 1 ELSE 0 END) OVER ({window} ROWS UNBOUNDED PRECEDING) AS visit FROM ({opened})"
        )
    # A session's place is its first event's: time, then file and line for ties.
    first = (
        "SELECT key AS k, visit AS v, min(struct_pack(t := timestamp, f := file, l := line)) AS first "
        "FROM keyed GROUP BY key, visit"
    )
    number = "given" if card.session == "given" else "number"
    return (
        f"WITH keyed AS ({keyed}), "
        f"sessions AS (SELECT *, row_number() OVER (ORDER BY first) - 1 AS number FROM ({first})) "
        f"SELECT {number} AS session_id, {named} FROM keyed JOIN sessions ON key = k AND visit = v "
        "ORDER BY number, timestamp, file, line"
    )
