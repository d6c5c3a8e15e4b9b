"""A pool of replicates for `compare_alarms`: shops of three tasks, each with one log and two short trainings a learner.

    OMP_NUM_THREADS=1 python -m studies.compare_pool TASK OUT.csv
    OMP_NUM_THREADS=1 python -m studies.compare_pool --pack OUT.csv ...

The two trainings of a shop differ in their seed alone, so a board made of the first and one made of the second are of
code that is equally good. A minute of one core a task; what OUT.csv has is not made again. `--pack` writes
`results/studies/compare_pool.csv.gz`.
"""

from __future__ import annotations

import gzip
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

import rlbench_rec as rb
from studies.resumable import add_rows, made_already, read_rows, versioned

FILE = Path(__file__).resolve().parents[1] / "results" / "studies" / "compare_pool.csv.gz"
TASKS = ("media-v1", "pricing-v1", "recommend-myopic-v1")
SHOPS, TRAININGS, EPISODES, STEPS = 40, 2, 1_000, 100
FORMS = {
    "dqn": (("greedy", {}), ("softmax", {"tau": 0.1}), ("softmax", {"tau": 0.3})),
    "bc": (("greedy", {}), ("stochastic", {})),
}


def rows_of_shop(task_id: str, shop: int) -> Iterator[dict[str, object]]:
    """The true value of every policy, and what SNIPS says of it from the test side of the log."""
    task = rb.tasks.make(task_id, seed=shop)
    train, test = task.log(episodes=EPISODES, policy=task.behaviour, seed=shop + 1).split()
    for training in range(TRAININGS):
        seed = TRAININGS * shop + training
        for algorithm, forms in FORMS.items():
            run = rb.training.fit(train, algorithm, loop="lean", steps=STEPS, batch_size=256, seed=seed, device="cpu")
            for form, settings in forms:
                policy = run.policy(form, **settings)
                variant = "-".join([f"mlp/{form}", *map(str, settings.values())])
                place = {
                    "task": task_id,
                    "shop": shop,
                    "training": training,
                    "algorithm": algorithm,
                    "variant": variant,
                }
                truth = task.true_value(policy, relative_error=0.02, seed=seed)
                half = 1.96 * truth.std_error
                yield (
                    place
                    | {"estimator": "truth", "value": truth.value, "ci_low": truth.value - half}
                    | {"ci_high": truth.value + half, "verdict": "trusted"}
                )
                (snips,) = rb.evaluate(test, policy, ["snips"], seed=seed)
                yield (
                    place
                    | {"estimator": "snips", "value": snips.value, "ci_low": snips.ci_low}
                    | {"ci_high": snips.ci_high, "verdict": snips.verdict}
                )


def pack(parts: list[Path]) -> None:
    """The first shops, as many as every task has, in one packed file: the same bytes for the same rows."""
    table = pd.concat([read_rows(part) for part in parts], ignore_index=True)
    # Shops that every task has, so that a run that was stopped can be used.
    shops = set.intersection(*(set(table.loc[table["task"] == task, "shop"]) for task in TASKS))
    table = table[table["shop"] < next(n for n in range(SHOPS + 1) if n not in shops)]
    table = table.sort_values(["task", "shop", "training", "algorithm", "variant", "estimator"], ignore_index=True)
    FILE.write_bytes(gzip.compress(versioned(table).to_csv(index=False, float_format="%.7g").encode(), mtime=0))


def main() -> None:
    """Make the shops of a task that its part lacks, or pack the parts."""
    if sys.argv[1] == "--pack":
        pack([Path(name) for name in sys.argv[2:]])
        return
    task_id, out = sys.argv[1], Path(sys.argv[2])
    there = made_already(out, ["task", "shop"])
    for shop in range(SHOPS):
        if (task_id, str(shop)) not in there:
            add_rows(out, pd.DataFrame(rows_of_shop(task_id, shop)), digits=7)


if __name__ == "__main__":
    main()
