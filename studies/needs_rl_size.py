"""How often does a log in which nothing is gained by looking ahead say that it needs RL?

    OMP_NUM_THREADS=1 python -m studies.needs_rl_size

Each log is of another shop of `recommend-myopic-v1`, where the policy that is greedy at gamma = 0 is the best at every
gamma: shops of default parameters and of both variants in turn, and 1,500, 3,000 or 6,000 sessions. In the first 400
shops learners are linear, a second a log; in the others they are networks, ten seconds a log (`--seeds 5000 5001 ...`).
The rule was changed once, after a look at shops 7000 to 7199; nothing was looked at in shops 8000 to 8199 before.
What is printed is how many logs say yes, and how many would by their p values alone, without the gate's verdicts. Logs
that are in the table already are left alone, so that a run may be stopped.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from rlbench_rec import tasks
from rlbench_rec.statistics.paired import LEVEL

from .frontier.each_shop import measured
from .needs_rl_logs import Learners, ask, row_of

TASK = "recommend-myopic-v1"
SHOPS = [*range(7_000, 7_200), *range(8_000, 8_200)]
FRESH = 8_000
NETWORK_SHOPS = range(5_000, 5_200)
EPISODES = (1_500, 3_000, 6_000)
VARIANTS = (None, "train", "judge")


def measure(task_id: str, shop: int) -> list[dict[str, Any]]:
    """The row of one log."""
    episodes, variant = EPISODES[shop % 3], VARIANTS[shop // 3 % 3]
    learners: Learners = "networks" if shop in NETWORK_SHOPS else "linear"
    found = ask(tasks.make(task_id, shop, variant=variant), episodes, shop, learners)
    return [row_of(task_id, shop, episodes, found) | {"variant": variant or "", "learners": learners}]


def summary(table: pd.DataFrame) -> pd.DataFrame:
    """By learners, whether nothing was looked at before, and size of the log: logs, how many were tested at all, say
    yes, and would by their p values alone."""
    table = table.assign(
        fresh=table["shop"] >= FRESH,
        tested=table["opponents"] > 0,
        yes=table["answer"] == "yes",
        without_gate=table["largest_p"] <= LEVEL,
    )
    return table.groupby(["learners", "fresh", "episodes"]).agg(
        logs=("yes", "size"), tested=("tested", "sum"), yes=("yes", "sum"), without_gate=("without_gate", "sum")
    )


if __name__ == "__main__":
    made = measured(__doc__.splitlines()[0], SHOPS, "results/studies/needs_rl_size.csv", measure, [TASK])
    print(summary(made).to_string())
