"""Reading a log on a Ray cluster: rows are dealt out by a hash of their user or session, and each partition is cut into
sessions by the query that one machine runs. The driver numbers sessions over all partitions, so the log is the same.

    type the rows (a task per file) -> partitions -> set duplicates aside, cut sessions (a task per partition) -> merge
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from pathlib import Path

from ..ray_connection import joined, results_in_order
from ..sql import parquet_rows, quote_name, quote_path, quote_text
from .cards.find import LocatedCard
from .load_report import LoadReport
from .read import row_views
from .read.log_files import FileGroup, together
from .read.noted import noted
from .read.sessions import merged_sql, partition_key, shard_sql
from .read.side_tables import LookupTable, SideFiles, read_tables, with_lookups
from .read.typed_rows import Staging

PARTITIONS_PER_WORKER = 2


def run(
    located: LocatedCard,
    groups: list[FileGroup],
    files: list[Path],
    side: SideFiles,
    folder: Path,
    scratch: Path,
    memory_limit: str,
    gap: float,
    address: str,
) -> tuple[LoadReport, tuple[str, ...]]:
    """What `loading.load` does on one machine, on a cluster.

    Raises:
        MissingExtraError: ray is not installed.
        InputError: as on one machine; or no cluster answers.
    """
    card = located.card
    with row_views.connected(scratch, memory_limit) as connection:
        # Looks at all first lines and reads nothing yet: files that do not go together are refused here.
        staging = together([group.stage(connection)[1] for group in groups])
        ray = joined(address)
        count = max(1, PARTITIONS_PER_WORKER * int(ray.cluster_resources().get("CPU", 1)))
        tables = read_tables(connection, card, side, scratch)
        each = [group.one_file(group.first + place) for group in groups for place in range(len(group.files))]
        job = _Job(located, files, each, scratch, memory_limit, gap, count, tables)
        list(results_in_order(ray, _type_rows, [(job, number) for number in range(len(files))]))
        counted: Counter[str] = Counter()
        for counts in results_in_order(ray, _cut_sessions, [(job, bucket, staging) for bucket in range(count)]):
            counted.update(counts)
        aside = f"SELECT file, line, reason, text FROM {_parquet(scratch, 'aside')} ORDER BY number, line"
        row_views.write(connection, aside, folder / "quarantine.parquet", scratch)
        report = row_views.account(dict(counted), folder / "quarantine.parquet", files, tables)
        staging = with_lookups(staging, tables)
        merged = merged_sql(card, staging, _parquet(scratch, "shard"))
        row_views.write(connection, merged, folder / "events.parquet", scratch)
        report = dataclasses.replace(report, noted=noted(connection, card, folder / "events.parquet"))
    return report, tuple(staging.context.values())


@dataclasses.dataclass(frozen=True)
class _Job:
    """What every task needs."""

    located: LocatedCard
    files: list[Path]
    groups: list[FileGroup]
    scratch: Path
    memory_limit: str
    gap: float
    partitions: int
    tables: list[LookupTable]


def _type_rows(job: _Job, number: int) -> None:
    """Rows of one file, typed, in a folder per partition: `typed-<file>/bucket=<n>/*.parquet`."""
    card = job.located.card
    with row_views.connected(job.scratch / f"typing-{number}", job.memory_limit) as connection:
        _, staging = job.groups[number].stage(connection)
        columns = ", ".join(
            f"CAST({number} AS INTEGER) AS file" if n == "file" else quote_name(n) for n in staging.typed
        )
        # Where duplicates are looked for, the next task compares texts, and has no raw file to read them from again.
        text = "text" if card.deduplicate else "CASE WHEN reason IS NOT NULL THEN text END AS text"
        key = f"coalesce(hash({partition_key(card)}), 0) % {job.partitions}"
        sql = f"SELECT {columns}, {text}, reason, {key} AS bucket FROM ({staging.select})"
        target = quote_path(job.scratch / f"typed-{number}")
        connection.execute(f"COPY ({sql}) TO {target} (FORMAT parquet, COMPRESSION zstd, PARTITION_BY (bucket))")


def _cut_sessions(job: _Job, bucket: int, staging: Staging) -> dict[str, int]:
    """One partition's rows with their sessions, and those set aside; gives reason -> rows."""
    card, typed_files = job.located.card, sorted(job.scratch.glob(f"typed-*/bucket={bucket}/*.parquet"))
    if not typed_files:
        return {}
    with row_views.connected(job.scratch / f"cutting-{bucket}", job.memory_limit) as connection:
        row_views.judge(connection, row_views.typed_rows(typed_files), staging, job.tables)
        if card.deduplicate:
            connection.execute(
                "INSERT INTO duplicates SELECT file, line, text FROM typed "
                "WHERE reason IS NULL QUALIFY row_number() OVER (PARTITION BY text ORDER BY file, line) > 1"
            )
        row_views.check_propensities(connection, job.located, job.files)
        names = ", ".join(map(quote_text, row_views.file_names(job.files)))
        named = f"SELECT file AS number, [{names}][file + 1] AS file, line, reason, text FROM aside"
        spill_folder = job.scratch / f"cutting-{bucket}"
        row_views.write(connection, named, job.scratch / f"aside-{bucket}.parquet", spill_folder)
        row_views.write(
            connection,
            shard_sql(card, with_lookups(staging, job.tables), job.gap),
            job.scratch / f"shard-{bucket}.parquet",
            spill_folder,
        )
        return row_views.counts(connection)


def _parquet(scratch: Path, name: str) -> str:
    return parquet_rows(sorted(scratch.glob(f"{name}-*.parquet")))
