"""Searching: trials in worker processes, each on disk as it comes, what is chosen at the end."""

from __future__ import annotations

import contextlib
import math
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..arguments import expect, path_of
from ..errors import InputError
from ..extras import require
from ..plugins import identities, load_plugins
from ..suite.config import AnySuite, Suite, load_suite
from ..suite.kinds import kind_of
from ..suite.lock import hold
from ..suite.part import Part
from ..suite.progress import JobFinished, ProgressCallback, RunFinished, RunStarted, report
from ..suite.store import refuse_used_folder
from ..suite.tuned import Chosen, name_of
from ..suite.workers import execute_all, trained_on, worker_count
from ..toml_places import at, lines_of_file
from .folder import config_of, read_outcomes, refuse_other_search, write_chosen, write_outcomes, write_plan
from .plan import Plan, PlannedSearch, searches_of
from .search import Search
from .spaces import load_spaces
from .trial import Outcome, Trial, execute, lost

if TYPE_CHECKING:
    from ..suite.kinds.estimators.config import EstimatorSuite
    from ..suite.ray_cluster import RayCluster

BUDGET_MINUTES = 360.0
"""Six hours."""
PlanCallback = Callable[[Plan], None]


@dataclass(frozen=True)
class FinishedSearch:
    """A search that ran.

    Attributes:
        folder: where the files are.
        searches: with their trials.
        chosen: of each search, by what a user would have and by the truth.
        remaining: trials that are still to be done.
        seconds: how long it took.
    """

    folder: Path
    searches: list[Search]
    chosen: list[Chosen]
    remaining: int
    seconds: float

    @property
    def failed(self) -> int:
        """Trials that failed."""
        return sum(outcome.status.startswith("failed") for search in self.searches for outcome in search.outcomes)


def tune(
    suite: Suite | EstimatorSuite | str | Path,
    out: str | Path | None = None,
    *,
    trials: int = 20,
    spaces: str | Path | None = None,
    device: str = "auto",
    workers: int | None = None,
    resume: bool = False,
    part: tuple[int, int] = (1, 1),
    plan_only: bool = False,
    budget_minutes: float = BUDGET_MINUTES,
    cluster: RayCluster | None = None,
    progress: ProgressCallback | None = None,
    on_plan: PlanCallback | None = None,
    command_line: list[str] | None = None,
) -> FinishedSearch:
    """Search over the settings of every algorithm of a suite, with the same number of trials for each.

    On a task the trials are made and scored in its `train` shop; on a data set they learn from the earlier part of the
    training side and are scored on the later part: what the suite tests on stays unseen. Each trial is scored by the
    suite's own estimate and, in a shop, by the true value; both choices are kept. Draws go by the estimate alone.

        finished = rb.tuning.tune("quick", "results/tuning/quick", trials=20)
        rb.run_suite(rb.load_suite("quick").model_copy(update={"tuned": "results/tuning/quick"}))

    Args:
        suite: of algorithms; a name or a path as in `load_suite`.
        out: folder to write to, new or empty unless `resume`; None: `results/tuning/<suite>` in the working folder.
        trials: for each algorithm on each source; the first has the defaults. One with fewer distinct settings tries
            them all.
        spaces: TOML file whose spaces take the place of those that come with the package, for the algorithms it names.
        device: `auto`, `cpu` or `cuda`.
        workers: processes; None takes one a core. Each is at one search: what is tried does not depend on how many.
        resume: go on with the search in `out`. It ends with the bytes of one that was never stopped.
        part: (i, n): the i-th of n parts of the searches alone; the others can follow with `resume`.
        plan_only: do the first trial of each search, which says how long all would take, and no more.
        budget_minutes: no trial begins after so many minutes; `resume` goes on.
        cluster: as in `run_suite`.
        progress: called with each event, as `run_suite` does.
        on_plan: called with the plan before work begins, and again when the first trials tell how long it takes.
        command_line: for the manifest.

    Raises:
        MissingExtraError: optuna, or what trains, is not installed.
        UnknownNameError, MissingFileError: no such suite or file, or it names something that is not there.
        OutputError: the folder cannot be written.
        InputError: a suite that trains nothing or leaves nothing to choose, one that judges on the shop that settings
            are chosen on, no trials, a folder that holds something else, or a setting that an algorithm does not have.
    """
    started = time.perf_counter()
    _check_numbers(trials, part, budget_minutes)
    with lines_of_file(suite if isinstance(suite, str | Path) else None):
        suite = _checked(load_suite(suite) if isinstance(suite, str | Path) else suite)
    device = trained_on(device, cluster)
    searches = searches_of(suite, load_spaces(spaces), trials, device)
    folder = Path("results") / "tuning" / suite.name if out is None else path_of(out, "out")
    config = config_of(suite, searches, trials)
    with hold(folder):
        if resume:
            refuse_other_search(folder, config)
            read_outcomes(folder, searches)
        else:
            refuse_used_folder(folder)
            write_plan(folder, config, searches, command_line, device)
        chosen_now = searches[part[0] - 1 :: part[1]]
        spread = cluster and cluster.holding(folder, device)
        work = _Work(folder, searches, chosen_now, budget_minutes, started, plan_only, progress, on_plan, spread)
        work.run(suite, worker_count(workers, device, len(chosen_now), cluster))
        chosen, remaining = write_chosen(folder, searches), sum(search.remaining for search in searches)
        write_plan(folder, config, searches, command_line, device, complete=not remaining)
    finished = FinishedSearch(folder, searches, chosen, remaining, time.perf_counter() - started)
    report(RunFinished(folder, finished.failed, finished.seconds), progress)
    return finished


