"""What a log holds, the account of its rows, and whether it is the whole data set."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np


@dataclass(frozen=True)
class Checked:
    """A log that was read.

    Attributes:
        verdict: `complete`, `a sample`, `not this data set` or `not known`; see `events.completeness`.
        why: one sentence.
        facts: a row each: rows read, kept and set aside by reason, what is noted of those kept, sessions, users, items,
            events, longest session.
    """

    verdict: str
    why: str
    facts: list[dict[str, str | int]]


def check_log(card: str, data: Path | None = None, memory_limit: str = "2GB") -> Checked:
    """Read a log, and hold its account against the published counts of its card."""
    from .. import events
    from ..events.completeness import completeness

    log = events.load(card, data, memory_limit=memory_limit)
    sessions = log.to_pandas(["session_id", "event"])
    lengths = sessions.groupby("session_id", sort=False).size().to_numpy()
    purchases = sessions.loc[sessions["event"] == "purchase", "session_id"].nunique()
    facts = {"rows read": log.report.rows_read, "rows kept": log.report.rows_kept}
    facts |= {f"set aside: {reason}": count for reason, count in log.report.set_aside.items()}
    facts |= {f"noted: {what}": count for what, count in log.report.noted.items()}
    facts |= {"sessions": log.n_sessions, "users": log.n_users, "items": log.n_items}
    facts |= {"longest session": int(np.max(lengths)), "sessions with a purchase": int(purchases)}
    facts |= {f"events: {name}": count for name, count in log.counts.items()}
    whole = completeness(log)
    return Checked(whole.verdict, whole.why, [{"fact": name, "count": int(count)} for name, count in facts.items()])
