"""Cutting kept rows into sessions, and the order of an EventLog."""

from __future__ import annotations

from ...sql import quote_name
from ..cards.card import DatasetCard
from .typed_rows import Staging

KEPT = "SELECT * FROM kept"


def sessions_sql(card: DatasetCard, staging: Staging, gap: float) -> str:
    """SELECT of the EventLog from the view `kept`: sessions by their first event, rows in time order.

    Args:
        card: how sessions are told apart.
        staging: what stands in `kept`.
        gap: seconds without an event after which a new session begins; used by `session = "gap"`.
    """
    if card.session == "row":
        return _one_a_row(staging, KEPT)
    numbered = "SELECT *, row_number() OVER (ORDER BY first) - 1 AS number FROM firsts"
    return (
        f"{_keyed_and_firsts(card, staging, gap)}, sessions AS ({numbered}) "
        f"SELECT {_session_id(card)} AS session_id, {_named(staging)} "
        f"FROM keyed JOIN sessions ON key = k AND visit = v ORDER BY number, {_row_order(staging)}"
    )


def shard_sql(card: DatasetCard, staging: Staging, gap: float) -> str:
    """SELECT of the rows of one partition, which holds whole sessions, with `first`: the place of its session's first
    event among all rows of the log."""
    if card.session == "row":
        return KEPT
    columns = ", ".join(map(quote_name, staging.kept))
    keyed = _keyed_and_firsts(card, staging, gap)
    # Parquet has no HUGEINT; of 38 digits, times have 18 and file and line 20.
    return f"{keyed} SELECT {columns}, first::DECIMAL(38, 0) AS first FROM keyed JOIN firsts ON key = k AND visit = v"


def merged_sql(card: DatasetCard, staging: Staging, shards: str) -> str:
    """SELECT of the EventLog from the shards of all partitions: what `sessions_sql` gives on one machine."""
    if card.session == "row":
        return _one_a_row(staging, f"SELECT * FROM {shards}")
    firsts = f"SELECT DISTINCT first AS f FROM {shards}"
    numbered = f"SELECT f, row_number() OVER (ORDER BY f) - 1 AS number FROM ({firsts})"
    return (
        f"WITH sessions AS ({numbered}) SELECT {_session_id(card)} AS session_id, {_named(staging)} "
        f"FROM {shards} JOIN sessions ON first = f ORDER BY number, {_row_order(staging)}"
    )


def partition_key(card: DatasetCard) -> str:
    """SQL of what must stay together: a session lies in one partition, and so do rows of the same text."""
    return {"given": "session_id", "gap": "user_id", "row": "line"}[card.session]


def _keyed_and_firsts(card: DatasetCard, staging: Staging, gap: float) -> str:
    """`keyed`: kept rows with the key and visit of their session; `firsts`: (k, v, first) for each session."""
    if card.session == "given":
        # Cheaper read twice than made once.
        keyed = f"keyed AS NOT MATERIALIZED (SELECT *, session_id AS key, 0 AS visit FROM ({KEPT}))"
    else:
        window = f"PARTITION BY user_id ORDER BY {_row_order(staging)}"
        milliseconds = f"CAST('{gap * 1000!r}' AS DOUBLE)"
        opened = f"SELECT *, timestamp - lag(timestamp) OVER ({window}) > {milliseconds} AS opens FROM ({KEPT})"
        keyed = (
            f"keyed AS MATERIALIZED (SELECT * EXCLUDE (opens), user_id AS key, "
            f"sum(CASE WHEN opens THEN 1 ELSE 0 END) OVER ({window} ROWS UNBOUNDED PRECEDING) AS visit FROM ({opened}))"
        )
    # A session's place is its first event's: time, then file and line for ties, as one number, which compares fastest.
    first = f"min({staging.clock} * (1::HUGEINT << 64) + file * (1::HUGEINT << 40) + line) AS first"
    return f"WITH {keyed}, firsts AS (SELECT key AS k, visit AS v, {first} FROM keyed GROUP BY key, visit)"


def _one_a_row(staging: Staging, rows: str) -> str:
    order = f"ORDER BY {_row_order(staging)}"
    return f"SELECT row_number() OVER ({order}) - 1 AS session_id, {_named(staging)} FROM ({rows}) {order}"


def _row_order(staging: Staging) -> str:
    return ", ".join([staging.clock, *staging.place])


def _session_id(card: DatasetCard) -> str:
    return "session_id" if card.session == "given" else "number"


def _named(staging: Staging) -> str:
    context = (f"{staged} AS {quote_name(name)}" for staged, name in staging.context.items())
    return ", ".join(["user_id", "timestamp", *map(quote_name, staging.columns), *context])
