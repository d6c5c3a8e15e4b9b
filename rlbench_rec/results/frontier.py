"""What the frontiers of a run advise: what to test in each place, in a sentence."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .frontier_words import Lift, in_words, no_change, of_controls, to_test
from .leaderboard import BEHAVIOUR, ON_POLICY
from .read import load_runs, read_table
from .row_names import FRONTIER_BEST_FORM, FRONTIER_FORM, NEGATED, SHUFFLED
from .schema import FRONTIER, FRONTIER_KEYS, STATUSES
from .uncertainty import LOG, replicates_named

if TYPE_CHECKING:
    import pandas as pd

LIFT = "snips-lift"
"""Estimator of the rows that hold a lift."""
ONE_LOG = ["dataset", "task", "replicate", LOG]
"""What says of which log a row is."""


@dataclass(frozen=True)
class Advice:
    """What to test in one place.

    Attributes:
        place: data set or task.
        run_id, algorithm, variant, seed, base: of the frontier, as in runs.csv.
        step: what is to be tested, in words; empty where nothing is.
        contender, dial, parameter, divergence: of that step, as in frontier.csv.
        lift: of the frontier on the test side.
        shuffled, negated: of its controls.
        behaviour: what the behaviour policy earns on the test side of the same log.
        log_needed: times this log until a step may be chosen and shows; 1 where one is chosen, NaN where no length of
            log would do.
        sentence: what to do.
        controls: what the controls gain, in a sentence.
        shop: which of several shops of a task the step was chosen in, in words; empty where there is one, or no step.
    """

    place: str
    run_id: str
    algorithm: str
    variant: str
    seed: int
    base: str
    step: str
    contender: str
    dial: str
    parameter: float
    divergence: float
    lift: Lift
    shuffled: Lift | None
    negated: Lift | None
    behaviour: float
    log_needed: float
    sentence: str
    controls: str
    shop: str = ""

    @property
    def step_and_shop(self) -> str:
        """The step, with the shop that it was chosen in where a task has several."""
        return f"{self.step} ({self.shop})" if self.shop else self.step

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, NaN as None."""
        return _without_nan(asdict(self))


def load_frontier(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """runs.csv and frontier.csv of a run, validated.

    Raises:
        MissingFileError, InputError: one is not there, or is not such a table.
    """
    return load_runs(folder / "runs.csv"), read_table(folder / "frontier.csv", FRONTIER, FRONTIER_KEYS)


def advise(runs: pd.DataFrame, steps: pd.DataFrame) -> list[Advice]:
    """One for each place with a frontier, in the order of the rows.

    Where there is a `frontier-best` it is of that: what it chose is corrected for the choice among learners. Of several
    frontiers, of learners, seeds or replicates, it is the one whose chosen step has the highest lower limit on the
    validation episodes; the test side has no part in it.

    Args:
        runs: rows of runs.csv.
        steps: rows of frontier.csv.
    """
    ok = runs[runs["status"].isin(STATUSES) & (runs["metric"] == "reward")]
    lifts = ok[ok["estimator"] == LIFT]
    advised = []
    for _, of_place in lifts.groupby(["dataset", "task"], sort=False):
        offered = _offered(of_place)
        if len(offered):
            curves = steps[steps["run_id"].isin(offered["run_id"]) & steps["variant"].isin(offered["variant"])]
            advised.append(_advice(offered, of_place, curves, ok))
    return advised


def _offered(lifts: pd.DataFrame) -> pd.DataFrame:
    """The frontiers that may be advised: `frontier-best` if there is one; never a control."""
    best = lifts[lifts["variant"] == FRONTIER_BEST_FORM]
    if len(best):
        return best
    # A learner of shuffled rewards, itself a control, has no such control beside it.
    checked = set(lifts.loc[lifts["variant"].str.endswith(f"/{FRONTIER_FORM}/{SHUFFLED}"), "variant"])
    return lifts[(lifts["variant"] + f"/{SHUFFLED}").isin(checked) & lifts["variant"].str.endswith(f"/{FRONTIER_FORM}")]


def _advice(offered: pd.DataFrame, lifts: pd.DataFrame, curves: pd.DataFrame, runs: pd.DataFrame) -> Advice:
    chosen = curves[curves["chosen"]]
    step = chosen.iloc[int(chosen["ci_low"].to_numpy().argmax())] if len(chosen) else None
    nearest = step
    if step is None and len(curves):
        nearest = curves.iloc[int(curves["log_needed"].fillna(math.inf).to_numpy().argmin())]
    row = offered.iloc[0] if nearest is None else _of(offered, nearest["run_id"], nearest["variant"])
    assert row is not None, "the step is of one of them"
    own, lift = behaviour_row(runs, row["run_id"]), _lift(row)
    behaviour = math.nan if own is None else float(own["value"])
    shop = "" if step is None else _shop(lifts, row)
    shuffled, negated = _control(lifts, row, SHUFFLED), _control(lifts, row, NEGATED)
    return Advice(
        place=row["dataset"] or row["task"],
        run_id=row["run_id"],
        algorithm=row["algorithm"],
        variant=row["variant"],
        seed=int(row["seed"]),
        base=row["base"],
        step="" if step is None else in_words(step),
        contender="" if step is None else step["contender"],
        dial="" if step is None else step["dial"],
        parameter=math.nan if step is None else float(step["parameter"]),
        divergence=0.0 if step is None else float(step["divergence"]),
        lift=lift,
        shuffled=shuffled,
        negated=negated,
        behaviour=behaviour,
        log_needed=1.0 if step is not None else math.nan if nearest is None else float(nearest["log_needed"]),
        sentence=no_change(nearest, curves) if step is None else f"{to_test(step, lift, behaviour)}{_of_which(shop)}",
        controls=of_controls(shuffled, negated, behaviour),
        shop=shop,
    )


def _of(lifts: pd.DataFrame, run_id: str, variant: str) -> pd.Series | None:
    rows = lifts[(lifts["run_id"] == run_id) & (lifts["variant"] == variant)]
    return rows.iloc[0] if len(rows) else None


def _control(lifts: pd.DataFrame, row: pd.Series, name: str) -> Lift | None:
    found = _of(lifts, row["run_id"], f"{row['variant']}/{name}")
    return None if found is None else _lift(found)


def _lift(row: pd.Series) -> Lift:
    value, low, high, true = (float(row[name]) for name in ("value", "ci_low", "ci_high", "true_value"))
    return Lift(value, low, high, row["verdict"], true)


def behaviour_row(runs: pd.DataFrame, run_id: str) -> pd.Series | None:
    """What the behaviour policy earns on the test side of the log that a run learnt from: its row; None without one.

    Args:
        runs: rows of runs.csv.
        run_id: of the run.
    """
    own = runs[(runs["algorithm"] == BEHAVIOUR) & (runs["estimator"] == ON_POLICY) & (runs["metric"] == "reward")]
    of_run = replicates_named(runs[runs["run_id"] == run_id].head(1))
    found = replicates_named(own).merge(of_run[ONE_LOG], on=ONE_LOG)
    return found.iloc[0] if len(found) else None


def _shop(lifts: pd.DataFrame, row: pd.Series) -> str:
    """The replicate of a row of one task, where there are several."""
    count = replicates_named(lifts)["replicate"].nunique()
    return f"replicate {int(row['replicate'])} of {count}" if count > 1 else ""


def _of_which(shop: str) -> str:
    return f" That is of {shop}, whose log shows most: another shop's may show less." if shop else ""


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nan(cell) for name, cell in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value
