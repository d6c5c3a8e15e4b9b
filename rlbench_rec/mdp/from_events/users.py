"""Who is behind the sessions of a log: as codes, and as the log itself writes them."""

from __future__ import annotations

import numpy as np

from .log_columns import LogColumns


def user_codes(source: LogColumns, starts: np.ndarray) -> np.ndarray | None:
    """(sessions,) int64 codes of the users, numbered as they come; None where the log has none.

    Args:
        source: the log's columns.
        starts: (sessions,) the first row of each session.
    """
    users = source.at("user_id", starts).dictionary_encode()
    if not len(users.dictionary):
        return None
    # A session without a user is a cluster of its own, not part of one big "missing" user.
    codes = users.indices.fill_null(-1).to_numpy().astype(np.int64)
    missing = codes < 0
    codes[missing] = len(users.dictionary) + np.arange(missing.sum())
    return codes


def own_ids(source: LogColumns, starts: np.ndarray) -> dict[str, np.ndarray]:
    """`session_names` and, where the log has any user, `user_names`: (sessions,) ids as the log writes them, as text,
    "" for a session without a user.

    Args:
        source: the log's columns.
        starts: (sessions,) the first row of each session.
    """
    columns = {"session_names": source.at("session_id", starts), "user_names": source.at("user_id", starts)}
    return {
        name: column.cast("string").fill_null("").to_numpy(zero_copy_only=False).astype(np.str_)
        for name, column in columns.items()
        if column.null_count < len(column)
    }
