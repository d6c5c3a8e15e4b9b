"""Which algorithm wins: trained on a log of each drawn shop, its form chosen on the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from ...errors import InputError
from ...results.read import load_runs
from ...results.row_names import BEHAVIOUR, TRUTH, is_best
from ...results.schema import STATUSES
from ...tasks.calibration.lifts import Lift
from ...training.fit_options import FitOptions
from ..config import AlgorithmSpec, Source, Suite
from ..progress import ProgressCallback
from ..ray_cluster import RayCluster
from ..runner import run_suite

ALGORITHMS = ("random", "popularity", "bc", "dqn", "double-dqn", "cql")
FORMS = ("greedy", "softmax-0.1", "softmax-0.3")
STEPS = 1_000


@dataclass(frozen=True)
class JudgedAlgorithm:
    """An algorithm over all draws, in each in the form that was best on the others.

    Attributes:
        name: algorithm.
        form: chosen most often; empty where it has but one.
        first: in how many draws nothing was better, the behaviour policy among the rest.
        lift: over the behaviour policy, by draw.
    """

    name: str
    form: str
    first: int
    lift: Lift


def contest(
    shops: Sequence[Path],
    sessions: int,
    folder: Path,
    *,
    workers: int | None,
    cluster: RayCluster | None = None,
    steps: int = STEPS,
    progress: ProgressCallback | None = None,
) -> list[JudgedAlgorithm]:
    """Train every algorithm once on a log of each drawn shop, where its true value is known; see `judged`.

    Args:
        shops: files of the draws, at least two.
        sessions: size of the logs.
        folder: where the runs go.
        workers: processes; None takes one a core.
        cluster: as in `run_suite`.
        steps: of training.
        progress: called with the events of the run (see `run_suite`).

    Raises:
        InputError, MissingFileError: no such shop, or one in which the behaviour policy cannot be valued.
        OutputError: the folder cannot be written.
    """
    sources = [Source(task=str(shop), episodes=sessions) for shop in shops]
    return judged(true_values(sources, folder, workers=workers, cluster=cluster, steps=steps, progress=progress))


def true_values(
    sources: Sequence[Source],
    folder: Path,
    *,
    seeds: int = 1,
    workers: int | None = None,
    cluster: RayCluster | None = None,
    steps: int = STEPS,
    progress: ProgressCallback | None = None,
) -> pd.DataFrame:
    """The mean true value over trainings, a row an (algorithm, form), a column a shop; NaN where every training failed.

    Args:
        sources: the shops, with the size of their logs.
        folder: where the run goes.
        seeds: trainings of each algorithm.
        workers: processes; None takes one a core.
        cluster: as in `run_suite`.
        steps: of training.
        progress: called with the events of the run (see `run_suite`).

    Raises:
        InputError, MissingFileError: no such shop, or one in which the behaviour policy cannot be valued.
        OutputError: the folder cannot be written.
    """
    suite = Suite(
        name="own-shop-algorithms",
        sources=list(sources),
        algorithms=[AlgorithmSpec(id=name) for name in ALGORITHMS],
        seeds=list(range(seeds)),
        steps=steps,
        estimators=["snips"],
        forms=list(FORMS),
        loop="ensemble",
        # Half as many rows as sessions are there to train on, whatever their length.
        batch_size=min([FitOptions.batch_size, *(source.episodes // 2 for source in sources)]),
        truth_error=0.01,
    )
    finished = run_suite(suite, folder, device="cpu", workers=workers, cluster=cluster, progress=progress)
    runs = load_runs(folder / "runs.csv")
    truths = runs[(runs["estimator"] == TRUTH) & (runs["metric"] == "reward") & runs["status"].isin(STATUSES)]
    last = truths[~truths["variant"].map(is_best).astype(bool)]
    last = last.assign(form=last["variant"].str.split("/").str[-1])
    values = last.pivot_table("value", ["algorithm", "form"], "task")
    if BEHAVIOUR not in values.index.get_level_values(0) or values.loc[BEHAVIOUR].isna().to_numpy().any():
        raise InputError(f"A shop cannot be played: {finished.failures[0].status}.", where=str(folder))
    return values


def judged(values: pd.DataFrame) -> list[JudgedAlgorithm]:
    """Every algorithm but the behaviour policy; first in most draws first, then by median lift.

    In each draw an algorithm has the form of the largest mean lift over all other draws, so that nothing is chosen
    where it is judged. A training that failed is first nowhere, and in no lift.

    Args:
        values: true values, a row an (algorithm, form), a column a draw; NaN where the training failed.
    """
    behaviour = values.loc[BEHAVIOUR].iloc[0]
    lifts = values.drop(BEHAVIOUR, level=0) / behaviour - 1.0
    draws = lifts.columns
    table, forms = {}, {}
    for name, both in lifts.groupby(level=0, sort=True):
        own = both.droplevel(0)
        chosen = [_best_form(own, draw) for draw in draws]
        table[str(name)] = np.array(
            [own.loc[form, draw] for form, draw in zip(chosen, draws, strict=True)], dtype=float
        )
        forms[str(name)] = max(sorted(set(chosen)), key=chosen.count) if len(own) > 1 else ""
    best = np.nanmax(np.stack([*table.values(), np.zeros(len(draws))]), axis=0)
    algorithms = [
        JudgedAlgorithm(name, forms[name], int((own == best).sum()), Lift(name, own[np.isfinite(own)]))
        for name, own in table.items()
        if np.isfinite(own).any()
    ]
    return sorted(algorithms, key=lambda algorithm: (-algorithm.first, -float(np.median(algorithm.lift.draws))))


def _best_form(own: pd.DataFrame, draw: object) -> str:
    """The form of the largest mean over the draws but this one; over all where there is but one."""
    others = own.drop(columns=[draw]) if own.shape[1] > 1 else own
    means = others.mean(axis=1)
    return str(means.idxmax() if means.notna().any() else own.index[0])
