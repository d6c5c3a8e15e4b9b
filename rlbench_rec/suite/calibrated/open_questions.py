"""Questions that a real log leaves open, answered in the simulated shops that it does not tell apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from ...evaluation.q_models import SuiteQ
from ...results.schema import Schema
from ...results.write import write_json, write_table
from ...tasks.calibration import ShopConfig
from ...tasks.calibration.lifts import USERS, Lift, lifts
from ..progress import ProgressCallback
from ..ray_cluster import RayCluster
from .algorithm_winner import ALGORITHMS, STEPS, JudgedAlgorithm, contest
from .estimator_choice import ESTIMATORS, EstimatorChoice, choose_estimator

LIFTS: Schema = {
    "policy": ("text", "a fixed policy of the shop's ladder, or `one item`: the one with the largest appeal, always"),
    "draw": ("whole", "number of the shop"),
    "lift": ("number", "(its value - the behaviour policy's) / the behaviour policy's, true in that shop"),
}
MOST_TRAINED = 20
"""Draws that estimators are scored and algorithms trained in, where there are more for the fixed policies."""


@dataclass(frozen=True)
class Answers:
    """What the drawn shops say.

    Attributes:
        sessions: size of the logs.
        lifts: of fixed policies over the draws; the largest median first.
        estimators: which to use, and how large a log must be; None where that was not asked.
        algorithms: first in most draws first; None where that was not asked.
    """

    sessions: int
    lifts: list[Lift]
    estimators: EstimatorChoice | None = None
    algorithms: list[JudgedAlgorithm] | None = None

    @property
    def sentences(self) -> list[str]:
        """The answers in words."""
        told = [
            f"Over {len(self.lifts[0].draws)} shops that the log does not tell apart, beside the ranker in service:"
        ]
        told += [f"  {lift.policy}: {described(lift)}" for lift in self.lifts]
        if self.estimators:
            told += self.estimators.sentences(self.sessions)
        return told + ([_winner(self.algorithms)] if self.algorithms else [])

    @property
    def plain(self) -> dict[str, object]:
        """What answers.json says: the spread, not the draws."""
        algorithms = [
            {"name": one.name, "form": one.form, "first": one.first, **_spread(one.lift)}
            for one in self.algorithms or ()
        ]
        return {
            "sessions": self.sessions,
            "lifts": [{"policy": lift.policy, **_spread(lift)} for lift in self.lifts],
            "estimators": asdict(self.estimators) if self.estimators else None,
            "algorithms": algorithms or None,
        }


def plan(draws: int, *, estimators: bool, winners: bool, steps: int = STEPS) -> list[str]:
    """What will be run beside the fixed policies, in words."""
    trained, jobs = min(draws, MOST_TRAINED), []
    if estimators:
        jobs.append(f"{len(ESTIMATORS)} estimators are scored on logs of {trained} of them")
    if winners:
        jobs.append(f"{len(ALGORITHMS)} algorithms are trained once in {trained} of them, {steps:,} steps each")
    return jobs


def ask(
    base: ShopConfig,
    shops: Sequence[tuple[Path, ShopConfig]],
    sessions: int,
    folder: Path,
    *,
    estimators: bool = False,
    winners: bool = False,
    workers: int | None = None,
    cluster: RayCluster | None = None,
    steps: int = STEPS,
    q: SuiteQ = "auto",
    progress: ProgressCallback | None = None,
) -> Answers:
    """Ask the drawn shops; write answers.json and lifts.csv, and the runs behind the answers in a folder each.

    Args:
        base: the shop that they are draws of.
        shops: file and config of each draw.
        sessions: size of the logs; at least 100 are taken.
        folder: where to write.
        estimators: also score estimators.
        winners: also train algorithms.
        workers: processes; None takes one a core.
        cluster: as in `run_suite`.
        steps: of training.
        q: see `choose_estimator`.
        progress: called with the events of each run (see `run_suite`).

    Raises:
        InputError, MissingFileError: no such shop, or one in which a log or the behaviour policy cannot be valued.
        OutputError: the folder cannot be written.
    """
    sessions = max(sessions, 100)
    told = lifts([config for _, config in shops], base, USERS)
    rows = [
        {"policy": lift.policy, "draw": config.draw, "lift": value}
        for lift in told
        for (_, config), value in zip(shops, lift.draws, strict=True)
    ]
    write_table(pd.DataFrame(rows), LIFTS, folder / "lifts.csv")
    trained = [file for file, _ in shops[:MOST_TRAINED]]
    choice = winner = None
    if estimators:
        choice = choose_estimator(
            trained, sessions, folder / "estimators", workers=workers, cluster=cluster, q=q, progress=progress
        )
    if winners:
        winner = contest(
            trained, sessions, folder / "algorithms", workers=workers, cluster=cluster, steps=steps, progress=progress
        )
    answers = Answers(sessions, told, choice, winner)
    write_json(answers.plain, folder / "answers.json")
    return answers


def described(lift: Lift) -> str:
    """A lift in words: never one draw."""
    low, high = lift.limits
    better = int((lift.draws > 0.0).sum())
    sign = lift.sign if lift.sign != "not identified" else "the log does not identify its sign"
    return (
        f"lift {_percent(low)} to {_percent(high)} % ({sign}; better in {better} of {len(lift.draws)}, level "
        f"{lift.level:.0%})"
    )


def _winner(algorithms: Sequence[JudgedAlgorithm]) -> str:
    count = max(len(one.lift.draws) for one in algorithms)
    parts = [
        f"{one.name}{f' ({one.form})' if one.form else ''} first in {one.first} of {count}; {described(one.lift)}"
        for one in algorithms
        if one.first
    ]
    served = count - sum(one.first for one in algorithms)
    behind = f" The behaviour policy is first in {served}." if served > 0 else ""
    return (
        f"Which algorithm? {'. '.join(parts)}.{behind}"
        if parts
        else f"Which algorithm? None is ahead in any shop.{behind}"
    )


def _spread(lift: Lift) -> dict[str, object]:
    low, high = lift.limits
    shares = {"low": low, "median": float(np.median(lift.draws)), "high": high, "level": lift.level}
    return {**shares, "sign": lift.sign, "better": int((lift.draws > 0.0).sum()), "draws": len(lift.draws)}


def _percent(share: float) -> str:
    return f"{100.0 * share:+.0f}"
