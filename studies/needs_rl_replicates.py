"""How often do replicates say that a task needs RL, where looking ahead pays and where it does not?

    OMP_NUM_THREADS=1 python -m studies.needs_rl_replicates

Each replicate is a judge shop, 3,000 sessions of its behaviour policy, linear learners with and without looking ahead
as greedy policies, the floor, and the true value of each. What is printed is how many of 60 sets of ten replicates say
yes. Sets are drawn at random from the replicates that were measured and share them, so that their answers are not
independent. Shops that are in the table already are left alone, so that a run may be stopped.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from rlbench_rec import policies, tasks
from rlbench_rec.policies import Greedy, Policy
from rlbench_rec.results.needs_rl import needs_rl_table
from rlbench_rec.training.validation import hold_out

from .frontier.each_shop import measured
from .needs_rl_linear import LinearQ

TASKS = ("recommend-myopic-v1", "recommend-v1", "sequence-v1")
SHOPS = list(range(9_000, 9_100))
EPISODES, VALIDATION, TRUTH_SEED = 3_000, 0.25, 1_000_003
SETS, REPLICATES = 60, 10


def contenders(task: tasks.Task, shop: int) -> Iterator[tuple[str, str, Policy]]:
    """Algorithm and variant as in runs.csv, and the policy."""
    yield "behaviour", "logged", task.behaviour
    train = task.log(EPISODES, seed=shop + 1).split()[0]
    q = LinearQ(hold_out(train, VALIDATION)[0])
    reward = Greedy(q.reward(), task.action_count)
    yield "myopic", "linear/greedy", reward
    for name, scores in (("iteration", q.iteration()), ("sarsa", q.sarsa())):
        yield name, "linear/greedy", Greedy(scores, task.action_count)
        # At gamma = 0 both are the regression of the reward.
        yield name, "linear/gamma-0/greedy", reward
    for name in ("constant", "popular-greedy"):
        yield name, "fixed", policies.make(name, train)


def measure(task_id: str, shop: int) -> list[dict[str, Any]]:
    """Rows of one replicate."""
    task, values, rows = tasks.make(task_id, shop, variant="judge"), {}, []
    for algorithm, variant, policy in contenders(task, shop):
        if id(policy) not in values:
            values[id(policy)] = task.true_value(policy, relative_error=0.01, seed=TRUTH_SEED).value
        rows.append(
            {"task": task_id, "shop": shop, "algorithm": algorithm, "variant": variant, "value": values[id(policy)]}
        )
    return rows


def said(of_task: pd.DataFrame) -> int:
    """How many of the sets say yes."""
    runs = of_task.assign(dataset="", metric="reward", estimator="truth", status="ok")
    shops, rng = runs["shop"].unique(), np.random.default_rng(0)
    counted = 0
    for _ in range(SETS):
        drawn = rng.choice(shops, REPLICATES, replace=False)
        part = runs[runs["shop"].isin(drawn)]
        table = needs_rl_table(part.assign(replicate=part["shop"].map({shop: i for i, shop in enumerate(drawn)})))
        counted += int((table["answer"] == "yes").any())
    return counted


if __name__ == "__main__":
    made = measured(__doc__.splitlines()[0], SHOPS, "results/studies/needs_rl_replicates.csv", measure, TASKS)
    for name, rows in made.groupby("task", sort=False):
        if rows["shop"].nunique() >= REPLICATES:
            print(f"{name}: {said(rows)} of {SETS} sets of {rows['shop'].nunique()} replicates say yes")
