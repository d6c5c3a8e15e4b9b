"""The vectorised simulator contract: a batch of users, one decision each per call."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ..errors import InputError


class Step(NamedTuple):
    """What one decision for each of k present users led to.

    Attributes:
        states: (k, state size) float32, after the decision; meaningless to a policy where `terminated`.
        rewards: (k,) float32.
        metrics: (k, m) float32, in the order of the task's `metric_names`.
        terminated: (k,) bool, users who left; they are not present at the next step.
    """

    states: np.ndarray
    rewards: np.ndarray
    metrics: np.ndarray
    terminated: np.ndarray


class Simulator(ABC):
    """Users of one shop, all at the same step of their session.

    Every step draws the same number of uniform numbers for each of `n_users`, whether or not they are still present, so
    user i meets the same numbers at step t, no matter what a policy did before (common random numbers).

    Args:
        action_count: number of actions.
        horizon: steps after which everyone has left.
        n_users: size of the batch.
        seed: of the users' random numbers; a sequence of integers is one seed.
        users: play only these of the `n_users`, with the random numbers that they have in the full batch. None: all.

    Raises:
        InputError: no users, or a user outside the batch.
    """

    draws_at_start: int
    """Uniform numbers a user needs when the session begins."""
    draws_per_step: int
    """Uniform numbers a user needs at each step."""
    events: np.ndarray | None = None
    """(k,) int8 codes of what became of the last decisions, of the users who were present, where a shop shows them its
    history (see `shown_items`)."""
    means: np.ndarray | None = None
    """(k, 1 + m) expected reward and metrics of the last decisions, given where the users stood before them; None in
    shops that do not say."""

    def __init__(
        self,
        action_count: int,
        horizon: int,
        n_users: int,
        seed: int | Sequence[int],
        users: Sequence[int] | None = None,
    ):
        if n_users < 1:
            raise InputError(f"{n_users} users; at least 1 is needed.", where="n_users")
        check_seed(seed)
        self.action_count, self.horizon, self.n_users, self.seed = action_count, horizon, n_users, seed
        self._players = np.arange(n_users) if users is None else np.asarray(users, dtype=np.int64)
        if len(self._players) == 0 or self._players.min() < 0 or self._players.max() >= n_users:
            raise InputError(f"Users must lie in 0..{n_users - 1}.", where="users")
        self.present = np.empty(0, dtype=np.int64)
        self.elapsed = 0
        self.users: dict[str, np.ndarray] = {}

    @property
    def field(self) -> np.ndarray | None:
        """(k,) what an `InsiderPolicy` sees of the present users beside the state; None in a shop without
        such a field."""
        return None

    @abstractmethod
    def _begin(self, uniforms: np.ndarray) -> dict[str, np.ndarray]:
        """(draws_at_start, k) uniform numbers -> the users' columns by name, each (k, …)."""

    @abstractmethod
    def _react(self, actions: np.ndarray, uniforms: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(k,) actions and (draws_per_step, k) uniform numbers -> rewards, metrics, who leaves; updates `users`."""

    @abstractmethod
    def _observe(self) -> np.ndarray:
        """(k, state size) float32, what a policy sees of the present users."""

    def reset(self) -> np.ndarray:
        """Begin all sessions anew, with the same random numbers as before; (n_users, state size) states."""
        self._generator = np.random.default_rng(self.seed)
        self.present, self.elapsed = self._players, 0
        self.users = self._begin(self._uniforms(self.draws_at_start))
        return self._observe()

    def step(self, actions: np.ndarray) -> Step:
        """Decide once for each present user, in the order of `present`.

        Raises:
            InputError: nobody is present, or actions are not (k,) integers in [0, action_count).
        """
        rewards, metrics, leaves = self._react(self._checked(actions), self._uniforms(self.draws_per_step))
        self.elapsed += 1
        if self.elapsed == self.horizon:
            leaves = np.ones(len(self.present), dtype=bool)
        result = Step(self._observe(), rewards, metrics, leaves)
        stays = ~leaves
        self.present = self.present[stays]
        self.users = {name: column[stays] for name, column in self.users.items()}
        return result

    def _uniforms(self, draws: int) -> np.ndarray:
        return self._generator.random((draws, self.n_users), dtype=np.float32)[:, self.present]

    def _checked(self, actions: np.ndarray) -> np.ndarray:
        actions = np.asarray(actions)
        if len(self.present) == 0:
            raise InputError("Nobody is present.", where="step", hint="Call reset() first.")
        if actions.shape != self.present.shape or actions.dtype.kind not in "iu":
            raise InputError(
                f"Actions of shape {actions.shape} and dtype {actions.dtype}; "
                f"one integer for each of the {len(self.present)} present users is needed.",
                where="step",
            )
        if actions.min() < 0 or actions.max() >= self.action_count:
            row = int(np.argmax((actions < 0) | (actions >= self.action_count)))
            raise InputError(f"Action {actions[row]} is outside 0..{self.action_count - 1}.", where=f"step, row {row}")
        return actions


def check_seed(seed: int | Sequence[int]) -> None:
    """Raise an InputError on a seed that numpy's generators do not take: negative, or not an integer."""
    numbers = np.asarray(seed)
    if numbers.dtype.kind not in "iu" or numbers.min() < 0:
        raise InputError(f"The seed is {seed}; it must be an integer, not negative.", where="seed")
