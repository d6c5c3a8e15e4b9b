"""How long do learners train before held-out scores stop improving, and what are their policies worth on the way?

    python -m studies.training_steps --shops 0 1 --out curves.csv
    python -m studies.training_steps --shops 2 --plateau --out plateau.csv

One row a point of the learning curve, of learners in `train` shops of every task, trained far beyond the usual 2,000
steps, with the true value of the greedy policy at some of the points. Stopping rules, and the bound above which a
training counts as diverging, were chosen on these rows. With `--plateau`, on other shops, one row a training of 2,000
steps and one until a plateau (docs/training.md).
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd
import torch

from rlbench_rec import tasks
from rlbench_rec.tasks.base import Task
from rlbench_rec.training import fit, trainer
from rlbench_rec.training.algorithm_config import make_config
from rlbench_rec.training.fit_options import PLATEAU, FitOptions
from rlbench_rec.training.learning_curve import train
from rlbench_rec.training.reward_scale import in_units_of, reward_scale
from rlbench_rec.training.run_of_member import checkpoints_of, run_of
from rlbench_rec.training.validation import HeldOut, hold_out
from studies.resumable import add_rows

LEARNERS: dict[str, tuple[str, dict[str, object]]] = {
    "dqn": ("dqn", {}),
    "cql": ("cql", {}),
    "bc": ("bc", {}),
    "dqn-raw": ("dqn", {"standardise_rewards": False}),
}
VALUED = (500, 1_000, 2_000, 4_000, 10_000)
"""Steps at which the greedy policy's true value is taken."""
USUAL = 2_000
STRIDE = 250
EPISODES = 10_000
VALIDATION = 0.25


def curves(task: Task, learner: str, valued: Sequence[int], episodes: int = EPISODES) -> pd.DataFrame:
    """The learning curve of one training, with true values where they were taken."""
    data, _ = task.log(episodes=episodes, policy=task.behaviour, seed=1).split()
    algorithm, settings = LEARNERS[learner]
    config = make_config(algorithm, settings, data.gamma)
    options = FitOptions(loop="lean", steps=valued[-1], validation=VALIDATION, eval_every=STRIDE, device="cpu")
    training, held = hold_out(data, VALIDATION)
    assert held is not None, "a share is held out"
    scale = reward_scale(training) if config.scales_rewards else 1.0
    member = trainer._member(config, data, 0, options)
    loop = trainer._loop([member], in_units_of(training, scale), config, options)
    held_out = HeldOut(held, "cpu", member.algorithm, scale)
    truths: dict[int, float] = {}
    for steps in valued:
        member.finished = None
        train([member], loop, held_out, replace(options, steps=steps), None)
        networks = checkpoints_of(member)
        run = run_of(member, networks, algorithm, config, data, replace(options, steps=steps), scale)
        truths[steps] = task.true_value(run.policy("greedy"), relative_error=0.05, seed=2).value
    returns = held.returns_to_go()
    known = {
        "behaviour": task.true_value(task.behaviour, relative_error=0.02, seed=2).value,
        "spread": returns.std(),
        "largest": returns.max(),
        "scale": reward_scale(training),
        "session": len(data) / data.n_episodes,
    }
    frame = pd.DataFrame(member.point.history)
    return frame.assign(truth=frame["step"].map(truths), **known)


def plateaus(task: Task, learner: str, episodes: int = EPISODES) -> pd.DataFrame:
    """A training of the usual steps and one until a plateau: how long, and what the greedy policy is worth."""
    data, _ = task.log(episodes=episodes, policy=task.behaviour, seed=1).split()
    algorithm, config = LEARNERS[learner]
    behaviour = task.true_value(task.behaviour, relative_error=0.02, seed=2).value
    rows = []
    for steps in (USUAL, PLATEAU):
        run = fit(data, algorithm, loop="lean", steps=steps, config=config, validation=VALIDATION, device="cpu")
        values = {
            checkpoint: task.true_value(run.policy("greedy", checkpoint=checkpoint), relative_error=0.03, seed=2).value
            for checkpoint in run.networks
        }
        rows.append(
            {
                "steps": steps,
                "used": run.steps_used,
                "best_step": run.best_step,
                "overestimation": run.overestimation,
                "diverges": run.diverges(),
                **{checkpoint: value / behaviour for checkpoint, value in values.items()},
            }
        )
    return pd.DataFrame(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shops", type=int, nargs="+", default=[0, 1])
    parser.add_argument("--tasks", nargs="+", default=[name for name in tasks.TASKS if name != "tabular-v1"])
    parser.add_argument("--learners", nargs="+", default=list(LEARNERS), choices=list(LEARNERS))
    parser.add_argument("--plateau", action="store_true")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    torch.set_num_threads(1)
    for shop in options.shops:
        for name in options.tasks:
            task = tasks.make(name, seed=shop, variant="train")
            for learner in options.learners:
                rows = plateaus(task, learner) if options.plateau else curves(task, learner, VALUED)
                rows = rows.assign(task=name, shop=shop, learner=learner)
                add_rows(options.out, rows)


if __name__ == "__main__":
    main()
