"""Saving and loading a TransitionDataset."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from rlbench_rec.errors import InputError, MissingFileError, OutputError
from rlbench_rec.mdp import Provenance, TransitionDataset


@pytest.fixture
def data() -> TransitionDataset:
    rng = np.random.default_rng(0)
    return TransitionDataset(
        observations=rng.normal(size=(50, 3)).astype(np.float32),
        actions=rng.integers(0, 4, 50),
        rewards=rng.normal(size=50).astype(np.float32),
        episode_starts=np.arange(0, 50, 5),
        action_count=4,
        propensities=np.full(50, 0.25),
        train_episodes=6,
        provenance=Provenance("toy", "abc", config={"top_k": 4}),
        action_names=("a", "b", "c", "d"),
    )


@pytest.mark.parametrize("mmap", [True, False])
def test_round_trip(data, tmp_path, mmap):
    data.save(tmp_path / "saved")
    again = TransitionDataset.load(tmp_path / "saved", mmap=mmap)
    np.testing.assert_array_equal(again.states(), data.states())
    np.testing.assert_array_equal(again.propensities, data.propensities)
    assert again.provenance == data.provenance and again.action_names == data.action_names
    assert again.describe() == data.describe()
    assert isinstance(again.actions, np.memmap) == mmap


def test_probabilities_of_all_actions_are_kept(data, tmp_path):
    data = replace(data, behaviour_probabilities=np.full((50, 4), 0.25, dtype=np.float32))
    data.save(tmp_path / "saved")
    again = TransitionDataset.load(tmp_path / "saved")
    np.testing.assert_array_equal(again.behaviour_probabilities, data.behaviour_probabilities)
    assert json.loads((tmp_path / "saved" / "dataset.json").read_text())["format"] == 3
    assert again.describe()["propensities"] == "logged, of all actions"


def test_same_data_same_bytes(data, tmp_path):
    for name in ("a", "b"):
        data.save(tmp_path / name)
    for path in sorted((tmp_path / "a").iterdir()):
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()


def test_an_existing_folder_is_not_overwritten(data, tmp_path):
    data.save(tmp_path / "saved")
    with pytest.raises(OutputError, match="something here already"):
        data.save(tmp_path / "saved")
    assert [path.name for path in tmp_path.iterdir()] == ["saved"]


def test_a_parent_that_is_a_file_is_refused(data, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="Cannot write here"):
        data.save(tmp_path / "file" / "saved")


def test_a_pickled_column_is_never_loaded(data, tmp_path):
    data.save(tmp_path / "saved")
    np.save(tmp_path / "saved" / "actions.npy", np.array([object()]), allow_pickle=True)
    with pytest.raises(InputError, match=r"actions\.npy"):
        TransitionDataset.load(tmp_path / "saved", mmap=False)


def test_a_column_cannot_lead_out_of_the_folder(data, tmp_path):
    data.save(tmp_path / "saved")
    header = json.loads((tmp_path / "saved" / "dataset.json").read_text())
    header["columns"].append("../elsewhere")
    (tmp_path / "saved" / "dataset.json").write_text(json.dumps(header))
    with pytest.raises(InputError, match="columns, sixth entry"):
        TransitionDataset.load(tmp_path / "saved")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 1}', '{"format": 2}'])
def test_a_broken_header_is_refused(data, tmp_path, text):
    data.save(tmp_path / "saved")
    (tmp_path / "saved" / "dataset.json").write_text(text)
    with pytest.raises(InputError, match=r"dataset\.json"):
        TransitionDataset.load(tmp_path / "saved")


def test_missing_parts_are_named(data, tmp_path):
    with pytest.raises(MissingFileError, match="no such saved dataset"):
        TransitionDataset.load(tmp_path / "nowhere")
    data.save(tmp_path / "saved")
    (tmp_path / "saved" / "rewards.npy").unlink()
    with pytest.raises(MissingFileError, match=r"rewards\.npy"):
        TransitionDataset.load(tmp_path / "saved")
