"""What a board of replicates says on five questions that a referee asks, each figure with what its interval covers.

    python -m studies.board_conclusions results/commerce --out results/studies/board_conclusions.csv

Reads a folder that `rlbench run` left; trains nothing. A row of the table is one figure:

- `average`: the rank of each trained policy, and its chance to be first, by four averages over tasks;
- `scale`: how far 100 may be from the best that there is, and how many scores are above it;
- `floor`: the best row of the floor of each task, the best learner, and what the learner gains over it, paired;
- `spread`: how a value varies from shop to shop, log to log and training to training, where a nested board was run, and
  over the shops of the board itself, where all three vary at once;
- `looking ahead`: what each task answers when it is asked whether it needs RL, beside what looking ahead could gain;
- `gain`: what each learner earns beyond the behaviour policy, in per cent of what that earns;
- `vouched for`: how many frontiers chose a step, how many of these are truly better, and how often intervals of lifts
  hold the truth, those left out whose policy is the behaviour policy: their lift is 0 by definition.

Intervals leave 2.5 % out on either side. They cover replicates: other shops, logs and training seeds of these tasks,
and not other tasks.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from rlbench_rec.results.packed import table_at
from rlbench_rec.results.read import load_runs
from rlbench_rec.results.row_names import (
    FRONTIER_FORM,
    NORMALISED_METRIC,
    TRUTH,
    is_best,
    is_floor,
    is_frontier_control,
    is_lift,
)
from rlbench_rec.results.scores import Policy, Scores, scores_of
from rlbench_rec.results.summary import CLIP
from rlbench_rec.statistics.aggregates import (
    StratifiedBootstrap,
    interquartile_mean,
    mean_over_tasks,
    median_of_tasks,
    percentile_limits,
)
from rlbench_rec.statistics.paired import paired_gain
from studies.figures import Row, figure
from studies.resumable import write_frame

FIELDS = ("question", "quantity", "task", "policy", "other", "value", "low", "high", "n", "covers")
REPLICATES, TASKS_TOO = "replicates", "replicates of these tasks"
AVERAGES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "mean": mean_over_tasks,
    "clipped mean": lambda scores: mean_over_tasks(np.maximum(scores, CLIP)),
    "median": median_of_tasks,
    "interquartile mean": interquartile_mean,
}
CLONE = "bc"
NOT_LEARNT = ("behaviour", "reference", "random", "popularity", CLONE)
CONTROLS = ("gamma-0", "shuffled-rewards")
TAIL = 0.025
DRAWS = 20_000
row = partial(figure, FIELDS)


def named(policy: Policy) -> str:
    """Algorithm and variant as one word."""
    return "/".join(policy)


def learners(scores: Scores) -> list[Policy]:
    """Learners from rewards at their last step that are neither in the floor nor a control."""
    return [
        (algorithm, variant)
        for algorithm, variant in sorted(scores.by_policy)
        if algorithm not in NOT_LEARNT
        and not is_floor(algorithm, variant)
        and not is_best(variant)
        and not set(CONTROLS) & set(variant.split("/"))
    ]


def averages(scores: Scores) -> Iterator[Row]:
    """Ranks among the learners and the clones by four averages, with the share of resamples in which each is first, and
    what an average becomes without one of its tasks."""
    clones = [policy for policy in scores.by_policy if policy[0] == CLONE and not is_best(policy[1])]
    policies = sorted([*learners(scores), *clones])
    bootstrap = StratifiedBootstrap(scores.sizes)
    for name, average in AVERAGES.items():
        values = np.array([average(scores.by_policy[policy]) for policy in policies])
        resampled = np.array([bootstrap(scores.by_policy[policy], average) for policy in policies])
        ranks, drawn = _ranks(values), _ranks(resampled)
        for at, policy in enumerate(policies):
            low, high = percentile_limits(drawn[at])
            shared: Row = {"policy": named(policy), "n": sum(scores.sizes), "covers": TASKS_TOO}
            yield row("average", f"rank by {name}", ranks[at], low=low, high=high, **shared)
            yield row("average", f"chance to be first by {name}", float((drawn[at] == 1).mean()), **shared)
            least, most = _without_a_task(scores.by_policy[policy], average)
            yield row(
                "average", name, float(values[at]), low=least, high=most, **shared | {"covers": "leaving out a task"}
            )


def _ranks(values: np.ndarray) -> np.ndarray:
    """1 for the highest along the first axis; equal ones share the better rank."""
    return 1.0 + (values[None, :] > values[:, None]).sum(axis=1)


def _without_a_task(values: np.ndarray, average: Callable[[np.ndarray], np.ndarray]) -> tuple[float, float]:
    """The smallest and the largest that an average becomes when one of its tasks is left out."""
    left = [float(average(np.delete(values, task, axis=0))) for task in range(len(values))]
    return min(left), max(left)


def scale(table: pd.DataFrame, scores: Scores) -> Iterator[Row]:
    """Gaps of scale.csv, and the highest mean score of any policy."""
    for at, task in enumerate(scores.tasks):
        gaps = table.loc[table["task"] == task, "gap"].to_numpy(float)
        if np.isfinite(gaps).any():
            yield _mean("scale", "gap", gaps, task=task)
        of_task = {policy: values[at] for policy, values in scores.by_policy.items()}
        best = _best(of_task, [policy for policy in of_task if policy[0] != "reference"])
        yield _mean("scale", "highest score", of_task[best], task=task, policy=named(best))


def floors(scores: Scores) -> Iterator[Row]:
    """Of each task the best row of the floor and the best learner, and the gain of the latter over the former.

    Both are chosen, for each replicate, by their means over the others, so that the gain is not that of the luckiest.
    """
    for at, task in enumerate(scores.tasks):
        of_task = {policy: values[at] for policy, values in scores.by_policy.items()}
        sides = {
            "best of the floor": [policy for policy in of_task if is_floor(*policy)],
            "best learner": learners(scores),
        }
        chosen: dict[str, np.ndarray] = {}
        for quantity, among in sides.items():
            best = _best(of_task, among)
            chosen[quantity] = _chosen_on_the_others(of_task, among)
            yield _mean("floor", quantity, of_task[best], task=task, policy=named(best))
        yield _mean("floor", "gain", chosen["best learner"] - chosen["best of the floor"], task=task)


def _mean(question: str, quantity: str, values: np.ndarray, **others: object) -> Row:
    """The mean of one value a replicate, with Student's limits."""
    found = paired_gain(values)
    low, high = found.interval(TAIL)
    return row(question, quantity, found.value, low=low, high=high, n=found.n, covers=REPLICATES, **others)


