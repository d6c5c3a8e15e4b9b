"""The shops: which were used to design the rule, and which show what it does."""

from __future__ import annotations

from typing import NamedTuple

import rlbench_rec as rb
from rlbench_rec.mdp.dataset import TransitionDataset
from rlbench_rec.tasks import Task

TASKS = (
    "ads-v1",
    "cart-v1",
    "inventory-v1",
    "media-v1",
    "offers-v1",
    "pricing-v1",
    "recommend-myopic-v1",
    "recommend-v1",
    "retention-v1",
    "sequence-v1",
)
DESIGN_SEEDS = (30, 31, 32, 33, 40, 41)
"""Judge shops on which base, normaliser, dial and rule were chosen."""
SHOWN_SEEDS = tuple(range(1_000, 1_012))
"""Judge shops on which nothing was chosen: what the tables are of."""
EPISODES = 10_000
VALIDATION = 0.25
"""Share of the training side that the frontier is chosen on."""


class Shop(NamedTuple):
    """A judge shop by task id and seed."""

    task: str
    seed: int

    def make(self) -> Task:
        """The simulated shop."""
        return rb.tasks.make(self.task, self.seed, variant="judge")

    def __str__(self) -> str:
        return f"{self.task}-{self.seed}"


def logged(shop: Shop, task: Task) -> tuple[TransitionDataset, TransitionDataset]:
    """Training and test side of the shop's log, taken under its behaviour policy."""
    return task.log(EPISODES, seed=shop.seed + 1).split()


def shops(seeds: tuple[int, ...]) -> list[Shop]:
    """One shop of every task a seed, so that a run that is stopped early has all tasks."""
    return [Shop(task, seed) for seed in seeds for task in TASKS]
