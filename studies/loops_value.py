"""Are policies worth the same whichever loop trained them? Prints a table for docs/training.md.

    python -m studies.loops_value --loops lean graph-bf16

Pairs in ten shops of recommend-v1: one log, one seed, one truth (softmax 0.3, by rollout), two loops.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import numpy as np
import torch
from scipy.stats import t

from benchmarks.bench_train import ALGORITHMS
from rlbench_rec import tasks, training

SHOPS = range(100, 110)


def values(shop: int, loops: Sequence[str], steps: int, device: str) -> np.ndarray:
    """(loops, algorithms) true values in one shop."""
    task = tasks.make("recommend-v1", seed=shop)
    train, _ = task.log(episodes=3000, policy=task.behaviour, seed=shop).split()

    def value(loop: str, algorithm: str) -> float:
        run = training.fit(train, algorithm, loop=loop, steps=steps, seed=shop, device=device)
        return task.true_value(run.policy("softmax", tau=0.3), relative_error=0.01, seed=7).value

    return np.array([[value(loop, algorithm) for algorithm in ALGORITHMS] for loop in loops])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--loops", nargs="+", default=["lean"])
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--device", default="cpu")
    options = parser.parse_args()
    torch.set_num_threads(1)
    found = np.stack([values(shop, ["tensor", *options.loops], options.steps, options.device) for shop in SHOPS])
    print("| algorithm | loop | minus tensor | 95 % interval | value by tensor |\n|---|---|---|---|---|")
    for a, algorithm in enumerate(ALGORITHMS):
        reference = found[:, 0, a]
        for i, loop in enumerate(options.loops, 1):
            gains = found[:, i, a] - reference
            half = t.ppf(0.975, len(gains) - 1) * gains.std(ddof=1) / np.sqrt(len(gains))
            spread = f"{reference.min():.2f} to {reference.max():.2f}"
            print(f"| {algorithm} | {loop} | {gains.mean():+.4f} | ± {half:.4f} | {spread} |")


if __name__ == "__main__":
    main()