def _checked(suite: Suite | EstimatorSuite) -> Suite:
    """The suite, its plugins loaded, where it can be tuned."""
    expect(suite, AnySuite, "suite", "a suite, or the name or file of one")
    if not isinstance(suite, Suite):
        raise InputError(f"The suite '{suite.name}' trains nothing, so there is nothing to tune.", where="suite")
    for extra in ("train", "tune"):
        require(extra, "Searching over settings")
    with at("plugins"):
        load_plugins(suite.plugins)
    kind_of(suite).check(suite.model_copy(update={"tuned": "", "normalise": False}))
    return suite


def _check_numbers(trials: int, part: tuple[int, int], budget_minutes: float) -> None:
    if trials < 1:
        raise InputError(f"{trials} trials; at least 1 is needed.", where="trials")
    Part(*part)  # Refuses what is not one.
    if not budget_minutes > 0:
        raise InputError(f"{budget_minutes:g} minutes; more than 0 are needed.", where="budget-minutes")


@dataclass
class _Work:
    """The trials that are to be done now."""

    folder: Path
    searches: Sequence[Search]
    now: Sequence[Search]
    budget_minutes: float
    started: float
    plan_only: bool
    progress: ProgressCallback | None
    on_plan: PlanCallback | None
    cluster: RayCluster | None

    def run(self, suite: Suite, workers: int) -> None:
        """Do them, and write what came of them even after an interruption."""
        kept = sum(len(search.outcomes) for search in self.now)
        report(RunStarted(suite.name, self.folder, self._total(), kept, {}), self.progress)
        self._show_plan(workers)
        # The first of each before all others: they say how long the others will take.
        fresh = [search for search in self.now if search.remaining]
        fresh.sort(key=lambda search: bool(search.outcomes))
        waiting = deque((search.next_trial(),) for search in fresh if not (self.plan_only and search.outcomes))
        untimed = sum(not search.outcomes for search in fresh)
        by_key = {search.key: search for search in self.now}
        finished = execute_all(
            execute,
            waiting,
            min(workers, len(waiting)) or 1,
            lost=lost,
            job_timeout=suite.job_timeout,
            plugins=list(identities(suite.model_dump(mode="json"))),
            cluster=self.cluster,
        )
        try:
            with contextlib.closing(finished):
                for (trial,), (outcome,) in finished:
                    search = by_key[trial.job.place, name_of(trial.job.spec)]
                    search.outcomes.append(outcome)
                    write_outcomes(self.folder, self.searches)
                    self._report(trial, outcome)
                    if trial.number == 0:
                        untimed -= 1
                        if not untimed:
                            self._show_plan(workers)
                    self._feed(waiting, search, trial)
        finally:
            write_chosen(self.folder, self.searches)

    def _feed(self, waiting: deque[tuple[Trial]], search: Search, trial: Trial) -> None:
        if time.perf_counter() - self.started > 60.0 * self.budget_minutes:
            waiting.clear()
        elif search.remaining and not self.plan_only:
            # A worker stays with its search, whose log it has in memory.
            (waiting.append if trial.number == 0 else waiting.appendleft)((search.next_trial(),))

    def _report(self, trial: Trial, outcome: Outcome) -> None:
        status = "ok" if not outcome.status.startswith("failed") else outcome.status
        done = sum(len(search.outcomes) for search in self.now)
        report(JobFinished(trial.name, status, outcome.seconds, done, self._total()), self.progress)

    def _total(self) -> int:
        return sum(len(search.outcomes) + search.remaining for search in self.now)

    def _show_plan(self, workers: int) -> None:
        if self.on_plan is None:
            return
        lines = []
        for search in self.now:
            times = [outcome.seconds for outcome in search.outcomes if not math.isnan(outcome.seconds)]
            seconds = sum(times) / len(times) if times else math.nan
            names, done = tuple(search.space.settings), len(search.outcomes)
            lines.append(PlannedSearch(*search.key, names, search.planned, done, seconds, search.left_out))
        self.on_plan(Plan(tuple(lines), workers, self.budget_minutes))
