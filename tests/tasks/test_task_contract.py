"""Every registered task keeps the contract, and passes Gymnasium's own checker."""

from __future__ import annotations

import gymnasium
import pytest
from gymnasium.utils.env_checker import check_env

from rlbench_rec import tasks
from rlbench_rec.testing.tasks import check_task

QUICK = ("easy", "real")
"""Strata that every run of the tests checks."""
STRATA = [
    pytest.param(name, stratum, marks=[] if stratum in QUICK else [pytest.mark.slow])
    for name in tasks.TASKS
    for stratum in tasks.TASKS[name].strata
]


@pytest.mark.parametrize(("task_id", "stratum"), STRATA)
def test_contract(task_id, stratum):
    check_task(task_id, stratum)


@pytest.mark.parametrize(("task_id", "stratum"), STRATA)
@pytest.mark.filterwarnings("error")
def test_gymnasium_checker(task_id, stratum):
    check_env(tasks.make(task_id, stratum=stratum).env(), skip_render_check=True)


def test_register_is_repeatable_and_makes_environments():
    tasks.register()
    tasks.register()
    env = gymnasium.make("rlbench/Recommend-v1", seed=5, horizon=3)
    env.reset(seed=0)
    assert env.unwrapped.task.seed == 5
    assert env.unwrapped.task.horizon == 3
    names = [name for name in gymnasium.registry if name.startswith("rlbench/")]
    assert len(names) == len(tasks.TASKS)
