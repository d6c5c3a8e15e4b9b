"""A folder of results as it was written: which suite it is a run of, what made it, and its rows, job by job."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import MissingFileError
from ..results.data_identity import MANIFEST
from ..results.packed import open_table, table_at
from ..results.read import load_runs, read_table
from ..results.schema import ESTIMATES, RUN_KEYS, RUNS, Schema
from ..suite.config import Suite
from ..suite.kinds.estimators.config import EstimatorSuite
from ..suite.kinds.estimators.jobs import LogJob
from ..suite.stored_suite import manifest_of, suite_of

if TYPE_CHECKING:
    import pandas as pd

    from ..suite.plan import Job

ESTIMATE_KEYS = ("task", "policy", "estimator", "q", "n_episodes", "log_seed")
MADE_ANEW = 5
"""Since this schema version a committed folder holds curves and timings too."""


@dataclass(frozen=True)
class RunFolder:
    """A run that somebody has made.

    Attributes:
        folder: where it lies.
        manifest: what it says of itself.
        suite: what it is a run of, by its manifest.
        rows: its first table (runs.csv or estimates.csv), validated.
        schema: the columns of that table.
        keys: what tells its rows apart.
        columns: those of the schema that the file has: older files lack some.
    """

    folder: Path
    manifest: dict[str, Any]
    suite: Suite | EstimatorSuite
    rows: pd.DataFrame
    schema: Schema
    keys: tuple[str, ...]
    columns: tuple[str, ...]

    def rows_of(self, job: Job) -> pd.DataFrame:
        """The rows of a job."""
        if isinstance(job, LogJob):
            mine = (self.rows["task"] == job.place) & (self.rows["n_episodes"] == job.episodes)
            return self.rows[mine & (self.rows["log_seed"] == job.seed)]
        return self.rows[self.rows["run_id"].map(job_name) == job_name(job.run_id)]


def job_name(run_id: str) -> str:
    """A run id without the hash at its end: other code or settings give the same job another one."""
    return run_id.rpartition("-")[0]


def read_run_folder(folder: Path) -> RunFolder:
    """A folder that `rlbench run` wrote.

    Raises:
        MissingFileError: no such folder, or no manifest or first table in it.
        InputError: a file of it is damaged, or its manifest does not hold a suite that this version knows.
    """
    manifest = manifest_of(folder)
    suite = suite_of(manifest["config"], str(folder / MANIFEST))
    name, schema, keys = (
        ("estimates.csv", ESTIMATES, ESTIMATE_KEYS)
        if isinstance(suite, EstimatorSuite)
        else ("runs.csv", RUNS, RUN_KEYS)
    )
    table = folder / name
    if not table_at(table).is_file():
        hint = "It holds every row that the other tables are made from; without it nothing can be checked."
        raise MissingFileError(f"There is no {name} here.", where=str(folder), hint=hint)
    rows = load_runs(table) if schema is RUNS else read_table(table, schema, keys)
    with open_table(table) as stream:
        header = stream.readline().strip().split(",")
    return RunFolder(folder, manifest, suite, rows, schema, keys, tuple(name for name in schema if name in header))


def missing_files(run: RunFolder) -> list[str]:
    """What a folder that is committed should hold and does not. Folders of an older schema are let off curves and
    timings, which they were committed without."""
    of_kind = (
        ["estimates.csv", "estimators.csv"]
        if isinstance(run.suite, EstimatorSuite)
        else ["runs.csv", "leaderboard.csv", *(["curves.csv"] if _is_recent(run) else [])]
    )
    wanted = [*of_kind, MANIFEST, *(["timings.csv"] if _is_recent(run) else [])]
    return [name for name in wanted if not table_at(run.folder / name).is_file()]


def _is_recent(run: RunFolder) -> bool:
    version = run.manifest.get("schema_version")
    return isinstance(version, int) and version >= MADE_ANEW
