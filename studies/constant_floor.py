"""What a learner has to beat: a constant, the clone's favourite, what pays now, and itself on shuffled rewards.

    OMP_NUM_THREADS=1 python -m studies.constant_floor

In each judge shop every policy is learnt from the same 10,000 sessions of the behaviour policy, with default settings,
and played until its value is known within half a per cent. What is printed is the difference of two policies in per
cent of the behaviour policy's value, with Student's 95 % interval over shops; the training seed is the shop's. Shops
that are in the table already are left alone, so that a run may be stopped.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from rlbench_rec import policies, tasks, training
from rlbench_rec.mdp.dataset import TransitionDataset
from rlbench_rec.policies import Policy
from rlbench_rec.statistics.student import student_quantile

from .frontier.each_shop import measured

TASKS = ("recommend-v1", "recommend-myopic-v1", "pricing-v1", "offers-v1")
SHOPS = list(range(1, 6))
"""Seeds of judge shops; those of seed 0 are on the board of the suite `floor`."""
EPISODES, STEPS, TRUTH_SEED = 10_000, 2_000, 1_000_003
FIXED, LEARNT = ("random", "constant", "popular-greedy"), ("mode", "myopic", "dqn", "cql")
CONTROL = "dqn, shuffled rewards"
PAIRS = (
    ("constant", "behaviour"),
    ("constant", "dqn"),
    ("constant", "cql"),
    ("constant", "myopic"),
    ("mode", "dqn"),
    ("myopic", "dqn"),
    (CONTROL, "dqn"),
    (CONTROL, "random"),
    (CONTROL, "behaviour"),
)


def shuffled(train: TransitionDataset, seed: int) -> TransitionDataset:
    """The same log with its rewards in random order."""
    return replace(train, rewards=np.random.default_rng(seed).permutation(train.rewards))


def contenders(train: TransitionDataset, seed: int) -> Iterator[tuple[str, Policy]]:
    """Every policy that is compared, learners as greedy policies."""
    for name in FIXED:
        yield name, policies.make(name, train)
    logs = dict.fromkeys(LEARNT, train) | {CONTROL: shuffled(train, seed)}
    for name, log in logs.items():
        algorithm = name.partition(",")[0]
        run = training.fit(log, algorithm, loop="lean", steps=STEPS, seed=seed, device="cpu")
        yield name, run.policy("greedy")


def measure(task_id: str, seed: int) -> list[dict[str, Any]]:
    """Rows of one shop."""
    task = tasks.make(task_id, seed, variant="judge")
    train = task.log(EPISODES, seed=seed + 1).split()[0]
    rows: list[dict[str, Any]] = []
    for name, policy in (("behaviour", task.behaviour), *contenders(train, seed)):
        truth = task.true_value(policy, relative_error=0.005, seed=TRUTH_SEED)
        rows.append({"task": task_id, "shop": seed, "policy": name, "value": truth.value, "std_error": truth.std_error})
    return rows


def summary(table: pd.DataFrame) -> pd.DataFrame:
    """(task, better, worse) -> mean difference in per cent of the behaviour policy's value, over shops, its interval,
    and in how many shops it is above 0."""
    rows = []
    for task, part in table.groupby("task", sort=False):
        values = part.pivot_table(index="shop", columns="policy", values="value")
        for one, other in PAIRS:
            share = 100.0 * ((values[one] - values[other]) / values["behaviour"].abs()).to_numpy()
            half = student_quantile(0.975, len(share) - 1) * share.std(ddof=1) / np.sqrt(len(share))
            mean = share.mean()
            rows.append((task, one, other, mean, mean - half, mean + half, f"{(share > 0).sum()} of {len(share)}"))
    return pd.DataFrame(rows, columns=["task", "policy", "minus", "mean", "low", "high", "above 0"])


def lines(table: pd.DataFrame) -> list[str]:
    """`summary` as rows of Markdown: a difference in every task, in whole per cent."""
    differences = summary(table).set_index(["task", "policy", "minus"])
    rows = []
    for one, other in PAIRS:
        own = [differences.loc[(task, one, other)] for task in TASKS]
        cells = [f"{round(row['mean']):+d} [{round(row['low']):+d}, {round(row['high']):+d}]" for row in own]
        rows.append(f"| {one} - {other} | {' | '.join(cells)} |")
    return rows


if __name__ == "__main__":
    made = measured(__doc__.splitlines()[0], SHOPS, "results/studies/constant_floor.csv", measure, TASKS)
    print(made.pivot_table(index="policy", columns="task", values="value", sort=False).round(3).to_string())
    print("\n".join(["", " | ".join(["in per cent", *TASKS]), *lines(made)]))
