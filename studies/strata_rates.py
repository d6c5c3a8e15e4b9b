"""What a log of every stratum of every task looks like: clicks, conversions, abandonment, turns, rows that earn.

    python studies/strata_rates.py --out results/studies/strata_rates.csv

Prints the table of docs/strata.md. One log of each shop under the behaviour policy: the plain shop (seed 0) and its
`judge` variants. A rate that a task does not have is left empty. The last columns are the plain shop's alone: true
values of the behaviour policy and of the best policy that the task names, and the processor seconds that the values of
all its policies took.
"""

from __future__ import annotations

import argparse
import csv
import time
from pathlib import Path

import numpy as np

from rlbench_rec import tasks
from rlbench_rec.mdp.dataset import TransitionDataset
from rlbench_rec.results.write import write_rows

FIELDS = (
    "task",
    "stratum",
    "variant",
    "seed",
    "click_rate",
    "conversion",
    "abandonment",
    "turns",
    "rows_that_earn",
    "behaviour_value",
    "best_policy",
    "best_value",
    "cpu_seconds",
)
SHARES = ("click_rate", "conversion", "abandonment", "rows_that_earn")
FUNNELS = ("ads-v1", "recommend-v1", "recommend-myopic-v1", "sequence-v1")


def rates(task: tasks.Task, data: TransitionDataset) -> dict[str, float]:
    """The rates of a log, those that its task has.

    click_rate: clicks per decision (`ads`: per impression won; `cart`: offers taken per offer).
    conversion: purchases per click, in `pricing` per visit, in `retention` per week; chats settled in `offers`.
    abandonment: carts that were not bought; in `cart` per customer.
    rows_that_earn: share of rows whose reward is above 0.
    """
    sums = dict(zip(data.metric_names, data.metrics.sum(axis=0, dtype=float), strict=True))
    n, sessions = len(data), data.n_episodes
    found = {"turns": n / sessions, "rows_that_earn": float((data.rewards > 0).mean())}
    if task.id in FUNNELS:
        shown = float((data.metrics[:, 3] > 0).sum()) if task.id == "ads-v1" else n
        found |= {"click_rate": sums["CTR"] / shown, "conversion": sums["CVR"] / sums["CTR"]}
    if task.id.startswith("recommend"):
        config = task.config.model_dump()
        earned = float(data.rewards.sum(dtype=float))
        bought = config["purchase_reward"] * sums["CVR"]
        carts = (earned - config["click_reward"] * sums["CTR"] - bought) / config["cart_reward"]
        found["abandonment"] = 1.0 - sums["CVR"] / carts
    if task.id == "cart-v1":
        found |= {
            "click_rate": sums["CTR"] / float((data.actions > 0).sum()),
            "conversion": sums["CVR"] / sessions,
            "abandonment": 1.0 - sums["CVR"] / sessions,
        }
    if task.id in ("pricing-v1", "retention-v1"):
        found["conversion"] = sums["CVR"] / n
    if task.id == "offers-v1":
        found["conversion"] = sums["settled"] / sessions
    if task.id == "tabular-v1":
        found["click_rate"] = sums["CTR"] / n
    return found


def in_expectation(task: tasks.Task) -> dict[str, float]:
    """Conversion and abandonment of a funnel whose rollouts are expected ones: a log of thousands of sessions has a few
    dozen purchases, too few for a rate."""
    if task.id not in FUNNELS or task.config.rollouts != "expected":
        return {}
    total = task.true_value("behaviour", 0.05, gamma=1.0)
    clicks, bought = total.metrics["CTR"][0], total.metrics["CVR"][0]
    found = {"conversion": bought / clicks}
    if task.id.startswith("recommend"):
        config = task.config.model_dump()
        earned = total.value - config["click_reward"] * clicks - config["purchase_reward"] * bought
        found["abandonment"] = 1.0 - bought * config["cart_reward"] / earned
    return found


def measure(
    task_id: str, stratum: str, variant: str | None, seed: int, episodes: int, error: float
) -> dict[str, object]:
    """One row of the table."""
    task = tasks.make(task_id, seed, variant, stratum)
    row = rates(task, task.log(episodes=episodes, seed=1)) | in_expectation(task)
    if error:
        began = time.process_time()
        values = {name: task.true_value(name, error).value for name in task.target_policies()}
        best = max(values, key=lambda name: values[name])
        row |= {"behaviour_value": values["behaviour"], "best_policy": best, "best_value": values[best]}
        row["cpu_seconds"] = time.process_time() - began
    shown = {name: float(f"{value:.4g}") if isinstance(value, float) else value for name, value in row.items()}
    return {"task": task_id, "stratum": stratum, "variant": variant or "", "seed": seed} | shown


def as_markdown(rows: list[dict[str, str]]) -> list[str]:
    """The table of docs/strata.md: the plain shop, and in brackets the least and the most of all shops; the last two
    columns of the plain shop alone.

    Args:
        rows: of the CSV file, as text.
    """
    lines = ["| task | stratum | click rate | conversion | abandonment | turns | rows that earn | behaviour | best |"]
    lines.append("|---" * 9 + "|")
    for task, stratum in dict.fromkeys((row["task"], row["stratum"]) for row in rows):
        shops = [row for row in rows if (row["task"], row["stratum"]) == (task, stratum)]
        shares = [_spread(shops, name, 100.0, " %") for name in SHARES]
        turns = _spread(shops, "turns", 1.0, "")
        values = [f"{float(shops[0][name]):.3g}" for name in ("behaviour_value", "best_value")]
        lines.append("| " + " | ".join([f"`{task}`", stratum, *shares[:3], turns, shares[3], *values]) + " |")
    return lines


def _spread(shops: list[dict[str, str]], name: str, scale: float, unit: str) -> str:
    """The plain shop's rate, and the least and the most of all."""
    if not shops[0][name]:
        return ""
    values = [scale * float(shop[name]) for shop in shops]
    first, least, most = (f"{value:.2g}" if value < 99.5 else "100" for value in (values[0], min(values), max(values)))
    return f"{first}{unit} ({least} to {most})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--tasks", nargs="+", default=list(tasks.TASKS))
    parser.add_argument("--judge", type=int, nargs="*", default=[0, 1, 2, 3])
    parser.add_argument("--episodes", type=int, default=4_000)
    parser.add_argument("--truth-error", type=float, default=0.02, help="0: no true values.")
    options = parser.parse_args()
    shops: list[tuple[tasks.Variant | None, int]] = [(None, 0), *(("judge", seed) for seed in options.judge)]
    rows = [
        measure(task_id, stratum, variant, seed, options.episodes, 0.0 if variant else options.truth_error)
        for task_id in options.tasks
        for stratum in tasks.TASKS[task_id].strata
        for variant, seed in shops
    ]
    write_rows(options.out, [{name: row.get(name) for name in FIELDS} for row in rows], FIELDS)
    with options.out.open(newline="", encoding="utf-8") as file:
        print("\n".join(as_markdown(list(csv.DictReader(file)))))


if __name__ == "__main__":
    np.seterr(all="ignore")
    main()
