"""Does looking ahead pay? True values of trained and fixed policies, over shops of several seeds.

    python benchmarks/planning_recommend.py --shops 10 11 12 13 14 --out planning.csv
    python benchmarks/planning_recommend.py --shops 10 11 12 13 14 --task recommend-myopic-v1

A script, not an asv benchmark: importing it does nothing.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from rlbench_rec import tasks, training
from rlbench_rec.mdp import TransitionDataset
from rlbench_rec.policies import POLICIES, Policy, make

LEARNERS = {
    "dqn gamma=0": ("dqn", {"gamma": 0.0}),
    "dqn": ("dqn", {}),
    "double-dqn": ("double-dqn", {}),
    "cql": ("cql", {}),
}
TEMPERATURES = (0.1, 0.3, 1.0)
TRUTH_SEED = 1_000_003
FIELDS = ("shop", "policy", "form", "value", "std_error", "CTR", "CVR", "revenue")


def contenders(task: tasks.Task, train: TransitionDataset, steps: int, seed: int) -> Iterator[tuple[str, str, Policy]]:
    """(policy, form, the policy itself) for everything that is compared in one shop."""
    for name, policy in task.evaluation_policies().items():
        yield name, "fixed", policy
    for name in POLICIES:
        if name != "random":
            yield name, "fixed", make(name, train)
    clone = training.fit(train, "bc", steps=steps, seed=seed, device="cpu")
    for form in ("stochastic", "greedy"):
        yield "bc", form, clone.policy(form)
    for label, (algorithm, config) in LEARNERS.items():
        run = training.fit(train, algorithm, steps=steps, seed=seed, device="cpu", config=config)
        yield label, "greedy", run.policy("greedy")
        for tau in TEMPERATURES:
            yield label, f"softmax-{tau:g}", run.policy("softmax", tau=tau)


def measure(task_id: str, shop: int, episodes: int, steps: int, relative_error: float) -> Iterator[dict]:
    """Rows of one shop."""
    task = tasks.make(task_id, seed=shop)
    train, _ = task.log(episodes=episodes, seed=shop + 1).split()
    for name, form, policy in contenders(task, train, steps, seed=shop):
        truth = task.true_value(policy, relative_error=relative_error, seed=TRUTH_SEED)
        means = {metric: mean for metric, (mean, _) in truth.metrics.items()}
        yield {"shop": shop, "policy": name, "form": form, "value": truth.value, "std_error": truth.std_error} | means


def summary(rows: list[dict]) -> list[str]:
    """Mean over shops for each policy, and the differences that the claim rests on with their standard errors."""
    shops = sorted({row["shop"] for row in rows})
    table = {
        key: np.array([row["value"] for shop in shops for row in rows if row["shop"] == shop and _key(row) == key])
        for key in dict.fromkeys(_key(row) for row in rows)
    }
    lines = [
        f"{policy:12s} {form:12s} {values.mean():6.3f}  {values.round(3)}" for (policy, form), values in table.items()
    ]
    best = {
        name: _best(table, name) for name in ("bc", "behaviour", "random", "dqn gamma=0", "dqn", "double-dqn", "cql")
    }
    pairs = [("behaviour", "random")]
    pairs += [(planner, other) for planner in ("dqn", "double-dqn", "cql") for other in ("bc", "dqn gamma=0")]
    for better, worse in pairs:
        difference = table[best[better]] - table[best[worse]]
        error = difference.std(ddof=1) / np.sqrt(len(shops)) if len(shops) > 1 else float("nan")
        names = f"{better} ({best[better][1]}) - {worse} ({best[worse][1]})"
        lines.append(
            f"{names}: {difference.mean():.3f}, standard error over shops {error:.3f}, each {difference.round(3)}"
        )
    return lines


def _key(row: dict) -> tuple[str, str]:
    return row["policy"], row["form"]


def _best(table: dict, policy: str) -> tuple[str, str]:
    """The form with the highest mean: each contender is compared at its best."""
    return max((key for key in table if key[0] == policy), key=lambda key: table[key].mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--task", default="recommend-v1", help="task id")
    parser.add_argument("--shops", type=int, nargs="+", default=[10, 11, 12, 13, 14], help="task seeds")
    parser.add_argument(
        "--episodes", type=int, default=10_000, help="sessions in the log; 80 %% of them are for training"
    )
    parser.add_argument("--steps", type=int, default=2_000, help="training steps")
    parser.add_argument("--relative-error", type=float, default=0.005, help="of the true values")
    parser.add_argument("--out", type=Path, help="CSV to write")
    options = parser.parse_args()
    rows = []
    for shop in options.shops:
        for row in measure(options.task, shop, options.episodes, options.steps, options.relative_error):
            rows.append(row)
            print(f"shop {shop} {row['policy']:12s} {row['form']:12s} {row['value']:.3f}", file=sys.stderr, flush=True)
    print("\n".join(summary(rows)))
    if options.out:
        with options.out.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, FIELDS)
            writer.writeheader()
            writer.writerows(rows)


if __name__ == "__main__":
    main()
