"""One user of a task as a Gymnasium environment."""

from __future__ import annotations

import gymnasium
import numpy as np

from ..errors import InputError
from .base import Task
from .simulator import Simulator
from .variants import Variant


class TaskEnv(gymnasium.Env[np.ndarray, np.int64]):
    """A session of one user; each reset brings another user.

    `info` carries the metrics of the step by name, and after a reset the `seed` with which
    `task.simulator(1, seed)` plays the same user again.

    Args:
        task: the shop.
    """

    metadata = {"render_modes": []}  # noqa: RUF012  (Gymnasium's own way to say it)

    def __init__(self, task: Task):
        self.task = task
        low, high = task.observation_bounds
        self.observation_space = gymnasium.spaces.Box(low, high, dtype=np.float32)
        self.action_space = gymnasium.spaces.Discrete(task.action_count)
        self._simulator: Simulator | None = None

    def reset(
        self, *, seed: int | None = None, options: dict[str, object] | None = None
    ) -> tuple[np.ndarray, dict[str, int]]:
        """Begin another user's session."""
        super().reset(seed=seed, options=options)
        user_seed = int(self.np_random.integers(2**31))
        self._simulator = simulator = self.task.simulator(1, user_seed)
        return simulator.reset()[0], {"seed": user_seed}

    def step(self, action: int | np.int64) -> tuple[np.ndarray, float, bool, bool, dict[str, float]]:
        """Take one decision.

        A session that reaches the horizon is terminated, not truncated: the step is part of the state, and nothing
        is earned afterwards.

        Raises:
            InputError: before the first reset, after the end, or on an action out of range.
        """
        if self._simulator is None:
            raise InputError("The session has not begun.", where="step", hint="Call reset() first.")
        step = self._simulator.step(np.asarray([action]))
        info = {name: float(value) for name, value in zip(self.task.metric_names, step.metrics[0], strict=True)}
        return step.states[0], float(step.rewards[0]), bool(step.terminated[0]), False, info


def make_env(
    task_id: str, seed: int = 0, variant: Variant | None = None, stratum: str | None = None, **config: object
) -> TaskEnv:
    """The environment of a task by id: what `gymnasium.make` calls."""
    from . import make

    return make(task_id, seed, variant, stratum, **config).env()


def register_all() -> None:
    """Register each task as `rlbench/<Name>-v<n>`; calling it again does nothing."""
    from . import TASKS

    for task_id in TASKS:
        stem, _, version = task_id.rpartition("-")
        name = f"rlbench/{''.join(part.capitalize() for part in stem.split('-'))}-{version}"
        if name not in gymnasium.registry:
            gymnasium.register(name, entry_point="rlbench_rec.tasks.environment:make_env", kwargs={"task_id": task_id})
