"""What a kind of suite brings, and where each kind lives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...registry import Registry
from ...results.data_identity import DataHashes
from ..fingerprints import Content
from ..plan import Job, JobResult, Row


@dataclass(frozen=True)
class Kind:
    """One kind of suite.

    Attributes:
        trains: suite -> whether its jobs need torch, and a device.
        check: refuses what is wrong with a suite before any work starts.
        plan: (suite, device, contents of its sources) -> every job.
        batches: jobs -> jobs as a worker takes them.
        prepare: a batch -> what each of its jobs is handed, in order: a source that was loaded once, say.
        execute: (job, what it is handed, folder of the run or None) -> its result; may raise anything.
        failed_row: (job, status) -> the row of a job that failed.
        write_tables: (suite, results, folder) -> writes tables and plots; returns what the manifest says of the data.
    """

    trains: Callable[[Any], bool]
    check: Callable[[Any], None]
    plan: Callable[[Any, str, Sequence[Content]], Sequence[Job]]
    batches: Callable[[Sequence[Any]], list[tuple[Any, ...]]]
    prepare: Callable[[Sequence[Any]], Sequence[Any]]
    execute: Callable[[Any, Any, Path | None], JobResult]
    failed_row: Callable[[Any, str], Row]
    write_tables: Callable[[Any, Sequence[JobResult], Path], DataHashes]


KINDS: Registry[Kind] = Registry(
    "kind of suite",
    {
        "algorithms": "rlbench_rec.suite.kinds.algorithms.kind:KIND",
        "estimators": "rlbench_rec.suite.kinds.estimators.kind:KIND",
    },
)


def kind_of(suite: Any) -> Kind:
    """The kind of a suite."""
    return KINDS[suite.kind]
