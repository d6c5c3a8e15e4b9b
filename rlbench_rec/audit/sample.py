"""Which jobs of a run are done again: those of rows drawn at random, with what they need."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import InputError, RlbenchError
from ..plugins import LOADED
from ..results.packed import table_at
from ..results.read import read_table
from ..results.schema import STATUSES, TIMINGS, TableRow
from ..suite import jobs as suite_jobs
from ..suite.fingerprints import UNKNOWN
from ..suite.kinds import kind_of
from ..suite.kinds.estimators.jobs import LogJob
from .run_folder import job_name

if TYPE_CHECKING:
    from ..suite.plan import Job
    from .run_folder import RunFolder

MOST_ROWS = 10_000
KindOfRow = Callable[[Mapping[Any, Any]], Hashable | None]
"""A row of the folder -> of which kind it is; None: of none that is drawn."""


@dataclass(frozen=True)
class Sample:
    """The jobs that a check does again.

    Attributes:
        seed: of the draw.
        jobs: those of the rows that were drawn, in the order of the plan.
        batches: they and the jobs that they need, as workers take them.
        not_checked: rows that were drawn and cannot be made here -> why.
        minutes: what the batches took where the run was made; None where it does not say.
    """

    seed: int
    jobs: tuple[Job, ...]
    batches: tuple[tuple[Job, ...], ...]
    not_checked: dict[str, str]
    minutes: float | None


def draw(
    run: RunFolder, rows: int, seed: int | None, device: str = "cpu", kind_of_row: KindOfRow | None = None
) -> Sample:
    """Draw rows of different jobs, each row as likely as any other.

    Args:
        run: the folder.
        rows: how many; a folder of fewer jobs is checked whole.
        seed: of the draw; None takes one that nobody could know beforehand.
        device: where to train.
        kind_of_row: where it is given, a row of each kind is drawn at least, however many others there are.

    Raises:
        InputError: no rows are asked for, or the folder has none.
    """
    if not 1 <= rows <= MOST_ROWS:
        raise InputError(f"{rows} rows.", where="rows", hint=f"Give 1 to {MOST_ROWS:,}.")
    seed = secrets.randbelow(2**32) if seed is None else seed
    done = run.rows[run.rows["status"].isin(STATUSES)]
    if done.empty:
        raise InputError("No job of this run came to a result, so there is nothing to check.", where=str(run.folder))
    order = np.random.default_rng(seed).permutation(len(done))
    chosen = _chosen(done.iloc[order].to_dict("records"), rows, kind_of_row or (lambda row: ""))
    try:
        jobs = planned(run, device)
    except (RlbenchError, OSError) as error:
        return Sample(seed, (), (), dict.fromkeys(map(_shown, chosen), str(error)), None)
    known = {_name(job): job for job in jobs}
    not_checked = {_shown(name): why for name in chosen if (why := _why_not(known.get(name)))}
    wanted = {_name(known[name]) for name in chosen if _shown(name) not in not_checked}
    picked = tuple(job for job in jobs if _name(job) in wanted)
    batches = _with_needs(run, jobs, {job.run_id for job in picked})
    return Sample(seed, picked, batches, not_checked, _minutes(run, batches))


def _chosen(shuffled: Sequence[TableRow], rows: int, kind_of_row: KindOfRow) -> list[tuple[Any, ...]]:
    """The jobs of the first rows: the first of each kind, then the others."""
    kinds = [(kind_of_row(row), _job_of(row)) for row in shuffled]
    wanted = [(kind, job) for kind, job in kinds if kind is not None]
    firsts = dict(reversed(wanted))
    jobs = dict.fromkeys([*(job for kind, job in wanted if firsts[kind] == job), *(job for _, job in wanted)])
    return list(jobs)[: max(rows, len(firsts))]


def planned(run: RunFolder, device: str = "cpu") -> list[Job]:
    """Every job of the run's suite, of the data and shops that are here.

    Raises:
        InputError: the suite names plugins that are not loaded: a folder does not decide which code is imported.
        RlbenchError: it names something that is not here.
    """
    foreign = [name for name in run.suite.plugins if name not in LOADED]
    if foreign:
        hint = f"Look at the module, then give --plugin {foreign[0]}."
        raise InputError(f"It needs the plugin '{foreign[0]}', which is not loaded.", hint=hint)
    return list(suite_jobs.planned(run.suite, device))


def _with_needs(run: RunFolder, jobs: list[Job], picked: set[str]) -> tuple[tuple[Job, ...], ...]:
    """The batches that hold the picked jobs, after those that hold what they read."""
    batches = kind_of(run.suite).batches(jobs)
    needed = {run_id for job in jobs if job.run_id in picked for run_id in job.needs}
    wanted = [batch for batch in batches if any(job.run_id in picked | needed for job in batch)]
    return tuple(sorted(wanted, key=lambda batch: any(job.needs for job in batch)))


def _job_of(row: TableRow) -> tuple[Any, ...]:
    """What tells a row's job from others."""
    if "run_id" in row:
        return (job_name(row["run_id"]),)
    return (row["task"], int(row["n_episodes"]), int(row["log_seed"]))


def _name(job: Job) -> tuple[Any, ...]:
    if isinstance(job, LogJob):
        return (job.place, job.episodes, job.seed)
    return (job_name(job.run_id),)


def _shown(name: tuple[Any, ...]) -> str:
    return " ".join(map(str, name))


def _why_not(job: Job | None) -> str:
    if job is None:
        return "no job of the suite has this name"
    if UNKNOWN in (job.content.data, job.content.card):
        return "its data are not here; `rlbench data get` or the suite's `data` say where they are"
    return ""


def _minutes(run: RunFolder, batches: tuple[tuple[Job, ...], ...]) -> float | None:
    path = run.folder / "timings.csv"
    if not table_at(path).is_file():
        return None
    timings = read_table(path, TIMINGS, ("run_id",))
    names = {job_name(job.run_id) for batch in batches for job in batch}
    mine = timings[timings["run_id"].map(job_name).isin(names)]
    return float(mine["seconds"].sum()) / 60.0 if len(mine) else None
