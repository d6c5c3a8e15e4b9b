"""Does looking ahead pay? The best long-sighted policy against the best one at gamma = 0, in every task.

    python studies/planning_power.py --out planning.csv
    python studies/planning_power.py --tasks recommend-v1 --learners "dqn gamma=0" dqn --judge 10 11 12 13 14

Each side has several contenders (the task's own score, learners trained on a log) in several forms (greedy, softmax).
The long-sighted one is chosen on `train` variants of the task and judged on `judge` variants, which differ in seed and
in parameters; the one at gamma = 0 may be chosen with hindsight, on the judging shops themselves. A script, not an
asv benchmark: importing it does nothing.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from rlbench_rec import tasks, training
from rlbench_rec.policies import Policy
from rlbench_rec.results.write import write_rows
from rlbench_rec.tasks.policy_ladder import ScoreBlend, ScoredTask

SHORT, LONG, OTHER = "gamma = 0", "long-sighted", "other"
SCORES = {"myopic": SHORT, "farsighted": LONG}
LEARNERS = {
    "bc": ("bc", {}, OTHER),
    "dqn gamma=0": ("dqn", {"gamma": 0.0}, SHORT),
    "dqn": ("dqn", {}, LONG),
    "double-dqn": ("double-dqn", {}, LONG),
    "cql": ("cql", {}, LONG),
}
TEMPERATURES = (0.1, 0.3, 1.0)
TRUTH_SEED = 1_000_003
FIELDS = ("task", "variant", "shop", "side", "policy", "form", "value", "std_error", "metrics")


def contenders(task: tasks.Task, shop: int, options: argparse.Namespace) -> Iterator[tuple[str, str, str, Policy]]:
    """(side, policy, form, the policy itself) for everything that is compared in one shop."""
    for name, policy in task.target_policies().items():
        yield OTHER, name, "fixed", policy
    if isinstance(task, ScoredTask):
        for score, side in SCORES.items():
            for tau in (0.0, *TEMPERATURES):
                form = f"softmax-{tau:g}" if tau else "greedy"
                yield side, score, form, task.policy(ScoreBlend(score={score: 1.0}, tau=tau))
    if options.learners:
        train, _ = task.log(episodes=options.episodes, seed=task.seed + 1).split()
        for label in options.learners:
            algorithm, config, side = LEARNERS[label]
            run = training.fit(train, algorithm, steps=options.steps, seed=shop, device="cpu", config=config)
            yield side, label, "greedy", run.policy("greedy")
            if algorithm == "bc":
                yield side, label, "stochastic", run.policy("stochastic")
            else:
                for tau in TEMPERATURES:
                    yield side, label, f"softmax-{tau:g}", run.policy("softmax", tau=tau)


def measure(task_id: str, variant: str, shop: int, options: argparse.Namespace) -> Iterator[dict]:
    """Rows of one shop."""
    task = tasks.make(task_id, shop, variant=None if options.plain else variant)
    for side, name, form, policy in contenders(task, shop, options):
        truth = task.true_value(policy, relative_error=options.relative_error, seed=TRUTH_SEED)
        metrics = " ".join(f"{metric}={mean:.4f}" for metric, (mean, _) in truth.metrics.items())
        values = (task_id, variant, shop, side, name, form, truth.value, truth.std_error, metrics)
        yield dict(zip(FIELDS, values, strict=True))


def chosen(rows: list[dict], side: str, variant: str) -> tuple[str, str]:
    """The side's contender and form of highest mean over the shops of a variant."""
    own = [row for row in rows if row["variant"] == variant and row["side"] == side]
    table = {key: [row["value"] for row in own if _key(row) == key] for key in map(_key, own)}
    return max(table, key=lambda key: float(np.mean(table[key])))


def summary(rows: list[dict]) -> list[str]:
    """Means on the judging shops, and the two differences that the claims rest on with Student's 95 % intervals."""
    judged = [row for row in rows if row["variant"] == "judge"]
    table = {key: np.array([row["value"] for row in judged if _key(row) == key]) for key in map(_key, judged)}
    lines = [f"  {name:18s} {form:12s} {values.mean():8.3f}" for (name, form), values in table.items()]
    pairs = [(("behaviour", "fixed"), ("random", "fixed"))]
    if any(row["side"] == LONG for row in rows):
        pairs.append((chosen(rows, LONG, "train"), chosen(rows, SHORT, "judge")))
    for better, worse in pairs:
        difference = table[better] - table[worse]
        low, high = interval(difference)
        lines.append(
            f"  {' '.join(better)} - {' '.join(worse)}: {difference.mean():.3f}, interval {low:.3f} to {high:.3f}, "
            f"least of {len(difference)}: {difference.min():.3f}, as a share of the second: "
            f"{difference.mean() / abs(table[worse].mean()):.1%}"
        )
    return lines


def interval(values: np.ndarray) -> tuple[float, float]:
    """Student's 95 % interval of the mean."""
    from scipy.stats import t

    half = t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))
    return values.mean() - half, values.mean() + half


def _key(row: dict) -> tuple[str, str]:
    return row["policy"], row["form"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tasks", nargs="+", default=list(tasks.TASKS), help="task ids")
    parser.add_argument("--train", type=int, nargs="+", default=[0, 1, 2], help="seeds of the shops to choose on")
    parser.add_argument("--judge", type=int, nargs="+", default=list(range(10, 20)), help="seeds of the judging shops")
    parser.add_argument("--plain", action="store_true", help="shops of default parameters in place of the variants")
    parser.add_argument("--learners", nargs="*", choices=LEARNERS, default=[], help="trained on a log of each shop")
    parser.add_argument("--episodes", type=int, default=10_000, help="sessions in that log; 80 %% are for training")
    parser.add_argument("--steps", type=int, default=2_000, help="training steps")
    parser.add_argument("--relative-error", type=float, default=0.01, help="of the true values")
    parser.add_argument("--out", type=Path, help="CSV to write")
    options = parser.parse_args()
    rows = []
    for task_id in options.tasks:
        for variant, shops in (("train", options.train), ("judge", options.judge)):
            for shop in shops:
                rows += measure(task_id, variant, shop, options)
                print(f"{task_id}, {variant} shop {shop}: done", file=sys.stderr, flush=True)
        print("\n".join([task_id, *summary([row for row in rows if row["task"] == task_id])]), flush=True)
    if options.out:
        write_rows(options.out, rows, FIELDS)


if __name__ == "__main__":
    main()
