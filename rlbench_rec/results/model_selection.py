"""Which of the policies that were trained on a log is shipped, and what it costs: runs.csv -> selection.csv."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator

import numpy as np
import pandas as pd

from ..statistics.aggregates import StratifiedBootstrap, mean_over_tasks, percentile_limits
from .row_names import (
    BEHAVIOUR,
    DIVERGING,
    FRONTIER_FORM,
    NORMALISED_METRIC,
    ON_POLICY,
    RANKED,
    REFERENCE,
    TRUTH,
    is_best,
    is_frontier_control,
    is_lift,
    last_checkpoint,
)
from .schema import SELECTION, STATUSES
from .uncertainty import LOG, REPLICATES, SEEDS, replicates_named

ALL = "all"
SHUFFLED_REWARDS = "shuffled-rewards"
"""Label of rows that learn from shuffled rewards, which nobody would ship."""
CASE = ["task", "replicate", "log", "seed"]
"""One log and what was trained on it, of which one policy is shipped."""
Rule = Callable[[pd.DataFrame], int | None]
"""Rows of the policies of one case -> the place of what is shipped; None: the behaviour policy stays."""


def selection_table(runs: pd.DataFrame, *, confidence: float = 0.95) -> pd.DataFrame:
    """Rows of selection.csv: the regret@1 of every rule, by task and over all tasks.

    Candidates of a case are the policies with an estimate and a true value: learners, baselines and frontiers, without
    controls. With v the true value and b the behaviour policy,

        regret@1 = max(v_b, max over candidates of v) - v_shipped

    on the normalised scale where the suite has it, else in per cent of v_b. Rules that pick by estimate are given for
    every estimator. An interval is the percentile bootstrap of the mean over tasks x replicates, drawn within each
    task as those of summary.csv are; where there is one replicate, over seeds; the column `uncertainty` says which.

    Args:
        runs: rows of runs.csv.
        confidence: level of the intervals.
    """
    rows = _candidates(runs)
    played, estimated = rows[rows["estimator"] == TRUTH], rows[rows["estimator"] != TRUTH]
    cases = [case for key, group in estimated.groupby(["estimator", "q"], sort=True) for case in _cases(key, group)]
    cases += list(_checkpoints(played))
    if not cases:
        return pd.DataFrame(columns=list(SELECTION))
    table = pd.DataFrame(cases)
    names = ["estimator", "q", "rule"]
    groups = [((ALL, *key), group) for key, group in table.groupby(names, sort=False)]
    groups += list(table.sort_values("task", kind="stable").groupby(["task", *names], sort=False))
    made = [dict(zip(["task", *names], key, strict=True)) | _summary(group, confidence) for key, group in groups]
    return pd.DataFrame(made)[list(SELECTION)]


def _candidates(runs: pd.DataFrame) -> pd.DataFrame:
    """Estimates of what might be shipped, and its true values, in points above the behaviour policy: columns
    `estimate`, `low`, `true`."""
    rows = runs[runs["status"].isin(STATUSES) & (runs["task"].fillna("") != "")]
    rows = replicates_named(rows.assign(q=rows["q"].fillna("")))
    scaled = rows["task"].isin(rows.loc[rows["metric"] == NORMALISED_METRIC, "task"])
    rows = rows[rows["metric"] == np.where(scaled, "normalised", "reward")]
    own = rows[(rows["algorithm"] == BEHAVIOUR) & (rows["estimator"] == TRUTH)]
    behaviour = own.groupby(["task", "replicate"])["value"].first().rename("behaviour")
    rows = rows.merge(behaviour.reset_index(), on=["task", "replicate"])
    shippable = (
        ~rows["algorithm"].isin([BEHAVIOUR, REFERENCE])
        & ~rows["estimator"].isin([ON_POLICY, RANKED])
        & ~rows["estimator"].map(is_lift).astype(bool)
        & ~rows["variant"].map(_is_control).astype(bool)
        & rows["true_value"].notna()
    )
    rows = rows[shippable]
    normalised = rows["metric"] == NORMALISED_METRIC
    per_unit = np.where(normalised, 1.0, 100.0 / rows["behaviour"].abs())
    zero = np.where(normalised, 0.0, rows["behaviour"])
    levels = {"estimate": "value", "low": "ci_low", "true": "true_value"}
    columns = {name: (rows[column] - zero) * per_unit for name, column in levels.items()}
    return rows.assign(unit=np.where(normalised, "points", "%"), **columns)


def _is_control(variant: str) -> bool:
    return is_frontier_control(variant) or SHUFFLED_REWARDS in variant.split("/")


def _cases(key: tuple[Hashable, ...], rows: pd.DataFrame) -> Iterator[dict[str, object]]:
    """What every rule does in every case, by one estimator."""
    for (task, replicate, log), group in rows.groupby(CASE[:-1], sort=True):
        seeds = group.groupby(["algorithm", "variant"])["seed"].nunique()
        # A policy without training has one row, whatever the seed.
        once = group.set_index(["algorithm", "variant"]).index.isin(seeds[seeds == 1].index)
        for seed in sorted(set(group["seed"])):
            menu = group[(group["seed"] == seed) | once].sort_values(["algorithm", "variant"])
            case = dict(zip(CASE, (task, replicate, log, seed), strict=True))
            case |= {"estimator": key[0], "q": key[1], "unit": menu["unit"].iloc[0], "n_candidates": len(menu)}
            for rule, gain in _shipped(menu.reset_index(drop=True)).items():
                yield case | {"rule": rule, "gain": gain, "best": max(0.0, menu["true"].max())}


def _shipped(menu: pd.DataFrame) -> dict[str, float]:
    """Rule -> the true value, above the behaviour policy's, of what it ships."""
    true = menu["true"].to_numpy(float)

    def of(rule: Rule) -> float:
        place = rule(menu)
        return 0.0 if place is None else float(true[place])

    rules = {name: rule for name, rule in RULES.items() if name != FRONTIER_FORM or _is_frontier(menu).any()}
    return {
        "oracle": max(0.0, true.max()),
        **{name: of(rule) for name, rule in rules.items()},
        "random": float(true.mean()),
        BEHAVIOUR: 0.0,
    }


