"""What steps, log size, reward scale and the exploration of the log each change, one at a time, in three tasks.

    python -m studies.ablations --out results/studies/ablations.csv
    python -m studies.ablations --shops 50 51 52 --learners dqn cql --out results/studies/ablations.csv

One row a task, shop, learner, factor and level: the true value of the greedy policy in per cent of the shop's own
behaviour policy, whatever logged, and that of the policy that logged. Rows that the file has are not made again, so a
run that was stopped goes on. A level of the base (2,000 steps, 10,000 sessions, standardised rewards, the behaviour
policy) is trained once and stands in every factor.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path

import pandas as pd

from rlbench_rec import tasks
from studies.resumable import add_rows, made_already

TASKS = ("recommend-v1", "pricing-v1", "media-v1")
BASE: Mapping[str, object] = {"steps": 2_000, "episodes": 10_000, "standardised": True, "logging": "behaviour"}
LEVELS: Mapping[str, tuple[object, ...]] = {
    "steps": (500, 2_000, 10_000),
    "episodes": (1_000, 10_000, 40_000),
    "standardised": (False, True),
    "logging": ("epsilon-0.02", "behaviour", "softmax-2", "random"),
}
"""Of the base one factor at a time; `logging` from hardly any exploration to nothing else."""
KEY = ["task", "shop", "learner", "factor", "level"]
ERROR = 0.01


def settings() -> Iterator[tuple[str, object, dict[str, object]]]:
    """Factor, level and all settings, the base once."""
    yield "base", "", dict(BASE)
    for factor, levels in LEVELS.items():
        for level in levels:
            if level != BASE[factor]:
                yield factor, level, dict(BASE) | {factor: level}


def row(name: str, shop: int, learner: str, chosen: Mapping[str, object], error: float = ERROR) -> dict[str, object]:
    """One training and what its greedy policy is truly worth.

    Args:
        name: the task.
        shop: its seed; of the variant `judge`.
        learner: algorithm id.
        chosen: all four settings.
        error: standard error of the true values, as a share of the behaviour policy's.
    """
    from rlbench_rec import training

    began = time.process_time()
    task = tasks.make(name, seed=shop, variant="judge")
    logging = {"behaviour": task.behaviour} | task.behaviour_policies()
    policy = logging[str(chosen["logging"])]
    data = task.log(episodes=int(str(chosen["episodes"])), policy=policy, seed=shop + 1)
    run = training.fit(
        data.split()[0],
        learner,
        loop="lean",
        steps=int(str(chosen["steps"])),
        config={"standardise_rewards": chosen["standardised"]},
        device="cpu",
    )
    policies = {"value": run.policy("greedy"), "logged": policy, "own": task.behaviour}
    values = {key: task.true_value(of, relative_error=error, seed=2) for key, of in policies.items()}
    own = values["own"].value
    return {
        "value": 100 * values["value"].value / own,
        "value_error": 100 * values["value"].std_error / own,
        "logged": 100 * values["logged"].value / own,
        "overestimation": run.overestimation,
        "cpu_seconds": time.process_time() - began,
    }


def main() -> None:
    import torch

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shops", type=int, nargs="+", default=[50])
    parser.add_argument("--tasks", nargs="+", default=list(TASKS))
    parser.add_argument("--learners", nargs="+", default=["dqn"])
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    torch.set_num_threads(1)
    there = made_already(options.out, KEY)
    for shop, name, learner in product(options.shops, options.tasks, options.learners):
        for factor, level, chosen in settings():
            key = (name, str(shop), learner, factor, str(level))
            if key not in there:
                made = dict(zip(KEY, key, strict=True)) | row(name, shop, learner, chosen)
                add_rows(options.out, pd.DataFrame([made]), digits=4)


if __name__ == "__main__":
    main()