def _chosen_on_the_others(values: dict[Policy, np.ndarray], among: list[Policy]) -> np.ndarray:
    """(replicates,) values, each of the policy with the highest mean over all replicates but this one."""
    found = np.full(len(next(iter(values.values()))), np.nan)
    for replicate in range(len(found)):
        others = {policy: np.delete(values[policy], replicate) for policy in among}
        found[replicate] = values[_best(others, among)][replicate]
    return found


def _best(values: dict[Policy, np.ndarray], among: list[Policy]) -> Policy:
    known = [policy for policy in among if np.isfinite(values[policy]).any()]
    return max(known, key=lambda policy: float(np.nanmean(values[policy])))


def spread(table: pd.DataFrame, scores: Scores) -> Iterator[Row]:
    """Standard deviations from shop to shop, log to log and seed to seed on the normalised scale, with generalised
    limits (Weerahandi 1993: each mean square over its expectation is a chi-square over its degrees, and a component a
    difference of two); a component that came out negative is 0. Beside them that over the shops of the board."""
    rng = np.random.default_rng(0)
    truths = table[(table["estimator"] == "truth") & (table["metric"] == "normalised")]
    for (task, algorithm, variant), of in truths.groupby(["task", "algorithm", "variant"], sort=False):
        shared: Row = {"task": task, "policy": named((algorithm, variant))}
        parts = of.set_index("component")
        squares, below = {}, 1
        for name in ("seed", "log", "shop"):
            degrees = parts.loc[name, "degrees"]
            squares[name] = degrees * parts.loc[name, "mean_square"] / rng.chisquare(degrees, DRAWS)
        for name, inner in (("seed", None), ("log", "seed"), ("shop", "log")):
            drawn = (squares[name] - (squares[inner] if inner else 0.0)) / below
            low, high = np.sqrt(np.maximum(np.quantile(drawn, [TAIL, 1 - TAIL]), 0.0))
            deviation = max(parts.loc[name, "variance"], 0.0) ** 0.5
            about: Row = {"low": low, "high": high, "n": parts.loc[name, "n"], "covers": f"{name}s of this design"}
            yield row("spread", f"from {name} to {name}", deviation, **shared, **about)
            below *= parts.loc[name, "n"]
        on_board = scores.by_policy.get((algorithm, variant))
        if on_board is not None:
            values = on_board[scores.tasks.index(task)]
            yield row("spread", "over the shops of the board", values.std(ddof=1), **shared, n=len(values))


