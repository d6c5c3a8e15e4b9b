"""What a log holds, and the account of its rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np


def check_log(card: str, data: Path | None = None, memory_limit: str = "2GB") -> list[dict[str, Any]]:
    """One row per fact: rows read, kept and set aside by reason, sessions, users, items, events, longest session."""
    from .. import events

    log = events.load(card, data, memory_limit=memory_limit)
    sessions = log.to_pandas(["session_id", "event"])
    lengths = sessions.groupby("session_id", sort=False).size().to_numpy()
    purchases = sessions.loc[sessions["event"] == "purchase", "session_id"].nunique()
    facts: dict[str, Any] = {"rows read": log.report.rows_read, "rows kept": log.report.rows_kept}
    facts |= {f"set aside: {reason}": count for reason, count in log.report.set_aside.items()}
    facts |= {"sessions": log.n_sessions, "users": log.n_users, "items": log.n_items}
    facts |= {"longest session": int(np.max(lengths)), "sessions with a purchase": int(purchases)}
    facts |= {f"events: {name}": count for name, count in log.counts.items()}
    return [{"fact": name, "count": int(count)} for name, count in facts.items()]
