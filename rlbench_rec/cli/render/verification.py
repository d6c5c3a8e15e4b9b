"""What `rlbench verify` and `rlbench leaderboard add` found, on the screen."""

from __future__ import annotations

from ...audit.verify import JobCheck, Verification
from .console import say
from .tables import print_rows

MOST_SHOWN = 10
"""Rows that differ which are named one by one."""


def show_verification(found: Verification) -> None:
    """A line a job, then what differs, what was not checked, and the verdict."""
    print_rows([_line(job) for job in found.jobs])
    failing = [row for job in found.jobs for row in job.rows if not row.passed]
    for row in failing[:MOST_SHOWN]:
        say(f"{row.verdict}: {row.row}: {row.why}")
    if len(failing) > MOST_SHOWN:
        say(f"... and {len(failing) - MOST_SHOWN} more; --json has them all")
    for table in found.tables:
        say(f"{table.name}: {table.verdict}{f' ({table.why})' if table.why else ''}")
    if found.circumstances:
        say(f"Compared by intervals, not by bytes: {'; '.join(found.circumstances)}.")
    if found.missing:
        say(f"Not in the folder: {', '.join(found.missing)}.")
    say(verdict_of(found))


def verdict_of(found: Verification) -> str:
    """One sentence: what was checked, and with what end."""
    checked = [job for job in found.jobs if job.verdict != "not checked"]
    failed = sum(job.verdict == "fails" for job in checked)
    rows = sum(len(job.rows) for job in checked)
    if not checked:
        return f"Nothing was checked: {found.jobs[0].why if found.jobs else 'no rows were drawn'}"
    what = f"{len(checked)} of {len(found.jobs)} jobs with {rows:,} rows were done again (seed {found.seed})"
    tables = [table.name for table in found.tables if table.verdict == "differs"]
    if failed:
        return f"FAILED: {what}, and {failed} of them differ."
    if tables and not found.circumstances:
        return f"FAILED: {what} and agree, but {', '.join(tables)} does not follow from the rows."
    stale = f"; {', '.join(tables)} comes from other code and was not judged" if tables else ""
    return f"Verified: {what} and agree{stale}."


def _line(job: JobCheck) -> dict[str, object]:
    counts = job.counts
    failing = sum(not row.passed for row in job.rows)
    return {
        "job": job.job,
        "verdict": job.verdict,
        "same": counts.get("same", 0),
        "within": counts.get("within", 0),
        "new": counts.get("new", 0),
        "differ": failing,
        "why": job.why,
    }
