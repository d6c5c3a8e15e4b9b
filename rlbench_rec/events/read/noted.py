"""What is odd about rows that are kept: counted, and said when a log is loaded."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ...sql import parquet_rows, single_value
from ..cards.card import DatasetCard
from .repeated_hours import has_local_times, times_in_repeated_hours

if TYPE_CHECKING:
    import duckdb

SEVERAL_USERS = "sessions with several users"
REPEATED_HOUR = "times in a repeated hour"
ADVICE = {
    REPEATED_HOUR: "Which of the two passes is not known, and the second was taken; write times with their offset.",
    SEVERAL_USERS: "If an id is unique only within a user, name both columns in columns.session.",
}
"""What is noted -> what to do about it, in one sentence."""


def noted(connection: duckdb.DuckDBPyConnection, card: DatasetCard, events: Path) -> dict[str, int]:
    """What is odd -> how often; only what occurs.

    Args:
        connection: any.
        card: the data set's.
        events: the rows of the EventLog, in its order.
    """
    counts: dict[str, int] = {}
    if card.session == "given" and (card.columns.user or any("user" in spec.columns for spec in card.files)):
        counts[SEVERAL_USERS] = _sessions_with_several_users(connection, events)
    if has_local_times(card):
        counts[REPEATED_HOUR] = times_in_repeated_hours(connection, card, events)
    return {what: count for what, count in counts.items() if count}


def _sessions_with_several_users(connection: duckdb.DuckDBPyConnection, events: Path) -> int:
    # Rows of a session are contiguous, so neighbours tell, in half the time of grouping. A hash compares fastest.
    rows = f"SELECT hash(session_id) AS session, user_id FROM {parquet_rows([events])} WHERE user_id IS NOT NULL"
    before = f"SELECT *, lag(session) OVER () AS session_before, lag(user_id) OVER () AS user_before FROM ({rows})"
    changed = (
        f"SELECT count(DISTINCT session) FROM ({before}) WHERE session = session_before AND user_id <> user_before"
    )
    return single_value(connection.execute(changed))