def _largest(column: str, among: Callable[[pd.DataFrame], pd.Series] | None = None, *, above: bool = False) -> Rule:
    """The candidate with the largest value of a column; `above`: only where it is above the behaviour policy."""

    def rule(menu: pd.DataFrame) -> int | None:
        values = menu[column] if among is None else menu[column].where(among(menu))
        if values.isna().all() or (above and values.max() <= 0):
            return None
        return int(values.to_numpy(float).argmax() if values.notna().all() else np.nanargmax(values))

    return rule


def _passes(*verdicts: str) -> Callable[[pd.DataFrame], pd.Series]:
    return lambda menu: menu["verdict"].isin(verdicts) & (menu["status"] != DIVERGING)


def _is_frontier(menu: pd.DataFrame) -> pd.Series:
    return menu["variant"].str.split("/").map(lambda parts: parts[-1].startswith(FRONTIER_FORM)).astype(bool)


RULES: dict[str, Rule] = {
    "largest-estimate": _largest("estimate"),
    "largest-lower-limit": _largest("low"),
    "not-unreliable": _largest("estimate", _passes("trusted", "weak")),
    "trusted": _largest("estimate", _passes("trusted")),
    "trusted-and-above": _largest("low", _passes("trusted"), above=True),
    FRONTIER_FORM: _largest("low", _is_frontier),
}
"""`not-unreliable` and `trusted`: the largest estimate that the gate lets through. `trusted-and-above`: the largest
lower limit of a trusted estimate, if it is above the behaviour policy's value."""


def _checkpoints(played: pd.DataFrame) -> Iterator[dict[str, object]]:
    """The last checkpoint against the best one by held-out scores: the truth alone, of every learner that has both."""
    names = [*CASE, "algorithm", "variant"]
    truths = played[[*names, "true", "unit"]]
    if truths.empty:
        return
    best = truths["variant"].map(is_best).astype(bool)
    of_best = truths[best].assign(variant=truths.loc[best, "variant"].map(last_checkpoint))
    pairs = truths[~best].merge(of_best, on=names, suffixes=("", "_best"), how="inner")
    if pairs.empty:
        return
    form = pairs["variant"].str.rpartition("/")[2].str.replace(r"-[0-9.e-]+$", "", regex=True)
    for key, group in pairs.groupby([*CASE, form.rename("form")], sort=True):
        case = dict(zip(CASE, key[:-1], strict=True)) | {"estimator": TRUTH, "q": "", "unit": group["unit"].iloc[0]}
        better = float(group[["true", "true_best"]].max(axis=1).mean())
        for rule, column in (("last-checkpoint", "true"), ("best-checkpoint", "true_best")):
            gain = float(group[column].mean())
            yield case | {"rule": f"{rule}/{key[-1]}", "gain": gain, "best": better, "n_candidates": 2 * len(group)}


def _summary(cases: pd.DataFrame, confidence: float) -> dict[str, object]:
    """One row: means over cases, each task with the same weight, and the interval of the regret."""
    tasks = np.unique(cases["task"], return_inverse=True)[1]
    gain, keys = cases["gain"].to_numpy(float), cases[CASE[1:]].to_numpy(float)
    regret = cases["best"].to_numpy(float) - gain
    replicated = all(len(set(keys[tasks == task, 0])) > 1 for task in range(tasks.max() + 1))
    # What is resampled: replicates, or, where a task has one alone, cases.
    of_unit = np.column_stack([tasks, keys[:, :1] if replicated else keys])
    first, units = np.unique(of_unit, axis=0, return_index=True, return_inverse=True)[1:]
    columns = {"regret": regret, "gain": gain, "worse": gain < 0, "found": regret <= 0}
    by_unit = {name: np.bincount(units, column) / np.bincount(units) for name, column in columns.items()}
    sizes = np.bincount(tasks[first])
    weights = 1 / (sizes[tasks[first]] * len(sizes))
    several = sizes.min() > 1
    varying = [REPLICATES] if replicated else [LOG] * (len(set(keys[:, 1])) > 1) + [SEEDS] * (len(set(keys[:, 2])) > 1)
    low, high = _limits(by_unit["regret"], sizes, confidence)
    return {
        "n_cases": len(cases),
        "n_candidates": float(cases["n_candidates"].mean()),
        **{name: float(weights @ column) for name, column in by_unit.items()},
        "ci_low": low,
        "ci_high": high,
        "uncertainty": "+".join(varying) if several else "",
        "unit": "+".join(sorted(set(cases["unit"]))),
    }


def _limits(regrets: np.ndarray, sizes: np.ndarray, confidence: float) -> tuple[float, float]:
    """Percentiles of the mean over tasks of each task's mean, its units resampled; units stand task by task."""
    by_task = np.full((len(sizes), sizes.max()), np.nan)
    by_task[np.arange(sizes.max()) < sizes[:, None]] = regrets
    resampled = StratifiedBootstrap(sizes.tolist())(by_task, mean_over_tasks)
    return percentile_limits(resampled, confidence)
