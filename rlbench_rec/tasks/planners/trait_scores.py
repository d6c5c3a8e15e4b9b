"""A greedy policy over a weighted sum of the shop's true traits, with weights found by a cross-entropy search."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...policies.policy import Policy
from ..random_streams import stream
from ..rollout import play
from ..true_values import returns
from .cross_entropy import Effort, maximise

if TYPE_CHECKING:
    from ..base import Task

SEARCH_SEED = 2_000_003
"""Of the users that a search plays with: no log and no true value has them."""
SEARCH_USERS = 512
SCALE_BATCH = 1_000
"""Batch of users on whose states the traits are scaled, apart from those of the rounds."""
EFFORT = Effort()


@dataclass(frozen=True)
class Traits:
    """What a score may weigh.

    Attributes:
        names: (k,) of the traits.
        start: (k,) weights, in the traits' own units, of the best score that is known without a search.
        values: (n, state size) -> k arrays that broadcast to (n, A): the traits of each action in each state.
        version: rises when the same shop's search would find another policy.
    """

    names: tuple[str, ...]
    start: tuple[float, ...]
    values: Callable[[np.ndarray], Sequence[np.ndarray]]
    version: int = 0


class TraitPolicy(Policy):
    """The action with the highest weighted sum of traits.

    Args:
        task: the shop.
        traits: what is weighed.
        weights: (k,) in the traits' own units.
    """

    name = "traits"

    def __init__(self, task: Task, traits: Traits, weights: np.ndarray):
        self.action_count, self.traits = task.action_count, traits
        self.weights = np.asarray(weights, dtype=np.float64)

    def probabilities(self, states: np.ndarray) -> np.ndarray:
        total = np.zeros((len(states), self.action_count))
        for weight, trait in zip(self.weights, self.traits.values(states), strict=True):
            if weight:
                total += weight * trait
        rows = np.zeros_like(total)
        rows[np.arange(len(rows)), total.argmax(axis=1)] = 1.0
        return rows


def search(task: Task, traits: Traits, effort: Effort = EFFORT, users: int = SEARCH_USERS) -> TraitPolicy:
    """The best weighting that a cross-entropy search finds, by the value of its greedy policy.

    All points of a round meet the same users, and each round brings new ones. A greedy policy does not depend on the
    scale of its weights: traits are divided by their standard deviation among the actions of a state, on states that
    the starting policy meets, so that one step of the search means the same for each.

    Args:
        task: the shop.
        traits: what may be weighed.
        effort: how long to search.
        users: whom a round plays with.
    """
    first = TraitPolicy(task, traits, np.array(traits.start))
    scale = _spreads(task, first, users)
    start = first.weights * scale
    start /= max(float(np.abs(start).max()), 1e-12)

    def value(point: np.ndarray, number: int) -> float:
        policy = TraitPolicy(task, traits, point / scale)
        return float(returns(task, policy, users, SEARCH_SEED, number, task.gamma)[:, 0].mean())

    rng = np.random.default_rng(stream(task.id, task.seed, SEARCH_SEED))
    return TraitPolicy(task, traits, maximise(value, start, rng, effort) / scale)


def _spreads(task: Task, policy: TraitPolicy, users: int) -> np.ndarray:
    """(k,) root mean squared deviation of each trait within a state; 1 where it does not vary."""
    squares, rows = np.zeros(len(policy.weights)), 0
    for decisions in play(task, policy, users, SEARCH_SEED, SCALE_BATCH):
        rows += len(decisions.states)
        shape = (len(decisions.states), task.action_count)
        for k, trait in enumerate(policy.traits.values(decisions.states)):
            squares[k] += np.broadcast_to(trait, shape).var(axis=1).sum()
    spreads = np.sqrt(squares / rows)
    return np.where(spreads > 1e-9, spreads, 1.0)
