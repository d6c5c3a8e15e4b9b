"""Which estimator a log of this size needs, and how large a log shows a lift: over the drawn shops."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from ... import ope
from ...errors import InputError
from ...evaluation.bridge import evaluation_log
from ...evaluation.q_models import SuiteQ
from ...statistics.student import student_quantile
from ..kinds.estimators.config import EstimatorSuite, TaskSource
from ..progress import ProgressCallback
from ..ray_cluster import RayCluster
from ..runner import run_suite
from ..sources import make_task

LIKE = ("sharper", "kinder", "fresh")
"""Policies of the ladder that differ from the behaviour policy by as much as a team would dare to test."""
ESTIMATORS = ["ips", "snips", "tis", "sntis", "dm", "dr", "sndr"]
SESSIONS_SCORED, FEWEST_LOGS, MOST_LOGS = 100_000, 20, 40
"""Errors of small logs differ more from log to log, and a small log costs little: so there are more of them."""
LIFT = 0.05
PLANNED_FROM = 20_000
"""Sessions that the size of a log is estimated from, if the log has fewer: in a simulation they cost nothing."""


@dataclass(frozen=True)
class EstimatorChoice:
    """What the draws say of estimators.

    Attributes:
        q: the q of `dm`, `dr` and `sndr`: `fqe` or `linear`.
        errors: estimator -> root mean squared error over draws and logs of its estimates of the policies like the
            behaviour policy, as a share of that policy's value; the smallest first.
        first: estimator -> in how many draws its error was the smallest.
        as_good: estimators whose errors cannot be told from the smallest one's at 95 %, that one among them.
        estimator: the estimator that the sizes are for.
        sessions_for_lift: policy -> (least, median, largest) over draws of the sessions until 80 of 100 logs would show
            a lift of 5 % with `estimator`.
        draws: how many there are.
    """

    q: str
    errors: dict[str, float]
    first: dict[str, int]
    as_good: list[str]
    estimator: str
    sessions_for_lift: dict[str, tuple[float, float, float]]
    draws: int

    def sentences(self, sessions: int) -> list[str]:
        """The two answers in words, for logs of this size."""
        best, error = next(iter(self.errors.items()))
        others = [f"{name} {self.errors[name]:.1%}" for name in self.as_good if name != best]
        alike = f"; not told apart from it: {', '.join(others)}" if others else ", and no other comes near"
        q = f" (q: {self.q})" if ope.estimators.needs_q(best) else ""
        least = min(low for low, _, _ in self.sessions_for_lift.values())
        most = max(high for _, _, high in self.sessions_for_lift.values())
        return [
            f"Which estimator? {best}{q}: on logs of {sessions:,} sessions its error is {error:.1%} of the value of "
            f"the behaviour policy, the smallest in {self.first[best]} of {self.draws} shops{alike}.",
            f"How big a log to see a lift of {LIFT:.0%}? {_rounded(least)} to {_rounded(most)} sessions, by policy and "
            f"shop ({self.estimator}, 80 of 100 logs).",
        ]


def choose_estimator(
    shops: Sequence[Path],
    sessions: int,
    folder: Path,
    *,
    workers: int | None = None,
    cluster: RayCluster | None = None,
    q: SuiteQ = "auto",
    progress: ProgressCallback | None = None,
) -> EstimatorChoice:
    """Score estimators on logs of every drawn shop, where the policies' true values are known.

    Args:
        shops: files of the draws.
        sessions: size of the logs.
        folder: where the run goes.
        workers: processes; None takes one a core.
        cluster: as in `run_suite`.
        q: of `dm`, `dr` and `sndr`: `auto`, the one that `rlbench run` takes, or the faster `linear`.
        progress: called with the events of the run (see `run_suite`).

    Raises:
        InputError, MissingFileError: no such shop, or one of which a log cannot be scored.
        OutputError: the folder cannot be written.
    """
    sources = [TaskSource(task=str(shop), matched=list(LIKE), mismatched=[]) for shop in shops]
    estimates = scored(sources, sessions, folder, workers=workers, cluster=cluster, q=q, progress=progress)
    errors, as_good, first = ranked_errors(estimates)
    # Sizes are for an estimator whose interval can be trusted: dm's bias is in none.
    estimator = next(name for name in errors if not ope.estimator(name).biased)
    sizes = [_sizes(source, max(sessions, PLANNED_FROM), estimator) for source in sources]
    spread = {
        name: (min(of), float(np.median(of)), max(of)) for name in LIKE for of in [[size[name] for size in sizes]]
    }
    model = str(estimates["q"].dropna().iloc[0])
    return EstimatorChoice(model, errors, first, as_good, estimator, spread, len(shops))


def scored(
    sources: Sequence[TaskSource],
    sessions: int,
    folder: Path,
    *,
    workers: int | None = None,
    cluster: RayCluster | None = None,
    q: SuiteQ = "auto",
    progress: ProgressCallback | None = None,
) -> pd.DataFrame:
    """estimates.csv of 20 to 40 logs of these shops, as many of each; args and errors as `choose_estimator`."""
    logs = min(max(SESSIONS_SCORED // sessions, FEWEST_LOGS), MOST_LOGS)
    scoring = EstimatorSuite(
        kind="estimators",
        name="own-shop-estimators",
        sources=list(sources),
        estimators=ESTIMATORS,
        q=q,
        episodes=[sessions],
        logs=[-(-logs // len(sources))],
        truth_error=0.01,
    )
    finished = run_suite(scoring, folder, workers=workers, cluster=cluster, progress=progress)
    if finished.failures:
        raise InputError(f"A log was not scored: {finished.failures[0].status}.", where=str(finished.folder))
    return pd.read_csv(folder / "estimates.csv")


def ranked_errors(estimates: pd.DataFrame) -> tuple[dict[str, float], list[str], dict[str, int]]:
    """Root mean squared error of each estimator that is always defined, smallest first; who is as good as the best; and
    in how many shops each one's is the smallest.

    An estimator is as good where Student's 95 % interval of the logarithm of its mean squared error over the best
    one's reaches 0, shop by shop, or log by log where there is one shop. (In their difference one wild log would hide
    that all the others speak against it.)

    Args:
        estimates: rows of estimates.csv; those of the policies like the behaviour policy count.
    """
    rows = estimates[estimates["policies"] == "matched"]
    rows = rows[rows["value"].notna().groupby(rows["estimator"]).transform("all")]
    squared = ((rows["value"] - rows["true_value"]) / rows["behaviour_value"]) ** 2
    unit = "task" if len(rows["task"].unique()) > 1 else "log_seed"
    table = rows.assign(squared=squared).pivot_table("squared", unit, "estimator")
    means = table.mean().sort_values(kind="stable")
    logs = table.clip(lower=1e-12).apply(np.log)
    gaps = logs.sub(logs[means.index[0]], axis="index")
    reach = student_quantile(0.975, len(table) - 1) * gaps.std(ddof=1) / np.sqrt(len(table))
    as_good = [name for name in means.index if gaps[name].mean() <= reach[name]]
    winners = table.idxmin(axis=1).value_counts()
    first = {str(name): int(winners.get(name, 0)) for name in means.index}
    return {name: float(error) for name, error in np.sqrt(means).items()}, as_good, first


def _sizes(source: TaskSource, sessions: int, estimator: str) -> dict[str, float]:
    task = make_task(source)
    data, ladder = task.log(sessions, seed=1), task.target_policies()
    # A linear q in every draw: fitted Q evaluation by a network would take hours, and sizes are rounded to two digits.
    logs = {name: evaluation_log(data, ladder[name], [estimator], q="linear") for name in LIKE}
    return {name: ope.plan(log, LIFT, estimator, relative=True).episodes for name, log in logs.items()}


def _rounded(number: float) -> str:
    """Two significant digits: more would pretend to know."""
    return f"{float(f'{number:.2g}'):,.0f}"
