"""What a kind of suite brings, and where each kind lives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic

from typing_extensions import TypeVar

from ...registry import Registry
from ...results.data_identity import DataHashes
from ..fingerprints import Content
from ..plan import Job, JobResult, Row, SuiteT

if TYPE_CHECKING:
    from ..config import Source, Suite
    from .estimators.config import EstimatorSuite, TaskSource

JobT = TypeVar("JobT", bound=Job, default=Job)
PreparedT = TypeVar("PreparedT", default=Any)


@dataclass(frozen=True)
class Kind(Generic[SuiteT, JobT, PreparedT]):
    """One kind of suite.

    Attributes:
        sources: suite -> the logs and shops that its jobs are of.
        trains: suite -> whether its jobs need torch, and a device.
        check: refuses what is wrong with a suite before any work starts.
        plan: (suite, device, contents of these sources) -> every job.
        batches: jobs -> jobs as a worker takes them.
        prepare: a batch -> what each of its jobs is handed, in order: a source that was loaded once, say.
        execute: (job, what it is handed, folder of the run or None) -> its result; may raise anything.
        failed_row: (job, status) -> the row of a job that failed.
        write_tables: (suite, results, folder) -> writes tables and plots; returns what the manifest says of the data.
    """

    sources: Callable[[SuiteT], Sequence[Source | TaskSource]]
    trains: Callable[[SuiteT], bool]
    check: Callable[[SuiteT], None]
    plan: Callable[[SuiteT, str, Sequence[Content]], Sequence[JobT]]
    batches: Callable[[Sequence[JobT]], list[tuple[JobT, ...]]]
    prepare: Callable[[Sequence[JobT]], Sequence[PreparedT]]
    execute: Callable[[JobT, PreparedT, Path | None], JobResult]
    failed_row: Callable[[JobT, str], Row]
    write_tables: Callable[[SuiteT, Sequence[JobResult], Path], DataHashes]


# Each kind has a suite and jobs of its own; `kind` of the suite chooses the one they fit.
KINDS: Registry[Kind[Any, Any, Any]] = Registry(
    "kind of suite",
    {
        "algorithms": "rlbench_rec.suite.kinds.algorithms.kind:KIND",
        "estimators": "rlbench_rec.suite.kinds.estimators.kind:KIND",
    },
)


def kind_of(suite: Suite | EstimatorSuite) -> Kind[Any, Any, Any]:
    """The kind of a suite."""
    return KINDS[suite.kind]
