"""The drafted card reads the sampled rows: is what comes out a log of a shop?"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path

from ...errors import DataWarning, InputError
from ...files import scratch_folder, write_text
from ..event_log import EventLog
from ..loading import load
from ..oddities import FIRST, Overview, overview, summary
from .finders.decisions import are_decisions
from .finders.user_roles import FEW, without_rows
from .roles import Roles

MOST_MALFORMED = 0.02
"""A larger share of rows that do not fit the card is not dirt."""
MOST_WITHOUT_SESSION = 0.1
"""Where more rows have no session, the column may not be one of all visits."""
SHOWN = 160


@dataclass(frozen=True)
class Trial:
    """What the drafted card made of the sampled rows.

    Attributes:
        summary: what the log holds, a line each.
    """

    summary: list[str]


def try_out(roles: Roles, text: str) -> Trial:
    """Load the sampled rows with the drafted card; what is implausible becomes a question, what is odd a note."""
    with scratch_folder() as folder:
        card = Path(folder) / "draft.toml"
        write_text(card, text)
        try:
            with warnings.catch_warnings():
                # They are said as notes.
                warnings.simplefilter("ignore", DataWarning)
                log = load(card, roles.sample.for_the_reader(Path(folder)), out=Path(folder) / "log")
        except InputError as error:
            # What is wrong is said without the name of a file that is gone.
            roles.ask("card", f"The drafted card does not read the log: {error.what} {error.hint or ''}".strip())
            return Trial([])
        seen = overview(log)
        _judge_account(roles, log)
        _judge_times(roles, seen)
        _judge_sessions(roles, log, seen)
        _judge_users(roles, log, seen)
        return Trial(summary(log, seen))


def _judge_account(roles: Roles, log: EventLog) -> None:
    read = max(log.report.rows_read, 1)
    explained = {
        "missing_user": without_rows(roles, "user"),
        "missing_session": without_rows(roles, "session"),
        "unknown_event": roles.explained.get("unknown_event", 0),
        "comment": read,
        "other_log": read,
        "malformed": without_rows(roles, "item") + without_rows(roles, "timestamp"),
    }
    without = log.report.set_aside.get("missing_session", 0)
    if without > MOST_WITHOUT_SESSION * read and roles.has("user") and roles.has("timestamp"):
        session = ",".join(roles.columns["session"])
        text = (
            f"'{session}' is empty in {without:,} of {read:,} rows, which are set aside without one. Are visits to be "
            "cut by pauses instead?"
        )
        roles.ask("session", text, ["session=gap", f"session={session}"])
    for reason, count in log.report.set_aside.items():
        known = explained.get(reason, 0)
        if reason in ("missing_user", "missing_session") or count <= known:
            why = " (no item, or no time)" if reason == "malformed" else ""
            roles.note(f"{count:,} of {read:,} rows are set aside as {reason}{why}.")
            continue
        example = _example(log, reason)
        if count - known > MOST_MALFORMED * read:
            text = f"{count:,} of {read:,} rows do not fit the card ({reason}), such as {example}. Why?"
            roles.ask(reason, text, [f"accept={reason}"])
        else:
            roles.note(f"{count:,} of {read:,} rows are set aside as {reason}, such as {example}.")


def _example(log: EventLog, reason: str) -> str:
    import pyarrow.parquet as pq

    rows = pq.read_table(log.quarantine, columns=["line", "text"], filters=[("reason", "=", reason)]).slice(0, 1)
    row = rows.to_pylist()[0]
    text = str(row["text"])
    return f"line {row['line']}: '{text[:SHOWN]}{'…' if len(text) > SHOWN else ''}'"


def _judge_times(roles: Roles, seen: Overview) -> None:
    if seen.first is None or seen.last is None:
        return
    wrong = [text for text in seen.odd if "before 1995" in text or "in the future" in text]
    if wrong or seen.last < FIRST:
        names = ", ".join(roles.columns["timestamp"])
        text = f"'{names}' gives times from {seen.span}: {'; '.join(wrong)}"
        if "timestamp" in roles.answers.columns:
            roles.ask("time-span", text, ["accept=time-span"])
        else:
            roles.ask("timestamp", text, ["time=COLUMN:FORM"])


def _judge_sessions(roles: Roles, log: EventLog, seen: Overview) -> None:
    crowd = [text for text in seen.odd if "a bot" in text]
    for text in crowd:
        roles.ask("bot", f"{text[0].upper()}{text[1:]} It would teach and score like all others.", ["accept=bot"])
    noted = log.report.noted.get("sessions with several users", 0)
    if noted and len(roles.columns.get("session", [])) == 1 and noted >= 0.02 * seen.sessions:
        session = roles.columns["session"][0]
        text = f"{noted:,} of {seen.sessions:,} sessions hold several users: is '{session}' unique within a user alone?"
        pair = [f"session={roles.columns['user'][0]},{session}"] if roles.has("user") else []
        roles.ask("session", text, [*pair, f"session={session}"])
    if noted and "session" in roles.answers.columns:
        roles.note(f"session: {noted:,} of {seen.sessions:,} sessions hold several users.")
    if log.card.session == "row" or seen.sessions < FEW or are_decisions(roles):
        return
    # Pieces of a long log cut visits apart.
    most = 0.95 if roles.sample.whole else 0.995
    if seen.single >= most * seen.sessions and not ({"session", "item"} <= roles.answers.columns.keys()):
        how = f"'{', '.join(roles.columns['session'])}'" if roles.has("session") else "a pause of half an hour"
        text = (
            f"{seen.single:,} of {seen.sessions:,} sessions have one event, cut by {how}; times run from {seen.span}. "
            "Is that so, and every event a visit of its own?"
        )
        roles.ask("single-events", text, ["accept=single-events", "session=row"])


def _judge_users(roles: Roles, log: EventLog, seen: Overview) -> None:
    # Rows that are set aside take users with them, and are accounted for above.
    if not roles.has("user") or roles.rows < FEW or log.report.set_aside:
        return
    known = len(roles.column("user").counts)
    if seen.users < 0.9 * known and not roles.questions:
        text = f"The log has {known:,} users, and {seen.users:,} of them are left by this card."
        roles.ask("user", text, [f"user={roles.columns['user'][0]}"])
