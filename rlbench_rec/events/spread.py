"""Reading a log on a Ray cluster: rows are dealt out by a hash of their user or session, and each partition is cut into
sessions by the query that one machine runs. The driver numbers sessions over all partitions, so the log is the same.

    type the rows (a task a file) -> partitions -> set duplicates aside, cut sessions (a task a partition) -> merge
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from pathlib import Path
from typing import Any

from ..errors import MissingExtraError
from . import staged
from .cards import Found
from .dialects import DIALECTS
from .dialects.rows import quote_text
from .report import LoadReport
from .sessions import merged_sql, partition_key, shard_sql
from .staging import Staging, stage

PARTITIONS_PER_WORKER = 2
FILE_BY_FILE = ("delimited", "jsonl", "parquet")
"""Dialects whose files can be read apart from each other."""


def run(
    found: Found, files: list[Path], folder: Path, scratch: Path, memory_limit: str, gap: float, address: str
) -> tuple[LoadReport, tuple[str, ...]]:
    """What `loading.load` does on one machine, on a cluster.

    Raises:
        MissingExtraError: ray is not installed.
        InputError: as on one machine.
    """
    card = found.card
    with staged.connected(scratch, memory_limit) as connection:
        # Looks at all first lines and reads nothing yet: files that do not go together are refused here.
        staging = stage(DIALECTS[card.dialect](connection, files, card), found)
        ray = _connected(address)
        count = max(1, PARTITIONS_PER_WORKER * int(ray.cluster_resources().get("CPU", 1)))
        job = _Job(found, files, scratch, memory_limit, gap, count)
        groups = [[n] for n in range(len(files))] if card.dialect in FILE_BY_FILE else [list(range(len(files)))]
        _all(ray, _type_rows, [(job, numbers) for numbers in groups])
        counted: Counter[str] = Counter()
        for counts in _all(ray, _cut_sessions, [(job, bucket, staging) for bucket in range(count)]):
            counted.update(counts)
        aside = f"SELECT file, line, reason, text FROM {_parquet(scratch / 'aside-*.parquet')} ORDER BY number, line"
        staged.write(connection, aside, folder / "quarantine.parquet", scratch)
        report = staged.account(dict(counted), folder / "quarantine.parquet", files)
        merged = merged_sql(card, staging, _parquet(scratch / "shard-*.parquet"))
        staged.write(connection, merged, folder / "events.parquet", scratch)
    return report, tuple(staging.context.values())


@dataclasses.dataclass(frozen=True)
class _Job:
    """What every task needs."""

    found: Found
    files: list[Path]
    scratch: Path
    memory_limit: str
    gap: float
    partitions: int


def _type_rows(job: _Job, numbers: list[int]) -> None:
    """Rows of some files, typed, in a folder a partition: `typed-<first file>/bucket=<n>/*.parquet`."""
    files, card = [job.files[n] for n in numbers], job.found.card
    with staged.connected(job.scratch / f"typing-{numbers[0]}", job.memory_limit) as connection:
        raw = DIALECTS[card.dialect](connection, files, card)
        staging = stage(raw, job.found)
        columns = ", ".join([*staging.columns, *staging.context])
        # Where duplicates are looked for, the next task compares texts, and has no raw file to read them from again.
        text = "text" if card.deduplicate else "CASE WHEN reason IS NOT NULL THEN text END AS text"
        key = f"coalesce(hash({partition_key(card)}), 0) % {job.partitions}"
        sql = (
            f"SELECT CAST(file + {numbers[0]} AS INTEGER) AS file, line, session_id, user_id, timestamp, {columns}, "
            f"{text}, reason, {key} AS bucket FROM ({staging.select})"
        )
        target = quote_text(str(job.scratch / f"typed-{numbers[0]}"))
        connection.execute(f"COPY ({sql}) TO {target} (FORMAT parquet, COMPRESSION zstd, PARTITION_BY (bucket))")


def _cut_sessions(job: _Job, bucket: int, staging: Staging) -> dict[str, int]:
    """One partition's rows with their sessions, and those set aside; gives reason -> rows."""
    card, found = job.found.card, sorted(job.scratch.glob(f"typed-*/bucket={bucket}/*.parquet"))
    if not found:
        return {}
    rows = ", ".join(quote_text(str(path)) for path in found)
    with staged.connected(job.scratch / f"cutting-{bucket}", job.memory_limit) as connection:
        typed = f"read_parquet([{rows}], hive_partitioning = true)"
        staged.judge(connection, typed)
        if card.deduplicate:
            connection.execute(
                "INSERT INTO duplicates SELECT file, line, text FROM typed "
                "WHERE reason IS NULL QUALIFY row_number() OVER (PARTITION BY text ORDER BY file, line) > 1"
            )
        staged.check_propensities(connection, card, job.files)
        names = ", ".join(quote_text(path.name) for path in job.files)
        named = f"SELECT file AS number, [{names}][file + 1] AS file, line, reason, text FROM aside"
        own = job.scratch / f"cutting-{bucket}"
        staged.write(connection, named, job.scratch / f"aside-{bucket}.parquet", own)
        staged.write(connection, shard_sql(card, staging, job.gap), job.scratch / f"shard-{bucket}.parquet", own)
        return staged.counts(connection)


def _parquet(pattern: Path) -> str:
    return f"read_parquet({quote_text(str(pattern))})"


def _connected(address: str) -> Any:
    try:
        import ray
    except ImportError as error:
        hint = 'Install it: pip install "rlbench-rec[ray]".'
        raise MissingExtraError("Spreading the work needs ray.", hint=hint) from error
    if not ray.is_initialized():
        ray.init(address=None if address == "local" else address, log_to_driver=False, include_dashboard=False)
    return ray


def _all(ray: Any, function: Any, arguments: list[tuple]) -> list[Any]:
    """Every task's result, in order; a task's own error is raised as what it is."""
    task = ray.remote(num_cpus=1)(function)
    try:
        return ray.get([task.remote(*one) for one in arguments])
    except ray.exceptions.RayTaskError as error:
        raise error.cause from error
