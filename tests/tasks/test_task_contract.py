"""Every registered task keeps the contract, and passes Gymnasium's own checker."""

from __future__ import annotations

import gymnasium
import pytest
from gymnasium.utils.env_checker import check_env

from rlbench_rec import tasks
from rlbench_rec.testing.tasks import check_task


@pytest.mark.parametrize("task_id", list(tasks.TASKS))
def test_contract(task_id):
    check_task(task_id)


@pytest.mark.parametrize("task_id", list(tasks.TASKS))
@pytest.mark.filterwarnings("error")
def test_gymnasium_checker(task_id):
    check_env(tasks.make(task_id).env(), skip_render_check=True)


def test_register_is_repeatable_and_makes_environments():
    tasks.register()
    tasks.register()
    env = gymnasium.make("rlbench/Recommend-v1", seed=5, horizon=3)
    env.reset(seed=0)
    assert env.unwrapped.task.seed == 5
    assert env.unwrapped.task.horizon == 3
    names = [name for name in gymnasium.registry if name.startswith("rlbench/")]
    assert len(names) == len(tasks.TASKS)
