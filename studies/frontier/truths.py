"""True lifts by paired rollouts: every policy meets the same users, with the same random numbers."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from rlbench_rec.policies import Policy
from rlbench_rec.tasks import Task
from rlbench_rec.tasks.rollout import USERS
from rlbench_rec.tasks.true_values import returns

SEED = 1_000_003
"""Of the users; no log has it."""
PRECISION = 0.004
"""Standard error of a true lift at which rollouts stop, over the behaviour policy's value."""
LEAST, MOST = 4, 24
"""Batches of users."""


@dataclass(frozen=True)
class TrueLift:
    """A policy's value less the behaviour policy's.

    Attributes:
        lift, std_error: in units of the reward.
        behaviour: the behaviour policy's value on the same users.
        episodes: how many were played.
    """

    lift: float
    std_error: float
    behaviour: float
    episodes: int


@dataclass
class Truths:
    """True lifts in one shop; the behaviour policy is played once.

    Attributes:
        task: the shop.
    """

    task: Task
    _behaviour: list[np.ndarray] = field(default_factory=list)

    def of(self, policy: Policy) -> TrueLift:
        """The policy's true lift, to `PRECISION` or `MOST` batches."""
        differences: list[np.ndarray] = []
        while True:
            batch = len(differences)
            differences.append(self._played(policy, batch) - self._served(batch))
            both = np.concatenate(differences)
            error, value = float(both.std(ddof=1) / np.sqrt(len(both))), float(np.mean(self._behaviour[: batch + 1]))
            if batch + 1 == MOST or (batch + 1 >= LEAST and error <= PRECISION * abs(value)):
                return TrueLift(float(both.mean()), error, value, len(both))

    def _served(self, batch: int) -> np.ndarray:
        while len(self._behaviour) <= batch:
            self._behaviour.append(self._played(self.task.behaviour, len(self._behaviour)))
        return self._behaviour[batch]

    def _played(self, policy: Policy, batch: int) -> np.ndarray:
        return returns(self.task, policy, USERS, SEED, batch, self.task.gamma)[:, 0]
