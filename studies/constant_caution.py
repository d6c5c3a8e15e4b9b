"""How much caution `constant` needs, so that an action that was seen a handful of times does not win by luck.

    OMP_NUM_THREADS=1 python -m studies.constant_caution

Ten tasks, logs of 100, 1,000 and 10,000 sessions, three of each. Two rules: take standard errors off each action's
value (`caution`, what `constant` does), or draw the values to the log's mean as if so many more rows had said that
(`shrinkage`). `train` shops choose, `judge` shops show what it is worth. Shops that are in the table already are left
alone, so that a run may be stopped.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
import pandas as pd

from rlbench_rec import tasks
from rlbench_rec.baselines.constant import values_of_actions
from rlbench_rec.mdp.dataset import TransitionDataset
from rlbench_rec.policies import Stateless, make
from rlbench_rec.tasks import Task

from .frontier.each_shop import measured

CAUTIONS = (0.0, 1.0, 2.0, 3.0, 4.0, 6.0, 10.0)
SHRINKAGES = (10.0, 30.0, 100.0, 300.0, 1_000.0)
EPISODES = (100, 1_000, 10_000)
LOGS = 3
PLAYED = 1_000_003
"""Seed of the users that true values are played on; no log has it."""


def measure(task_id: str, seed: int) -> list[dict[str, Any]]:
    """The rows of the `train` and the `judge` shop of a seed."""
    return [*_of_shop(task_id, seed, "train"), *_of_shop(task_id, seed, "judge")]


def _of_shop(task_id: str, seed: int, variant: Literal["train", "judge"]) -> Iterator[dict[str, Any]]:
    task = tasks.make(task_id, seed, variant=variant)
    served = _value(task, task.behaviour)
    lifts = [_value(task, Stateless("always", row)) / served - 1.0 for row in np.eye(task.action_count)]
    for episodes in EPISODES:
        for log in range(LOGS):
            for rule, parameter, action in choices_of(task.log(episodes, seed=1 + log)):
                of_log = {"variant": variant, "episodes": episodes, "log": log, "rule": rule, "parameter": parameter}
                values = {"lift": round(lifts[action], 4), "regret": round(max(lifts) - lifts[action], 4)}
                yield {"task": task_id, "shop": seed} | of_log | {"action": action} | values


def choices_of(log: TransitionDataset) -> Iterator[tuple[str, float, int]]:
    """Rule, parameter, and the action that it takes for the best."""
    for caution in CAUTIONS:
        policy = make("constant", log, caution=caution)
        yield "caution", caution, int(policy.probabilities(log.states(slice(1)))[0].argmax())
    values, rows = values_of_actions(log)
    mean = log.returns_to_go().mean()
    for shrinkage in SHRINKAGES:
        shrunken = (rows * values + shrinkage * mean) / (rows + shrinkage)
        yield "shrinkage", shrinkage, int(shrunken[1:].argmax())


def _value(task: Task, policy: Any) -> float:
    return task.true_value(policy, relative_error=0.01, seed=PLAYED).value


def summary(rows: pd.DataFrame) -> pd.DataFrame:
    """Mean value that is missing to the shop's best action, as a share of the behaviour policy's: by variant and rule,
    a column a size of log."""
    return rows.pivot_table(index=["variant", "rule", "parameter"], columns="episodes", values="regret", sort=False)


def main() -> None:
    """Measure the shops that the table lacks, and print its summary."""
    table = measured(__doc__.splitlines()[0], [0, 1, 2], "results/studies/constant_caution.csv", measure)
    print(summary(table).to_string(float_format="{:.3f}".format))


if __name__ == "__main__":
    main()
