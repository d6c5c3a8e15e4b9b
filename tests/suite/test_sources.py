"""Sources: which shop they name, and that it is made once."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from rlbench_rec import tasks
from rlbench_rec.errors import InputError, UnknownNameError
from rlbench_rec.suite.config import Source
from rlbench_rec.suite.kinds.estimators.config import TaskSource
from rlbench_rec.suite.later_keys import run_id_settings
from rlbench_rec.suite.sources import TRUTH_SEED, load, make_task, task_identity
from rlbench_rec.training.fit_options import FitOptions


@pytest.mark.parametrize("kind", [Source, TaskSource])
def test_a_source_names_one_shop_which_is_made_once(kind):
    source = kind(task="tabular-v1", task_seed=4, variant="judge", task_config={"actions": 3})
    task, expected = make_task(source), tasks.make("tabular-v1", 4, variant="judge", actions=3)
    assert (task.seed, task.config) == (expected.seed, expected.config)
    assert make_task(source) is task
    assert (
        make_task(kind(task="tabular-v1", task_seed=4, variant="train", task_config={"actions": 3})).seed != task.seed
    )


def test_the_log_is_of_that_shop_and_of_other_users_than_the_truth():
    source = Source(task="tabular-v1", task_seed=4, variant="judge", episodes=50)
    loaded = load(source)
    config = loaded.data.provenance.config
    assert config["task_seed"] == make_task(source).seed and config["seed"] == 5 != TRUTH_SEED
    assert (len(loaded.train.episode_starts), len(loaded.test.episode_starts)) == (40, 10)


def test_bad_shops_are_refused():
    with pytest.raises(UnknownNameError, match="Did you mean 'tabular-v1'"):
        make_task(Source(task="tabulr-v1"))
    with pytest.raises(InputError, match="tabular-v1: actions"):
        make_task(Source(task="tabular-v1", task_config={"actions": 0}))


@pytest.mark.parametrize("kind", [Source, TaskSource])
@pytest.mark.parametrize("name", ["seed", "variant", "stratum", "task_id"])
def test_arguments_of_make_are_no_parameters(kind, name):
    with pytest.raises(ValidationError, match="write task_seed, variant, stratum and task"):
        kind(task="tabular-v1", task_config={name: 3})


def test_a_source_is_identified_as_what_it_makes():
    source = Source(task="tabular-v1", task_seed=4, variant="judge", task_config={"actions": 3})
    assert task_identity(source) == make_task(source).identity
    assert task_identity(source).label == "tabular-v1/judge/seed-4/actions=3"


CARD = """
id = "corner-shop"
title = "A log without propensities"
homepage = "https://example.org"
licence = "CC0"
citation = "none"
time_unit = "s"
session = "row"
action_source = "choice"
propensity = "none"
reward_weights = { view = 0.2, purchase = 1.0 }
columns = { timestamp = "time", item = "item", event = "event" }
events = { view = "view", purchase = "purchase" }
[[files]]
pattern = "log.csv"
"""


def card_of_a_short_log(tmp_path, rows):
    (tmp_path / "card.toml").write_text(CARD)
    lines = [f"{1_700_000_000 + i},{i % 3},{'purchase' if i % 5 == 0 else 'view'}" for i in range(rows)]
    (tmp_path / "log.csv").write_text("\n".join(["time,item,event", *lines]) + "\n")


@pytest.mark.parametrize("rows", [40, 300])
def test_a_model_of_the_behaviour_policy_is_fitted_on_a_short_log_too(tmp_path, rows):
    card_of_a_short_log(tmp_path, rows)
    source = Source(dataset=str(tmp_path / "card.toml"), data=str(tmp_path))
    loaded = load(source, FitOptions(steps=5))
    assert loaded.behaviour.action_count == loaded.data.action_count


def test_the_model_of_the_behaviour_policy_is_trained_as_the_suite_says(tmp_path):
    card_of_a_short_log(tmp_path, 300)
    source = Source(dataset=str(tmp_path / "card.toml"), data=str(tmp_path))

    def probabilities(**options):
        loaded = load(source, FitOptions(**{"steps": 5, "batch_size": 32} | options))
        return loaded.behaviour.probabilities(loaded.test.states())

    usual = probabilities()
    assert np.array_equal(usual, probabilities())
    assert not np.array_equal(usual, probabilities(batch_size=16))
    assert not np.array_equal(usual, probabilities(steps=6))


def test_training_looks_into_a_users_next_session_and_values_do_not(shared_data):
    source = Source(dataset="taobao", data=str(shared_data / "taobao"), mdp={"ends": "truncated", "top_k": 20})
    loaded = load(source, FitOptions(steps=2, batch_size=16))
    assert (loaded.train.next_episodes >= 0).any() and loaded.train.terminals.sum() < loaded.train.n_episodes
    assert loaded.test.next_episodes is None and loaded.data.next_episodes is None


def test_a_stratum_is_part_of_the_name_and_of_the_shop():
    for kind in (Source, TaskSource):
        plain, easy = kind(task="tabular-v1"), kind(task="tabular-v1", stratum="easy")
        assert plain.name == easy.name == "tabular-v1"
        assert make_task(plain).identity == make_task(easy).identity
        assert kind(task="tabular-v1", stratum="real").name == "tabular-v1/real"
        with pytest.raises(UnknownNameError, match="tabular-v1: Unknown stratum"):
            make_task(kind(task="tabular-v1", stratum="no-such"))


def test_a_data_set_has_no_strata():
    with pytest.raises(ValidationError, match="a data set has no strata"):
        Source(dataset="taobao", stratum="real")


def test_a_source_without_a_stratum_keeps_its_run_ids():
    said = run_id_settings(Source(task="tabular-v1").model_dump(mode="json"))
    assert "stratum" not in said and said["variant"] is None
    assert run_id_settings(Source(task="tabular-v1", stratum="easy").model_dump(mode="json"))["stratum"] == "easy"
