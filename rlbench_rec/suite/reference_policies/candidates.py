"""Candidates for the policy that is 100 in a shop: planned, searched and named, chosen on users of their own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

from ...tasks.planners.shop_traits import traits_of
from ...tasks.planners.trait_scores import SEARCH_SEED, TraitPolicy, search
from ...tasks.policy_ladder import ScoreBlend, ScoredTask
from ...tasks.rollout import USERS
from ...tasks.true_values import returns
from ..sources import TRUTH_SEED
from .reference import Reference, method_version

if TYPE_CHECKING:
    from ...policies.policy import Policy
    from ...tasks import Task

PLANNER, SEARCH = "planner", "search"
PLANNER_FORMS = {"greedy": 0.0, "softmax-0.1": 0.1, "softmax-0.3": 0.3}
"""Forms of the far-sighted score: temperatures."""
FINALISTS, FINAL_BATCHES = 3, 2
"""The best three on 1,024 users meet on 2 x 4,096 others."""
FIRST_BATCH, FIRST_USERS = 2_000, 1_024
"""Batches from this one on have users that no round of a search meets."""


def is_searched(task: Task) -> bool:
    """Whether policies of the shop's true traits are searched for."""
    return traits_of(task) is not None


def is_planned(task: Task) -> bool:
    """Whether the task brings a planner."""
    return isinstance(task, ScoredTask)


def planned(task: Task) -> dict[str, Policy]:
    """The planner's forms by name; none where the task has no planner."""
    if not isinstance(task, ScoredTask):
        return {}
    blends = {form: ScoreBlend(score={"farsighted": 1.0}, tau=tau) for form, tau in PLANNER_FORMS.items()}
    return {form: task.policy(blend, form) for form, blend in blends.items()}


def searched(task: Task, truth_error: float) -> Reference:
    """The best candidate of a shop, chosen on some users and valued on others.

    Candidates are the planner's forms, every policy that the task names, and, where the shop has traits to weigh, the
    policy that a cross-entropy search makes of them. The choice is made on users that neither the search nor the final
    value meets, so the value is not that of a lucky draw.

    Args:
        task: the shop.
        truth_error: standard error of the value, relative to the behaviour policy's.
    """
    candidates = planned(task) | task.target_policies()
    traits = traits_of(task)
    if traits is not None:
        candidates["traits"] = search(task, traits)
    name = _best_of(task, candidates)
    policy = candidates[name]
    truth = task.true_value(policy, truth_error, TRUTH_SEED)
    contender, config = PLANNER if traits is None else SEARCH, ""
    if isinstance(policy, TraitPolicy):
        weights = (float(f"{weight:.6g}") for weight in policy.weights)
        config = json.dumps(dict(zip(policy.traits.names, weights, strict=True)))
    version = method_version(task)
    return Reference(
        contender, name, truth.value, truth.std_error, truth.episodes, config=config, method_version=version
    )


def _best_of(task: Task, candidates: dict[str, Policy]) -> str:
    """The candidate of the highest mean return: all on a few users, the best of these on more."""

    def mean(name: str, users: int, batch: int) -> float:
        return float(returns(task, candidates[name], users, SEARCH_SEED, FIRST_BATCH + batch, task.gamma)[:, 0].mean())

    first = {name: mean(name, FIRST_USERS, 0) for name in candidates}
    finalists = sorted(first, key=lambda name: -first[name])[:FINALISTS]
    last = {name: np.mean([mean(name, USERS, 1 + batch) for batch in range(FINAL_BATCHES)]) for name in finalists}
    return max(last, key=lambda name: last[name])
