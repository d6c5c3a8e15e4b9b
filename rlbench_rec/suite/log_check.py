"""What a log holds, the account of its rows, and whether it is the whole data set."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError

if TYPE_CHECKING:
    from ..events.event_log import EventLog


@dataclass(frozen=True)
class Checked:
    """A log that was read.

    Attributes:
        verdict: `complete`, `a sample`, `not this data set` or `not known`; see `events.completeness`.
        why: one sentence.
        facts: a row each: rows read, kept and set aside by reason, what is noted of those kept, sessions, users, items,
            events, longest session.
        summary: what the log holds at a glance, a line each: the account, the span of time, sessions, events.
        odd: what is odd about it, a sentence each.
        set_aside: the first rows set aside: `file`, `line`, `reason`, `text`.
        repeated: kept rows that equal an earlier one in every column.
    """

    verdict: str
    why: str
    facts: list[dict[str, str | int]]
    summary: list[str]
    odd: list[str]
    set_aside: list[dict[str, str | int]]
    repeated: int


def check_log(card: str, data: Path | None = None, memory_limit: str = "2GB", rejects: Path | None = None) -> Checked:
    """Read a log, and hold its account against the published counts of its card.

    Args:
        card: of the log.
        data: the raw files.
        memory_limit: for reading.
        rejects: a file for all rows set aside, .csv or .parquet.
    """
    from ..events.completeness import completeness
    from ..events.oddities import overview, summary
    from .set_aside import check_place, first_set_aside, repeated_rows

    if rejects is not None:
        check_place(rejects, card, data)
    log = _loaded(card, data, memory_limit, rejects)
    seen = overview(log)
    repeated = repeated_rows(log)
    purchases = log.query("SELECT count(DISTINCT session_id) FROM log WHERE event = 'purchase'")[0][0]
    facts = {"rows read": log.report.rows_read, "rows kept": log.report.rows_kept}
    facts |= {f"set aside: {reason}": count for reason, count in log.report.set_aside.items()}
    facts |= {f"noted: {what}": count for what, count in log.report.noted.items()}
    facts["rows like an earlier one"] = repeated
    facts |= {"sessions": log.n_sessions, "users": log.n_users, "items": log.n_items}
    facts |= {"longest session": seen.longest, "sessions with a purchase": int(purchases)}
    facts |= {f"events: {name}": count for name, count in log.counts.items()}
    whole = completeness(log)
    rows: list[dict[str, str | int]] = [{"fact": name, "count": int(count)} for name, count in facts.items()]
    return Checked(whole.verdict, whole.why, rows, summary(log, seen), list(seen.odd), first_set_aside(log), repeated)


def _loaded(card: str, data: Path | None, memory_limit: str, rejects: Path | None) -> EventLog:
    """The log; the rows set aside are written where no other is left, too."""
    from .. import events
    from ..files import scratch_folder
    from .set_aside import write_set_aside

    if rejects is None:
        return events.load(card, data, memory_limit=memory_limit)
    with scratch_folder() as scratch:
        quarantine = Path(scratch) / "quarantine.parquet"
        try:
            log = events.load(card, data, memory_limit=memory_limit, quarantine=quarantine)
        except InputError as error:
            if not quarantine.is_file():
                raise
            write_set_aside(quarantine, rejects)
            said = f"{error.hint or ''} All rows set aside are in {rejects}.".strip()
            raise InputError(error.what, where=error.where, hint=said) from error
        write_set_aside(quarantine, rejects)
        return log


def next_command(card: str, data: Path | None = None) -> str:
    """What to type after a log that loads: the frontier where lifts can be estimated, else the board of what can be
    said.

    Args:
        card: of the log.
        data: the raw files, where they were named.
    """
    import shlex

    words = ["rlbench", *(["frontier", card] if tells_values(card) else ["run", "--dataset", card])]
    return shlex.join([*words, *(["--data", str(data)] if data is not None else [])])


def tells_values(card: str) -> bool:
    """Whether what a policy would earn can be estimated on a log: the system chose, and how likely each item was is
    known or can be estimated.

    Args:
        card: of the log.
    """
    from ..events.cards.find import find
    from ..mdp.provenance import NOT_IDENTIFIED, identification

    known = find(card).card
    return identification(known.action_source, known.propensity) != NOT_IDENTIFIED
