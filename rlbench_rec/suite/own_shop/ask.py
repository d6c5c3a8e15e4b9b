"""Three questions that a real log leaves open, answered in its simulation: for that shop, and a log of that size."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from ... import ope
from ...results.schema import read_runs
from ...results.write import write_json
from ..config import AlgorithmSpec, Source, Suite
from ..estimators.config import EstimatorSuite, TaskSource
from ..estimators.log_job import evaluation_log
from ..estimators.run import run_estimators
from ..runner import run_suite
from ..sources import make_task

LIKE = ("sharper", "kinder", "fresh")
"""Policies of the ladder that differ from the one in service by as much as a team would dare to test."""
UNLIKE = ("repellent", "clickbait", "myopic", "honest", "caring")
ESTIMATORS = ["ips", "snips", "tis", "sntis", "dm", "dr", "sndr"]
ALGORITHMS = ("random", "popularity", "bc", "dqn", "double-dqn", "cql")
FORMS = ("greedy", "softmax-0.1", "softmax-0.3")
"""Every algorithm in each of these; the answer names the best one."""
LIFT = 0.05
VARIANT = "judge"
"""Nothing is chosen on the shop that answers."""


@dataclass(frozen=True)
class Answers:
    """What the simulation says.

    Attributes:
        sessions: size of the logs.
        estimators: estimator -> root mean squared error of its estimates of the policies like the one in service, as a
            share of that policy's value; the smallest first.
        sessions_for_lift: policy -> sessions until 80 of 100 logs would show a lift of 5 % with `estimator`.
        estimator: the estimator that the sizes are for.
        algorithms: algorithm and form -> (mean true value over seeds, its standard error over seeds), best first, and
            `behaviour`, the policy in service.
    """

    sessions: int
    estimators: dict[str, float]
    estimator: str
    sessions_for_lift: dict[str, float]
    algorithms: dict[str, tuple[float, float]]

    @property
    def sentences(self) -> list[str]:
        """The answers in words."""
        (best, error), *others = self.estimators.items()
        second = f", {others[0][0]} {others[0][1]:.1%}" if others else ""
        sizes = sorted(self.sessions_for_lift.values())
        name, (value, spread) = next(iter(self.algorithms.items()))
        served = self.algorithms["behaviour"][0]
        return [
            f"Which estimator? {best}: on logs of {self.sessions:,} sessions its error is {error:.1%} of the value of "
            f"the policy in service{second}.",
            f"How big a log to see a lift of {LIFT:.0%}? {_rounded(sizes[0])} to {_rounded(sizes[-1])} sessions, by "
            f"policy ({self.estimator}, 80 of 100 logs).",
            f"Which algorithm? {name}: {value:.3g} +- {spread:.2g} against {served:.3g} of the policy in service.",
        ]


def ask(shop: Path, sessions: int, folder: Path, *, workers: int | None = None, seeds: int = 3) -> Answers:
    """Ask a calibrated shop, on its `judge` variant; write answers.json, and the runs behind it in two folders.

    Args:
        shop: the shop's file.
        sessions: size of the logs; at least 100 are taken.
        folder: where to write.
        workers: processes; None takes one a core.
        seeds: trainings of each algorithm.

    Raises:
        InputError, MissingFileError: no such shop.
        OutputError: the folder cannot be written.
    """
    sessions = max(sessions, 100)
    source = TaskSource(task=str(shop), variant=VARIANT, matched=list(LIKE), mismatched=list(UNLIKE))
    scoring = EstimatorSuite(
        kind="estimators",
        name="own-shop-estimators",
        sources=[source],
        estimators=ESTIMATORS,
        episodes=[sessions],
        logs=[10],
        truth_error=0.01,
    )
    scores = run_estimators(scoring, folder / "estimators", workers=workers)
    errors = _errors(scores)
    training = Suite(
        name="own-shop-algorithms",
        sources=[Source(task=str(shop), variant=VARIANT, episodes=sessions)],
        algorithms=[AlgorithmSpec(id=name) for name in ALGORITHMS],
        seeds=list(range(seeds)),
        estimators=["snips"],
        forms=list(FORMS),
        truth_error=0.01,
    )
    finished = run_suite(training, folder / "algorithms", device="cpu", workers=workers)
    # Sizes are reckoned with an estimator whose interval can be trusted: dm's bias is in none.
    estimator = next(name for name in errors if not ope.estimator(name).biased)
    answers = Answers(
        sessions,
        errors,
        estimator,
        _sizes(source, sessions, estimator),
        _values(read_runs(finished.folder / "runs.csv")),
    )
    write_json(asdict(answers), folder / "answers.json")
    return answers


def _errors(scores: pd.DataFrame) -> dict[str, float]:
    rows = scores[(scores["policies"] == "matched") & (scores["defined"] == 1.0)].sort_values("rmse", kind="stable")
    return dict(zip(rows["estimator"], rows["rmse"], strict=True))


def _sizes(source: TaskSource, sessions: int, estimator: str) -> dict[str, float]:
    task = make_task(source)
    data, ladder = task.log(sessions, seed=1), task.evaluation_policies()
    states, with_q = data.states(), ope.needs_q(estimator)
    logs = {name: evaluation_log(data, states, ladder[name], with_q=with_q) for name in LIKE}
    return {name: ope.plan(log, LIFT, estimator, relative=True).episodes for name, log in logs.items()}


def _values(runs: pd.DataFrame) -> dict[str, tuple[float, float]]:
    """Algorithm and form -> mean and standard error over seeds of the true value of the last checkpoint."""
    truths = runs[(runs["estimator"] == "truth") & (runs["metric"] == "reward") & (runs["status"] == "ok")]
    truths = truths[["best" not in variant.split("/") for variant in truths["variant"]]]
    found = {}
    for (algorithm, variant), rows in truths.groupby(["algorithm", "variant"], sort=True):
        form = variant.rpartition("/")[2]
        name = algorithm if form in ("fixed", "logged") else f"{algorithm} ({form})"
        values = rows["value"].to_numpy()
        found[name] = (
            float(values.mean()),
            float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else 0.0,
        )
    return dict(sorted(found.items(), key=lambda item: -item[1][0]))


def _rounded(number: float) -> str:
    """Two significant digits: more would pretend to know."""
    return f"{float(f'{number:.2g}'):,.0f}"
