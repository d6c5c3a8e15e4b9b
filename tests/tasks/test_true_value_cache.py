"""True values are played once: what they are kept under, and a folder that survives bad files."""

from __future__ import annotations

import itertools
import json

import pytest

from rlbench_rec import tasks
from rlbench_rec.errors import OutputError, UnknownNameError
from rlbench_rec.policies import Uniform
from rlbench_rec.tasks.true_value_cache import TruthKey


@pytest.fixture
def task():
    return tasks.make("tabular-v1", seed=1)


@pytest.fixture
def played(monkeypatch):
    """Names of the policies that were played so far."""
    names = []
    for shop in (tasks.TASKS["tabular-v1"], tasks.TASKS["pricing-v1"]):
        play = shop._value
        monkeypatch.setattr(
            shop, "_value", lambda self, policy, *rest, p=play: names.append(policy.name) or p(self, policy, *rest)
        )
    return names


def test_keys_differ_in_everything_that_a_value_depends_on():
    shops = [tasks.identify("tabular-v1", seed, variant) for seed, variant in ((0, None), (1, None), (0, "judge"))]
    keys = [TruthKey(*each) for each in itertools.product(shops, ("random", "poor"), (0.01, 0.02), (1, 2), (0.0, 1.0))]
    assert len({key.digest for key in keys}) == len(keys)


def test_a_policy_that_the_task_names_is_played_once(task, played):
    first = task.true_value("farsighted-firm")
    assert task.true_value("farsighted-firm") == first and played == ["farsighted-firm"]
    task.true_value("farsighted-firm", gamma=0.5)
    task.true_value("farsighted-firm", seed=3)
    assert len(played) == 3


def test_the_behaviour_policy_is_known_by_itself(task, played):
    assert task.true_value("behaviour") == task.true_value(task.behaviour) and played == ["behaviour"]


def test_every_name_is_its_policy(task):
    for name, policy in task.named_policies().items():
        assert task.true_value(name, 0.5) == task.true_value(policy, 0.5)


def test_a_policy_that_only_bears_a_name_is_played(task, played):
    impostor = Uniform(task.action_count)
    impostor.name = "behaviour"
    task.true_value(task.behaviour)
    assert task.true_value(impostor) != task.true_value(task.behaviour)
    task.true_value(impostor)
    assert len(played) == 3


def test_a_name_that_the_task_does_not_have_is_refused(task, tmp_path):
    with pytest.raises(UnknownNameError, match="Did you mean 'farsighted-firm'"):
        task.true_value("farsigthed-firm", cache=tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_folder_keeps_values_from_one_process_to_the_next(tmp_path, played):
    first, again = (tasks.make("pricing-v1", seed=1) for _ in range(2))
    value = first.true_value("behaviour", relative_error=0.1, cache=tmp_path / "values")
    (file,) = (tmp_path / "values").iterdir()
    assert json.loads(file.read_text())["episodes"] == value.episodes
    assert again.true_value("behaviour", relative_error=0.1, cache=tmp_path / "values") == value
    assert played == ["behaviour"]


def test_a_folder_tells_shops_apart(tmp_path, played):
    changes = [{}, {"seed": 2}, {"variant": "judge"}, {"leave": 0.2}]
    values = {tasks.make("tabular-v1", **change).true_value("poor", 0.2, cache=tmp_path).value for change in changes}
    assert len(values) == len(changes) == len(played) == len(list(tmp_path.iterdir()))


@pytest.mark.parametrize("text", ["", "{", "[]", '{"value": 1}', '{"value": "x", "metrics": {}}'])
def test_a_broken_file_is_played_anew(tmp_path, text):
    first, again = (tasks.make("tabular-v1", seed=1) for _ in range(2))
    value = first.true_value("behaviour", cache=tmp_path)
    (file,) = tmp_path.iterdir()
    file.write_text(text)
    assert again.true_value("behaviour", cache=tmp_path) == value
    assert json.loads(file.read_text())["value"] == value.value


def test_a_folder_that_cannot_be_written_is_an_error(task, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be made"):
        task.true_value("behaviour", cache=tmp_path / "file")
