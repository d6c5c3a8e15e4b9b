"""Doing random jobs of a run again, and holding what comes out against what is printed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ..arguments import path_of
from ..results.read import check_frame
from ..results.schema import SCHEMA_VERSION
from ..suite.kinds import kind_of
from ..suite.plan import JobResult, frame
from ..suite.progress import ProgressCallback
from .circumstances import differences_from, same_code
from .redo import redo
from .row_check import RowCheck, check_rows
from .run_folder import RunFolder, missing_files, read_run_folder
from .sample import KindOfRow, Sample, draw
from .tables import TableCheck, check_tables

if TYPE_CHECKING:
    from ..suite.plan import Job

JobVerdict = Literal["same", "within", "fails", "not checked"]


@dataclass(frozen=True)
class JobCheck:
    """One job that was drawn.

    Attributes:
        job: its run id, or what its rows are of.
        verdict: `same` cells, numbers `within` their intervals, `fails`, or `not checked`.
        rows: what was found of each of its rows.
        why: the first reason why it fails or was not checked; else empty.
    """

    job: str
    verdict: JobVerdict
    rows: tuple[RowCheck, ...] = ()
    why: str = ""

    @property
    def counts(self) -> dict[str, int]:
        """Verdict of rows -> how many."""
        return dict(Counter(row.verdict for row in self.rows))


@dataclass(frozen=True)
class Verification:
    """What was found of a run.

    Attributes:
        folder: the run.
        seed: of the draw, with which the same jobs are drawn again.
        jobs: a check each.
        tables: those that are made of others.
        circumstances: why the same bytes could not be asked for; empty where they were.
        missing: files that a committed folder should hold and this one does not.
    """

    folder: Path
    seed: int
    jobs: tuple[JobCheck, ...]
    tables: tuple[TableCheck, ...]
    circumstances: tuple[str, ...]
    missing: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether nothing failed, and a job at least was done again. Tables that another version of the code made may
        differ: what they are made of is what was checked."""
        checked = [job for job in self.jobs if job.verdict != "not checked"]
        tables = self.circumstances or not any(table.verdict == "differs" for table in self.tables)
        return bool(checked) and not any(job.verdict == "fails" for job in checked) and bool(tables)

    def to_dict(self) -> dict[str, Any]:
        """Plain Python values."""
        return asdict(self) | {"folder": str(self.folder), "passed": self.passed}


def verify(
    folder: str | Path,
    rows: int = 5,
    seed: int | None = None,
    *,
    all_rows: bool = False,
    workers: int | None = None,
    progress: ProgressCallback | None = None,
    on_plan: Callable[[Sample], None] | None = None,
    kind_of_row: KindOfRow | None = None,
) -> Verification:
    """Do the jobs of random rows of a run again and compare every row that they leave; make its tables anew.

    Where code, libraries and machine are those of the run, every cell must be the same. Elsewhere rounding may differ,
    and with it whole trainings: see `row_check.check_rows` for what is asked then.

    Args:
        folder: of the run.
        rows: how many rows of different jobs.
        seed: of the draw; None: one that nobody could know.
        all_rows: ask for every row that comes out, also where other code made the run.
        workers: processes; None takes one a core.
        progress: called as by `suite.run_suite`.
        on_plan: called with what was drawn, before any work.
        kind_of_row: as `sample.draw`.

    Raises:
        MissingFileError, InputError: the folder is not one of a run, or is damaged; or no rows are asked for.
    """
    run = read_run_folder(path_of(folder, "folder"))
    sample = draw(run, rows, seed, kind_of_row=kind_of_row)
    if on_plan:
        on_plan(sample)
    different = differences_from(run.manifest, trains=kind_of(run.suite).trains(run.suite))
    made = redo(run, sample, workers, progress)
    all_wanted = all_rows or same_code(run.manifest)
    jobs = [
        check_job(run, job, made[job.run_id], bytes_wanted=not different, all_wanted=all_wanted) for job in sample.jobs
    ]
    jobs += [JobCheck(name, "not checked", why=why) for name, why in sample.not_checked.items()]
    return Verification(
        run.folder, sample.seed, tuple(jobs), tuple(check_tables(run)), tuple(different), tuple(missing_files(run))
    )


def check_job(run: RunFolder, job: Job, result: JobResult, *, bytes_wanted: bool, all_wanted: bool = True) -> JobCheck:
    """Hold the rows of a job against those of the folder."""
    name = job.run_id
    if result.failed:
        return JobCheck(name, "fails", why=f"it {result.status.replace('failed:', 'failed here:', 1)}")
    again = frame([row | {"schema_version": SCHEMA_VERSION} for row in result.rows], run.schema)
    again = check_frame(again, run.schema, run.keys, where=name)
    checks = check_rows(
        run.rows_of(job), again, run.keys, run.columns, bytes_wanted=bytes_wanted, all_wanted=all_wanted
    )
    failing = next((check for check in checks if not check.passed), None)
    if failing is not None:
        return JobCheck(name, "fails", tuple(checks), f"{failing.row}: {failing.why}")
    same = all(check.verdict == "same" for check in checks)
    return JobCheck(name, "same" if same else "within", tuple(checks))
