"""Which algorithm wins in a simulated shop: its form chosen on one variant of it, judged on another."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...errors import InputError
from ...results.leaderboard import BEHAVIOUR
from ...results.read import load_runs
from ...results.schema import STATUSES
from ...training.fit_options import FitOptions
from ..config import AlgorithmSpec, Source, Suite
from ..progress import ProgressCallback
from ..runner import run_suite

ALGORITHMS = ("random", "popularity", "bc", "dqn", "double-dqn", "cql")
FORMS = ("greedy", "softmax-0.1", "softmax-0.3")
FOLDERS = {"train": "choosing", "judge": "judging"}
"""Variant -> folder of its runs."""


@dataclass(frozen=True)
class JudgedAlgorithm:
    """An algorithm in the form that it was best in on the shop to choose on.

    Attributes:
        name: algorithm, with its form in brackets where it has several.
        value: mean of the true values over seeds, on the shop that judges.
        std_error: its standard error over seeds; 0 where nothing is trained.
    """

    name: str
    value: float
    std_error: float


def contest(
    shop: Path,
    sessions: int,
    folder: Path,
    *,
    workers: int | None,
    seeds: int,
    progress: ProgressCallback | None = None,
) -> list[JudgedAlgorithm]:
    """Train every algorithm on logs of two variants of a shop; best first, the behaviour policy among them.

    Forms are chosen by the mean true value on the `train` variant; values are those of the `judge` variant.

    Args:
        shop: the shop's file.
        sessions: size of the logs.
        folder: where the runs go, in a folder for each variant.
        workers: processes; None takes one a core.
        seeds: trainings of each algorithm.
        progress: called with the events of each run (see `run_suite`).

    Raises:
        InputError, MissingFileError: no such shop, or one in which the behaviour policy cannot be valued.
        OutputError: the folder cannot be written.
    """
    chosen, judged = (
        _values(shop, sessions, variant, folder / name, workers=workers, seeds=seeds, progress=progress)
        for variant, name in FOLDERS.items()
    )
    judged_algorithms = []
    for algorithm, forms in judged.items():
        # A training may have failed on either shop; what failed on both is in neither.
        tried = {form: values for form, values in chosen.get(algorithm, {}).items() if form in forms} or forms
        form = max(tried, key=lambda name: tried[name].mean())
        values = forms[form]
        error = float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else 0.0
        name = f"{algorithm} ({form})" if len(forms) > 1 else algorithm
        judged_algorithms.append(JudgedAlgorithm(name, float(values.mean()), error))
    return sorted(judged_algorithms, key=lambda algorithm: -algorithm.value)


def _values(
    shop: Path,
    sessions: int,
    variant: str,
    folder: Path,
    *,
    workers: int | None,
    seeds: int,
    progress: ProgressCallback | None,
) -> dict[str, dict[str, np.ndarray]]:
    """Algorithm -> form -> true values of the last checkpoints, one per seed."""
    suite = Suite(
        name=f"own-shop-{folder.name}",
        sources=[Source(task=str(shop), variant=variant, episodes=sessions)],
        algorithms=[AlgorithmSpec(id=name) for name in ALGORITHMS],
        seeds=list(range(seeds)),
        estimators=["snips"],
        forms=list(FORMS),
        loop="ensemble",
        # Half as many rows as sessions are there to train on, whatever their length.
        batch_size=min(FitOptions.batch_size, sessions // 2),
        truth_error=0.01,
    )
    finished = run_suite(suite, folder, device="cpu", workers=workers, progress=progress)
    runs = load_runs(folder / "runs.csv")
    truths = runs[(runs["estimator"] == "truth") & (runs["metric"] == "reward") & runs["status"].isin(STATUSES)]
    values: dict[str, dict[str, np.ndarray]] = {}
    for (algorithm, variant_name), rows in truths.groupby(["algorithm", "variant"], sort=True):
        parts = str(variant_name).split("/")
        if "best" not in parts:
            values.setdefault(str(algorithm), {})[parts[-1]] = rows["value"].to_numpy()
    if BEHAVIOUR not in values:
        raise InputError(f"The shop cannot be played: {finished.failures[0].status}.", where=str(folder))
    return values
