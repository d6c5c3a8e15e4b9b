"""Strata: named sets of a task's parameters."""

from __future__ import annotations

import json
from typing import ClassVar

import numpy as np
import pytest
from pydantic import Field

import rlbench_rec as rb
from rlbench_rec import tasks
from rlbench_rec.errors import UnknownNameError
from rlbench_rec.policies import Uniform
from rlbench_rec.tasks.rollout import USERS, play
from rlbench_rec.tasks.shops.tabular import Tabular, TabularConfig
from rlbench_rec.tasks.true_values import returns
from rlbench_rec.tasks.variants import SPREAD


class GrownConfig(TabularConfig):
    """A config with a field that came later."""

    added: ClassVar[frozenset[str]] = frozenset({"delay"})
    delay: float = Field(default=0.0, ge=0.0, le=1.0)
    """What came later."""


class Grown(Tabular):
    """A random MDP with strata."""

    id = "grown-v1"
    Config = GrownConfig
    strata: ClassVar = {"easy": {}, "real": {"leave": 0.4, "states": 4}, "late": {"delay": 0.5}}


@pytest.fixture
def grown(monkeypatch):
    monkeypatch.setattr(tasks, "TASKS", type(tasks.TASKS)("task", {"grown-v1": Grown}))
    return "grown-v1"


@pytest.mark.parametrize("task_id", list(tasks.TASKS))
def test_every_task_has_the_easy_stratum_which_sets_nothing(task_id):
    assert tasks.TASKS[task_id].strata["easy"] == {}
    plain, easy = tasks.identify(task_id, 1, "judge"), tasks.identify(task_id, 1, "judge", "easy")
    assert plain == easy and plain.digest == easy.digest and plain.label == easy.label


def test_a_stratum_sets_parameters_and_what_is_given_goes_first(grown):
    assert (tasks.make(grown, stratum="real").config.leave, tasks.make(grown).config.leave) == (0.4, 0.1)
    config = tasks.make(grown, stratum="real", leave=0.2).config
    assert (config.leave, config.states) == (0.2, 4)


def test_a_variant_moves_what_the_stratum_sets(grown):
    plain, real = (tasks.make(grown, 2, "judge", stratum) for stratum in (None, "real"))
    assert real.config.leave / 0.4 == pytest.approx(plain.config.leave / 0.1)
    assert 0 < abs(real.config.leave / 0.4 - 1) <= SPREAD
    assert real.seed == plain.seed and real.config.states == 4


def test_a_stratum_is_another_shop_and_says_so(grown):
    plain, real = tasks.identify(grown, 3, "judge"), tasks.identify(grown, 3, "judge", "real")
    assert plain.digest != real.digest
    assert real.label == "grown-v1/real/judge/seed-3" and plain.label == "grown-v1/judge/seed-3"
    assert tasks.make(grown, 3, "judge", "real").identity == real


def test_what_came_later_is_not_written_while_it_is_off(grown):
    assert "delay" not in json.loads(tasks.identify(grown).config)
    assert json.loads(tasks.identify(grown, stratum="late").config)["delay"] == 0.5
    assert "delay" in tasks.make(grown).config.model_dump()


def test_an_unknown_stratum_is_refused(grown):
    with pytest.raises(UnknownNameError, match=r"grown-v1: Unknown stratum 'reel'\. Did you mean 'real'"):
        rb.tasks.make(grown, stratum="reel")


def test_gymnasium_makes_strata(grown, monkeypatch):
    from rlbench_rec.tasks.environment import make_env

    assert make_env(grown, stratum="real").task.config.states == 4


@pytest.mark.parametrize("task_id", ["ads-v1", "cart-v1", "offers-v1", "pricing-v1", "retention-v1", "sequence-v1"])
def test_expected_rollouts_have_the_mean_of_drawn_ones_and_less_spread(task_id):
    task = tasks.make(task_id, 1, stratum="real")
    sums = []
    for expected in (False, True):
        total = np.zeros((USERS, 1 + len(task.metric_names)))
        for t, step in enumerate(play(task, task.behaviour, USERS, 3, 0, expected=expected)):
            total[step.users] += task.gamma**t * np.column_stack((step.rewards, step.metrics))
        sums.append(total)
    drawn, expected = sums
    gap = drawn - expected
    assert (np.abs(gap.mean(axis=0)) <= 4 * gap.std(axis=0) / np.sqrt(USERS) + 1e-5).all()
    assert expected[:, 0].std() < 0.9 * drawn[:, 0].std()


def test_drawn_rollouts_are_what_they_were():
    task = tasks.make("sequence-v1", 1)
    drawn = returns(task, task.behaviour, 200, 3, 0, 1.0)
    total = np.zeros(200)
    for step in play(task, task.behaviour, 200, 3, 0):
        total[step.users] += step.rewards
    assert np.array_equal(drawn[:, 0], total)
    assert task.simulator(5, 1).means is None


@pytest.mark.parametrize(("task_id", "name", "shown"), [("cart-v1", "annoyance", 0.0), ("offers-v1", "mood", 0.5)])
def test_what_is_hidden_is_shown_as_one_value(task_id, name, shown):
    partial = dict(tasks.TASKS[task_id].strata["partial"])
    full = {**partial, "observed": "full"}
    seen, blind = (tasks.make(task_id, 1, **config) for config in (full, partial))
    random = Uniform(seen.action_count)
    logs = [task.log(episodes=100, policy=random, seed=1) for task in (seen, blind)]
    column = seen.observation_names.index(name)
    assert np.array_equal(logs[0].rewards, logs[1].rewards)
    assert len(np.unique(logs[0].observations[:, column])) > 2
    assert np.unique(logs[1].observations[:, column]).tolist() == [shown]


def test_at_the_checkout_all_margins_come_at_once():
    now, later = (tasks.make("cart-v1", 1, stratum=stratum) for stratum in ("easy", "delayed"))
    random = Uniform(now.action_count)
    logs = [task.log(episodes=300, policy=random, seed=1) for task in (now, later)]
    assert np.array_equal(logs[0].actions, logs[1].actions)
    at_once, paid = (np.add.reduceat(log.rewards, log.episode_starts) for log in logs)
    pays = logs[1].metrics[:, 1] > 0
    assert not logs[1].rewards[~pays].any() and (logs[1].rewards[pays] > 0).all()
    # Beside the added margins, the one of the item that the customer came for, lost or kept.
    came_for = logs[1].observations[logs[1].episode_starts, 3 : 3 + 3] @ later.margin[:3]
    assert np.allclose(paid - at_once, came_for, atol=1e-4)
