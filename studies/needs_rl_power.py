"""How often does a log say that it needs RL, where looking ahead pays?

    OMP_NUM_THREADS=1 python -m studies.needs_rl_power

Logs of judge shops in which planners gain, of 1,500 to 24,000 sessions, asked as in `needs_rl_size` with linear
learners. What is printed is by task and size: how many logs say yes, the median gain over the closest opponent and the
median gain that four in five such logs would show, in per cent of the behaviour policy's value. Shops that are in the
table already are left alone, so that a run may be stopped.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from rlbench_rec import tasks

from .frontier.each_shop import measured
from .needs_rl_logs import ask, row_of

TASKS = ("recommend-v1", "retention-v1", "sequence-v1", "offers-v1", "cart-v1")
SHOPS = list(range(6_000, 6_020))
EPISODES = (1_500, 6_000, 24_000)


def measure(task_id: str, shop: int) -> list[dict[str, Any]]:
    """The rows of one shop, a log of each size."""
    task = tasks.make(task_id, shop, variant="judge")
    # Seeds of trainings and logs are other ones for every size.
    found = [(size, ask(task, size, 10 * shop + number, "linear")) for number, size in enumerate(EPISODES)]
    return [row_of(task_id, shop, size, answer) for size, answer in found]


def summary(table: pd.DataFrame) -> pd.DataFrame:
    """By task and size: logs, how many say yes, and medians in per cent of the behaviour policy's value."""
    worth = table["behaviour"].abs()
    table = table.assign(
        yes=table["answer"] == "yes",
        gain=100.0 * table["gain"] / worth,
        detectable=100.0 * table["detectable"] / worth,
    )
    return table.groupby(["task", "episodes"], sort=False).agg(
        logs=("yes", "size"), yes=("yes", "sum"), gain=("gain", "median"), detectable=("detectable", "median")
    )


if __name__ == "__main__":
    made = measured(__doc__.splitlines()[0], SHOPS, "results/studies/needs_rl_power.csv", measure, TASKS)
    print(summary(made).round(1).to_string())
