"""Many users of a shop at once, for learners that play; imported where stable-baselines3 is needed."""

from __future__ import annotations

from typing import Any

import numpy as np
from stable_baselines3.common.vec_env import VecEnv
from stable_baselines3.common.vec_env.base_vec_env import VecEnvObs, VecEnvStepReturn

from ..tasks.base import Task
from ..tasks.simulator import Simulator


class UserStream(VecEnv):
    """So many seats, each with one user of the shop; whoever leaves is replaced by a new one at once.

    A simulator's users are all at the same step, so those who arrive together stay together: there are never more of
    these groups than a session has steps, and a step costs as many vectorised calls as there are groups, however many
    the seats. One environment a seat costs a call a seat.

    Args:
        task: the shop.
        seats: users present at any time.
        seed: of the users.
    """

    def __init__(self, task: Task, seats: int, seed: int):
        one = task.env()
        super().__init__(seats, one.observation_space, one.action_space)
        self._task, self._rng = task, np.random.default_rng(seed)
        self._groups: list[tuple[Simulator, np.ndarray]] = []
        self._actions = np.empty(0, np.int64)

    def reset(self) -> VecEnvObs:
        """A new user in every seat: (seats, state size) states."""
        self._groups = []
        return self._welcome(np.arange(self.num_envs))

    def _welcome(self, seats: np.ndarray) -> np.ndarray:
        """Let new users take these seats; (k, state size) their first states."""
        simulator = self._task.simulator(len(seats), int(self._rng.integers(2**31)))
        self._groups.append((simulator, seats))
        return simulator.reset()

    def step_async(self, actions: np.ndarray) -> None:
        self._actions = actions

    def step_wait(self) -> VecEnvStepReturn:
        """One decision for every seat; the state of a seat whose user left is the next user's first.

        A session that reaches the horizon is terminated, not truncated, as in `TaskEnv`.
        """
        seats = self.num_envs
        states = np.empty((seats, len(self._task.observation_names)), np.float32)
        rewards, left = np.empty(seats, np.float32), np.empty(seats, bool)
        still = []
        for simulator, own in self._groups:
            step = simulator.step(self._actions[own])
            states[own], rewards[own], left[own] = step.states, step.rewards, step.terminated
            if not step.terminated.all():
                still.append((simulator, own[~step.terminated]))
        self._groups = still
        free = np.flatnonzero(left)
        if len(free):
            states[free] = self._welcome(free)
        return states, rewards, left, [{} for _ in range(seats)]

    def close(self) -> None:
        """Nothing is open."""

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        return [getattr(self, attr_name, None) for _ in self._get_indices(indices)]

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        raise AttributeError(f"Seats have no attributes of their own, so no {attr_name}.")

    def env_method(self, method_name: str, *args: Any, indices: Any = None, **kwargs: Any) -> list[Any]:
        raise AttributeError(f"Seats have no methods of their own, so no {method_name}.")

    def env_is_wrapped(self, wrapper_class: Any, indices: Any = None) -> list[bool]:
        return [False for _ in self._get_indices(indices)]
