"""What standardised rewards change: how often CQL does what the log does, and what its policy is worth.

    python -m studies.reward_scale --out reward_scale.csv

CQL's penalty is in units of Q. In units of the reward, alpha = 1 was behaviour cloning in some shops and nothing in
others; in units of the return's standard deviation it means the same everywhere. One row an alpha and a shop: the share
of test states in which CQL's greedy action is the clone's, and the greedy policy's true value over the behaviour
policy's, with rewards as they are and standardised.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from rlbench_rec import tasks, training
from rlbench_rec.training.reward_scale import reward_scale
from studies.resumable import add_rows

TASKS = ("pricing-v1", "media-v1", "retention-v1", "sequence-v1", "offers-v1", "ads-v1", "inventory-v1")
ALPHAS = (0.1, 1.0)
EPISODES = 10_000
STEPS = 2_000


def rows(name: str, shop: int, episodes: int = EPISODES, steps: int = STEPS) -> pd.DataFrame:
    """Both alphas in one shop, with rewards standardised and as they are."""
    task = tasks.make(name, seed=shop, variant="train")
    train, test = task.log(episodes=episodes, policy=task.behaviour, seed=1).split()
    states = test.states()[:20_000]
    behaviour = task.true_value(task.behaviour, relative_error=0.02, seed=2).value
    clone = training.fit(train, "bc", loop="lean", steps=steps, device="cpu")
    likeliest = clone.policy("greedy").act(states, np.random.default_rng(0))
    made = []
    for alpha in ALPHAS:
        for standardise in (False, True):
            config = {"alpha": alpha, "standardise_rewards": standardise}
            run = training.fit(train, "cql", loop="lean", steps=steps, config=config, device="cpu")
            policy = run.policy("greedy")
            made.append(
                {
                    "task": name,
                    "shop": shop,
                    "alpha": alpha,
                    "standardised": standardise,
                    "scale": reward_scale(train),
                    "like_the_clone": float(np.mean(policy.act(states, np.random.default_rng(0)) == likeliest)),
                    "value": task.true_value(policy, relative_error=0.03, seed=2).value / behaviour,
                    "overestimation": run.overestimation,
                }
            )
    return pd.DataFrame(made)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shops", type=int, nargs="+", default=[2])
    parser.add_argument("--tasks", nargs="+", default=list(TASKS))
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    torch.set_num_threads(1)
    for shop in options.shops:
        for name in options.tasks:
            add_rows(options.out, rows(name, shop))


if __name__ == "__main__":
    main()
