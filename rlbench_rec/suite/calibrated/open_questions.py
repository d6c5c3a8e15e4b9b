"""Three questions that a real log leaves open, answered in its simulation: for that shop, and a log of that size."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from ... import ope
from ...errors import InputError
from ...evaluation.bridge import evaluation_log
from ...evaluation.q_models import QChoice, SuiteQ
from ...results.write import write_json
from ...statistics.student import student_quantile
from ..kinds.estimators.config import EstimatorSuite, TaskSource
from ..progress import ProgressCallback
from ..runner import run_suite
from ..sources import make_task
from .algorithm_winner import JudgedAlgorithm, contest

LIKE = ("sharper", "kinder", "fresh")
"""Policies of the ladder that differ from the behaviour policy by as much as a team would dare to test."""
ESTIMATORS = ["ips", "snips", "tis", "sntis", "dm", "dr", "sndr"]
SESSIONS_SCORED, FEWEST_LOGS, MOST_LOGS = 100_000, 10, 40
"""Errors of small logs differ more from log to log, and a small log costs little: so there are more of them."""
LIFT = 0.05
PLANNED_FROM = 20_000
"""Sessions that the size of a log is estimated from, if the log has fewer: in a simulation they cost nothing."""
VARIANT = "judge"
"""Nothing is chosen on the shop that answers."""


@dataclass(frozen=True)
class Answers:
    """What the simulation says.

    Attributes:
        sessions: size of the logs.
        q: the q of `dm`, `dr` and `sndr`: `fqe` or `linear`.
        estimators: estimator -> root mean squared error of its estimates of the policies like the behaviour policy, as
            a share of that policy's value; the smallest first.
        as_good: estimators whose errors cannot be told from the smallest one's at 95 %, that one among them.
        estimator: the estimator that the sizes are for.
        sessions_for_lift: policy -> sessions until 80 of 100 logs would show a lift of 5 % with `estimator`.
        algorithms: best first; `behaviour` is the behaviour policy.
    """

    sessions: int
    q: str
    estimators: dict[str, float]
    as_good: list[str]
    estimator: str
    sessions_for_lift: dict[str, float]
    algorithms: list[JudgedAlgorithm]

    @property
    def sentences(self) -> list[str]:
        """The answers in words."""
        best, error = next(iter(self.estimators.items()))
        others = [f"{name} {self.estimators[name]:.1%}" for name in self.as_good if name != best]
        alike = f"; not told apart from it: {', '.join(others)}" if others else ", and no other comes near"
        sizes = sorted(self.sessions_for_lift.values())
        first, second = self.algorithms[:2]
        behaviour = next(algorithm.value for algorithm in self.algorithms if algorithm.name == "behaviour")
        q = f" (q: {self.q})" if ope.estimators.needs_q(best) else ""
        return [
            f"Which estimator? {best}{q}: on logs of {self.sessions:,} sessions its error is {error:.1%} of the value "
            f"of the behaviour policy{alike}.",
            f"How big a log to see a lift of {LIFT:.0%}? {_rounded(sizes[0])} to {_rounded(sizes[-1])} sessions, by "
            f"policy ({self.estimator}, 80 of 100 logs).",
            f"Which algorithm? {_described(first)}, then {_described(second)}; the behaviour policy earns "
            f"{behaviour:.3g}.",
        ]


def ask(
    shop: Path,
    sessions: int,
    folder: Path,
    *,
    workers: int | None = None,
    seeds: int = 3,
    q: SuiteQ = "auto",
    progress: ProgressCallback | None = None,
) -> Answers:
    """Ask a calibrated shop, on its `judge` variant; write answers.json, and the runs behind it in three folders.

    Args:
        shop: the shop's file.
        sessions: size of the logs; at least 100 are taken.
        folder: where to write.
        workers: processes; None takes one a core.
        seeds: trainings of each algorithm.
        q: of `dm`, `dr` and `sndr`: `auto`, the one that `rlbench run` takes, or the faster `linear`.
        progress: called with the events of each of the three runs (see `run_suite`).

    Raises:
        InputError, MissingFileError: no such shop, or one in which a log or the behaviour policy cannot be valued.
        OutputError: the folder cannot be written.
    """
    sessions = max(sessions, 100)
    source = TaskSource(task=str(shop), variant=VARIANT, matched=list(LIKE), mismatched=[])
    scoring = EstimatorSuite(
        kind="estimators",
        name="own-shop-estimators",
        sources=[source],
        estimators=ESTIMATORS,
        q=q,
        episodes=[sessions],
        logs=[min(max(SESSIONS_SCORED // sessions, FEWEST_LOGS), MOST_LOGS)],
        truth_error=0.01,
    )
    finished = run_suite(scoring, folder / "estimators", workers=workers, progress=progress)
    if finished.failures:
        raise InputError(f"A log was not scored: {finished.failures[0].status}.", where=str(finished.folder))
    estimates = pd.read_csv(folder / "estimators" / "estimates.csv")
    errors, as_good = ranked_errors(estimates)
    # Sizes are for an estimator whose interval can be trusted: dm's bias is in none.
    estimator = next(name for name in errors if not ope.estimator(name).biased)
    sizes = _sizes(source, max(sessions, PLANNED_FROM), estimator, q)
    algorithms = contest(shop, sessions, folder, workers=workers, seeds=seeds, progress=progress)
    model = str(estimates["q"].dropna().iloc[0])
    answers = Answers(sessions, model, errors, as_good, estimator, sizes, algorithms)
    write_json(asdict(answers), folder / "answers.json")
    return answers


def ranked_errors(estimates: pd.DataFrame) -> tuple[dict[str, float], list[str]]:
    """Root mean squared error of each estimator that is always defined, smallest first; and who is as good as the best.

    An estimator is as good where Student's 95 % interval of the logarithm of its mean squared error over the best
    one's, log by log, reaches 0. (In their difference one wild log would hide that all the others speak against it.)

    Args:
        estimates: rows of estimates.csv; those of the policies like the behaviour policy count.
    """
    rows = estimates[estimates["policies"] == "matched"]
    rows = rows[rows["value"].notna().groupby(rows["estimator"]).transform("all")]
    squared = ((rows["value"] - rows["true_value"]) / rows["behaviour_value"]) ** 2
    table = rows.assign(squared=squared).pivot_table("squared", "log_seed", "estimator")
    means = table.mean().sort_values(kind="stable")
    logs = table.clip(lower=1e-12).apply(np.log)
    gaps = logs.sub(logs[means.index[0]], axis="index")
    reach = student_quantile(0.975, len(table) - 1) * gaps.std(ddof=1) / np.sqrt(len(table))
    as_good = [name for name in means.index if gaps[name].mean() <= reach[name]]
    return {name: float(error) for name, error in np.sqrt(means).items()}, as_good


def _sizes(source: TaskSource, sessions: int, estimator: str, q: QChoice) -> dict[str, float]:
    task = make_task(source)
    data, ladder = task.log(sessions, seed=1), task.target_policies()
    logs = {name: evaluation_log(data, ladder[name], [estimator], q=q) for name in LIKE}
    return {name: ope.plan(log, LIFT, estimator, relative=True).episodes for name, log in logs.items()}


def _described(algorithm: JudgedAlgorithm) -> str:
    error = f" +- {algorithm.std_error:.2g}" if algorithm.std_error else ""
    return f"{algorithm.name} {algorithm.value:.3g}{error}"


def _rounded(number: float) -> str:
    """Two significant digits: more would pretend to know."""
    return f"{float(f'{number:.2g}'):,.0f}"