def looking_ahead(table: pd.DataFrame, scores: Scores) -> Iterator[Row]:
    """The answer of each task (1: yes, 0: not shown), beside what is left above the best policy that does not look
    ahead."""
    for at, task in enumerate(scores.tasks):
        of_task = {policy: values[at] for policy, values in scores.by_policy.items()}
        best = _best(of_task, [policy for policy in of_task if _looks_no_further(policy)])
        yield _mean("looking ahead", "left above what does not", 100.0 - of_task[best], task=task, other=named(best))
        for of in table[(table["task"] == task) & (table["closest"].astype(str) == "True")].to_dict("records"):
            policy = named((of["algorithm"], of["variant"])).strip("/")
            yes = float(of["answer"] == "yes")
            yield row("looking ahead", "needs RL", yes, task=task, policy=policy, n=int(of["n_units"]))


def _looks_no_further(policy: Policy) -> bool:
    return is_floor(*policy) or ("gamma-0" in policy[1].split("/") and not is_best(policy[1]))


def gains(runs: pd.DataFrame) -> Iterator[Row]:
    """Of each learner and task the mean over replicates of 100 (v / v_behaviour - 1), v a true mean reward."""
    truths = runs[(runs["estimator"] == TRUTH) & (runs["metric"] == "reward")]
    of_shop = truths[truths["algorithm"] == "behaviour"].set_index(["task", "replicate"])["value"].rename("behaviour")
    truths = truths.join(of_shop, on=["task", "replicate"])
    relative = 100.0 * (truths["value"] / truths["behaviour"] - 1.0)
    scores = scores_of(truths.assign(value=relative, metric=NORMALISED_METRIC))
    for policy in learners(scores):
        for at, task in enumerate(scores.tasks):
            yield _mean("gain", "per cent", scores.by_policy[policy][at], task=task, policy=named(policy))


def vouched(runs: pd.DataFrame) -> Iterator[Row]:
    """Counts of frontiers, and how often intervals of lifts hold the truth, by verdict."""
    lifts = runs[runs["estimator"].map(is_lift).astype(bool)]
    variants = lifts["variant"]
    frontiers = variants.str.endswith(f"/{FRONTIER_FORM}") & ~variants.map(is_frontier_control).astype(bool)
    controls = variants.map(lambda variant: bool(set(CONTROLS) & set(variant.split("/")))).astype(bool)
    moved = (lifts["value"] != 0) | (lifts["true_value"] != 0)
    better, above = lifts["true_value"] > 0, (lifts["verdict"] == "trusted") & (lifts["ci_low"] > 0)
    learnt = ~controls & ~lifts["algorithm"].map(lambda name: is_floor(name, "")).astype(bool)
    for whose, among in (("all rows", frontiers), ("learners and clones", frontiers & learnt)):
        for quantity, which in (("chose a step", among & moved), ("shown to be better", among & above)):
            for name, of in ((quantity, which), (f"{quantity}, truly better", which & better)):
                yield row("vouched for", name, float(of.sum()), policy=whose, n=int(among.sum()))
    hold = (lifts["ci_low"] <= lifts["true_value"]) & (lifts["true_value"] <= lifts["ci_high"])
    for verdict, of_verdict in hold[moved].groupby(lifts["verdict"][moved]):
        share = float(of_verdict.mean())
        yield row("vouched for", f"{verdict} lifts that hold the truth", share, policy="all rows", n=len(of_verdict))


def conclusions(folder: Path, nested: Path | None = None) -> pd.DataFrame:
    """The rows that a folder has the tables for.

    Args:
        folder: of a run whose suite normalises.
        nested: of a run with several logs and seeds a shop.
    """
    runs = load_runs(table_at(folder / "runs.csv"))
    scores = scores_of(runs)
    rows = [*averages(scores), *scale(_read(folder, "scale"), scores), *floors(scores)]
    rows += spread(_read(nested, "variance"), scores) if nested else []
    rows += [*looking_ahead(_read(folder, "needs_rl"), scores), *gains(runs), *vouched(runs)]
    return pd.DataFrame(rows, columns=list(FIELDS))


def _read(folder: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(
        table_at(folder / f"{name}.csv"), keep_default_na=False, na_values={"gap": [""], "variance": [""]}
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--nested", type=Path, help="folder of a run of the size `nested`")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    table = conclusions(options.folder, options.nested)
    write_frame(options.out, table, digits=6)
    print(f"{options.out}: {len(table)} figures")


if __name__ == "__main__":
    main()
