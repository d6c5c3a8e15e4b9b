"""Exact values of one-step shops: what each decision earns on average."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import InputError
from ..mdp.past import Past
from ..policies.policy import Policy, ask
from .rollout import checked
from .true_values import TrueValue


@dataclass(frozen=True)
class ExpectedOutcomes:
    """A shop whose sessions are one decision, taken in one of k kinds of user.

    Attributes:
        states: (k, state size) float32, what a policy sees; two kinds may look alike.
        chances: (k,) float64, how often each comes; they sum to 1.
        rewards: (k, A) float64, E[reward of the action | kind].
        metrics: (k, A, m) float64, the same of each metric.
        metric_names: (m,) what they are called.
    """

    states: np.ndarray
    chances: np.ndarray
    rewards: np.ndarray
    metrics: np.ndarray
    metric_names: tuple[str, ...]

    def value(self, policy: Policy) -> TrueValue:
        """sum_k chance_k sum_a pi(a|s_k) E[r | k, a]: standard error 0, no episodes played. The first reward counts in
        full, so the discount factor is not in it.

        Raises:
            InputError: the policy has another number of actions, or its rows are not probabilities.
        """
        actions = self.rewards.shape[1]
        if policy.action_count != actions:
            what = f"The policy has {policy.action_count} actions, the shop has {actions}."
            raise InputError(what, where=f"policy {policy.name}")
        past = None
        if policy.memory is not None:
            past = Past.start(len(self.states), policy.memory, self.states.shape[1], 1.0)
        weights = self.chances[:, None] * checked(policy, ask(policy, self.states, past))
        means = np.einsum("ka,kam->m", weights, self.metrics)
        metrics = {name: (float(mean), 0.0) for name, mean in zip(self.metric_names, means, strict=True)}
        return TrueValue(float((weights * self.rewards).sum()), 0.0, 0, metrics)

    @property
    def best_value(self) -> float:
        """Value of the best policy of what it sees: in each state the action that earns most, averaged over the kinds
        of user that look alike."""
        states, kind = np.unique(self.states, axis=0, return_inverse=True)
        earned = np.zeros((len(states), self.rewards.shape[1]))
        np.add.at(earned, kind.ravel(), self.chances[:, None] * self.rewards)
        return float(earned.max(axis=1).sum())
