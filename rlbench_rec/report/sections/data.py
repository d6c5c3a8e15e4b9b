"""What the logs hold: sessions, and how far down the funnel they go. Read from the logs, where they are at hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import RlbenchError
from ...results.schema import STATUSES
from ..charts.bars import bars
from ..content import Block, Cell, Chart, Charts, Column, Paragraph, Row, Section, Table
from ..run_tables import RunTables

if TYPE_CHECKING:
    from ...events.profile.facts import Profile

FUNNEL = "Sessions with at least one"
LENGTHS = "Events in a session"
COUNTS = "Counts"
COLUMNS = (
    Column("data set", choices=True),
    Column("what", choices=True),
    Column("of them"),
    Column("sessions", numeric=True),
    Column("share", numeric=True),
)


def data(run: RunTables, *, read_logs: bool = True) -> Section | None:
    """Sizes of the test sides, and funnel and sessions of every log that is at hand.

    Args:
        run: the run.
        read_logs: whether to read the logs; a large one takes a minute.
    """
    if run.runs.empty:
        return None
    blocks: list[Block] = [_sizes(run)]
    profiles = dict(_profiles(run)) if read_logs else {}
    if profiles:
        rows = [row for name, profile in profiles.items() for row in _rows(name, profile)]
        blocks.append(Charts([chart for name, profile in profiles.items() for chart in _charts(name, profile)]))
        blocks.append(Table("Funnel and sessions of the logs", COLUMNS, rows, filters=len(profiles) > 1))
    unread = sorted(set(_sources(run)) - set(profiles))
    if unread:
        why = "was not read" if not read_logs else "is not at hand, or is another file by now"
        blocks.append(Paragraph(f"What the log holds is not shown of {', '.join(unread)}: it {why}."))
    if (run.runs["task"] != "").any():
        blocks.append(Paragraph("Logs of simulated shops are drawn when they are needed, and are not stored."))
    return Section("data", "The data", blocks)


def _sizes(run: RunTables) -> Table:
    rows = run.runs[run.runs["status"].isin(STATUSES)]
    rows = rows.assign(place=rows["dataset"].where(rows["dataset"] != "", rows["task"]), is_task=rows["task"] != "")
    shown = []
    for place, of_place in rows.groupby("place", sort=True):
        logged = of_place[(of_place["estimator"] != "truth") & of_place["n_episodes"].notna()]
        size = float(logged["n_episodes"].median()) if len(logged) else float("nan")
        kind = "simulated shop" if of_place["is_task"].iloc[0] else "data set"
        what = ", ".join(sorted(set(of_place["identification"]) - {""}))
        jobs = of_place["run_id"].nunique()
        text = "" if size != size else f"{size:,.0f}"
        cells = [Cell(str(place)), Cell(kind), Cell(what), Cell(text, order=size), Cell(f"{jobs:,}", order=jobs)]
        shown.append(Row(cells))
    columns = (
        Column("place"),
        Column("kind"),
        Column("values are"),
        Column("sessions judged on", numeric=True),
        Column("jobs", numeric=True),
    )
    return Table("What was judged on what", columns, shown)


def _sources(run: RunTables) -> dict[str, Mapping[str, Any]]:
    """Data set -> its source in the suite; several sources of one log are read once."""
    sources = run.config.get("sources")
    named = [source for source in sources if isinstance(source, Mapping)] if isinstance(sources, list) else []
    return {str(source["dataset"]): source for source in named if source.get("dataset")}


def _profiles(run: RunTables) -> Iterator[tuple[str, Profile]]:
    """Of the logs that are here and are the ones that ran."""
    from ...events.fingerprint import content
    from ...events.profile import profile

    hashes = run.manifest.get("data_sha256")
    known = {str(text) for text in hashes.values()} if isinstance(hashes, Mapping) else set()
    for name, source in _sources(run).items():
        path = Path(str(source["data"])).expanduser() if source.get("data") else None
        try:
            # The log by its hash: another file under the same name would say nothing of this run.
            if content(name, path)[0] in known and (read := profile(name, path)).sections:
                yield name, read
        except RlbenchError:
            continue


def _charts(name: str, profile: Profile) -> Iterator[Chart]:
    """The funnel, and lengths of sessions where they differ."""
    for section in profile.sections:
        rows = [(row.label, row.share, f"{row.value} ({row.share:.1%})") for row in section.rows if row.share]
        if section.title in (FUNNEL, LENGTHS) and len(rows) > 1:
            title = f"{name}: {section.title.lower()}"
            yield Chart(title, bars(title, rows))


def _rows(name: str, profile: Profile) -> Iterator[Row]:
    for section in profile.sections:
        if section.title not in (FUNNEL, LENGTHS):
            continue
        for row in section.rows:
            share = row.share or 0.0
            count = float(row.value.replace(",", ""))
            if not count:
                continue
            cells = [Cell(name), Cell(section.title.lower()), Cell(row.label), Cell(row.value, order=count)]
            yield Row([*cells, Cell(f"{share:.1%}", order=share)])
