"""Strata: named sets of a task's parameters."""

from __future__ import annotations

import json
from typing import ClassVar

import pytest
from pydantic import Field

import rlbench_rec as rb
from rlbench_rec import tasks
from rlbench_rec.errors import UnknownNameError
from rlbench_rec.tasks.shops.tabular import Tabular, TabularConfig
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
    with pytest.raises(UnknownNameError, match=r"stratum of grown-v1 'reel'\. Did you mean 'real'"):
        rb.tasks.make(grown, stratum="reel")


def test_gymnasium_makes_strata(grown, monkeypatch):
    from rlbench_rec.tasks.environment import make_env

    assert make_env(grown, stratum="real").task.config.states == 4
