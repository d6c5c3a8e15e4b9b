"""True values are played once: what their name depends on, and a folder that survives bad files."""

from __future__ import annotations

import json
from functools import partial

import numpy as np
import pytest

from rlbench_rec import tasks
from rlbench_rec.errors import OutputError
from rlbench_rec.policies import EpsilonGreedy, Greedy, Softmax, Stateless, Uniform
from rlbench_rec.tasks import truth_cache
from rlbench_rec.tasks.fingerprint import fingerprint
from rlbench_rec.tasks.ladder import Rung, standardised_rows


@pytest.fixture
def task():
    return tasks.make("tabular-v1", seed=1)


@pytest.fixture
def memory(monkeypatch):
    """This process's memory, empty."""
    kept = {}
    monkeypatch.setattr(truth_cache, "_MEMORY", kept)
    return kept


def test_policies_that_decide_alike_have_one_name_and_others_have_their_own(task):
    rung = Rung(score={"farsighted": 1.0}, tau=0.5)
    things = [
        Uniform(3),
        Uniform(4),
        Stateless("random", np.array([0.5, 0.25, 0.25])),
        Softmax(standardised_rows, 2, 0.5),
        Softmax(standardised_rows, 2, 0.6),
        EpsilonGreedy(standardised_rows, 2, 0.5),
        Softmax(partial(standardised_rows), 2, 0.5),
        task.policy(rung),
        task.policy(rung.model_copy(update={"tau": 0.4})),
        tasks.make("tabular-v1", seed=2).policy(rung),
        tasks.make("tabular-v1", seed=1, leave=0.2).policy(rung),
        task,
    ]
    names = [fingerprint(thing) for thing in things]
    assert None not in names
    assert len(set(names)) == len(names)
    assert fingerprint(tasks.make("tabular-v1", seed=1).policy(rung)) == names[7]
    assert fingerprint(Uniform(3)) == names[0]


def test_what_has_no_known_content_has_no_name():
    class Own(Uniform):
        """Of another package."""

    tau = 0.5
    assert fingerprint(Own(2)) is None
    assert fingerprint(Greedy(lambda states: states * tau, 2)) is None
    assert fingerprint(np.random.default_rng(0)) is None
    assert fingerprint(np.array([object()])) is None


def test_using_a_task_does_not_rename_it(task):
    before = fingerprint(task)
    task.true_value(task.behaviour)
    assert task.behaviour_value > 0
    assert fingerprint(task) == before
    task.click_rates = task.click_rates + 0.1
    assert fingerprint(task) != before


def test_a_value_is_played_once(task, memory, monkeypatch):
    first = task.true_value(task.behaviour)
    assert len(memory) == 1
    monkeypatch.setattr(type(task), "_value", lambda *arguments: pytest.fail("played again"))
    assert task.true_value(task.behaviour) == first
    with pytest.raises(pytest.fail.Exception):
        task.true_value(task.behaviour, gamma=0.5)


def test_a_folder_keeps_values_from_one_process_to_the_next(tmp_path, memory, monkeypatch):
    task = tasks.make("pricing-v1", seed=1)
    value = task.true_value(task.behaviour, relative_error=0.1, cache=tmp_path / "values")
    files = list((tmp_path / "values").iterdir())
    assert len(files) == 1
    assert json.loads(files[0].read_text())["episodes"] == value.episodes
    memory.clear()
    monkeypatch.setattr(type(task), "_value", lambda *arguments: pytest.fail("played again"))
    assert task.true_value(task.behaviour, relative_error=0.1, cache=tmp_path / "values") == value


@pytest.mark.parametrize("text", ["", "{", "[]", '{"value": 1}', '{"value": "x", "metrics": {}}'])
def test_a_broken_file_is_played_anew(task, tmp_path, memory, text):
    value = task.true_value(task.behaviour, cache=tmp_path)
    (file,) = tmp_path.iterdir()
    file.write_text(text)
    memory.clear()
    assert task.true_value(task.behaviour, cache=tmp_path) == value
    assert json.loads(file.read_text())["value"] == value.value


def test_a_folder_that_cannot_be_written_is_an_error(task, tmp_path, memory):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="true value"):
        task.true_value(task.behaviour, cache=tmp_path / "file")
