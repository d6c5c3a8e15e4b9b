"""A behaviour policy that saw what the log does not have: confounded logging."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..policies.policy import Policy


class InsiderPolicy(Policy):
    """A policy that decides by a field that no log keeps: one policy of the state for each value u of the field.

    The log shows its average alone, pi(a|s) = mean over u of pi(a|s, u), all values being equally likely and
    drawn anew for every decision. That is also the propensity in a log: what the best model of the log's own fields
    would say, since the true one went with the field. A value of another policy that is estimated with it is biased
    where the field also moves the reward (Kallus and Zhou 2018, Confounding-Robust Policy Improvement).

    Args:
        name: label in tables.
        by_value: the policy at each value of the field, all over the same actions.
    """

    def __init__(self, name: str, by_value: Sequence[Policy]):
        self.name, self.by_value = name, tuple(by_value)
        self.action_count = self.by_value[0].action_count

    def probabilities(self, states: np.ndarray) -> np.ndarray:
        return np.mean([policy.probabilities(states) for policy in self.by_value], axis=0)

    def informed(self, states: np.ndarray, field: np.ndarray) -> np.ndarray:
        """(n, action_count) what it decides by: pi(a|s, u), with (n,) values u of the field."""
        matrices = np.stack([policy.probabilities(states) for policy in self.by_value])
        return matrices[field, np.arange(len(states))]
