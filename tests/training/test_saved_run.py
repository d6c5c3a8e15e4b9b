"""Saved runs come back the same to the bit; what was changed is refused."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from safetensors.torch import load as from_bytes
from safetensors.torch import save as to_bytes

from rlbench_rec.errors import InputError, MissingFileError, OutputError
from rlbench_rec.testing.algorithms import toy_shop
from rlbench_rec.training import fit, load, saved_run


@pytest.fixture(scope="module")
def data():
    return toy_shop(120, history=2)


@pytest.fixture(scope="module")
def run(data):
    return fit(data, "cql", steps=30, batch_size=32, device="cpu", config={"n_critics": 2})


@pytest.fixture
def folder(run, tmp_path):
    run.save(tmp_path / "run")
    return tmp_path / "run"


def test_round_trip(run, data, folder):
    loaded = load(folder, device="cpu")
    states = data.states()
    for checkpoint_name in ("last", "best"):
        expected = run.q_values(states, checkpoint=checkpoint_name)
        assert np.array_equal(loaded.q_values(states, checkpoint=checkpoint_name), expected)
    pd.testing.assert_frame_equal(loaded.history, run.history)
    assert loaded.config == run.config
    assert loaded.layout == run.layout
    assert (loaded.algorithm, loaded.best_step, loaded.seed) == (run.algorithm, run.best_step, run.seed)
    assert sorted(path.name for path in folder.iterdir()) == ["best.safetensors", "last.safetensors", "run.json"]


def test_a_clone_round_trips(data, tmp_path):
    clone = fit(data, "bc", steps=20, batch_size=32, device="cpu", validation=0)
    clone.save(tmp_path / "clone")
    loaded = load(tmp_path / "clone", device="cpu")
    states = data.states()
    expected = clone.policy("stochastic").probabilities(states)
    assert np.array_equal(loaded.policy("stochastic").probabilities(states), expected)
    pd.testing.assert_frame_equal(loaded.history, clone.history)


@pytest.mark.parametrize(("algorithm", "config"), [("bcq", {}), ("sac", {}), ("cql", {"dueling": True, "n_steps": 3})])
def test_other_networks_round_trip(algorithm, config, data, tmp_path):
    run = fit(data, algorithm, steps=20, batch_size=32, device="cpu", config=config)
    run.save(tmp_path / "run")
    loaded, states = load(tmp_path / "run", device="cpu"), data.states()
    assert np.array_equal(loaded.q_values(states), run.q_values(states))
    assert np.array_equal(loaded.q_values(states, checkpoint="best"), run.q_values(states, checkpoint="best"))
    assert loaded.config == run.config


def test_saving_never_overwrites(run, folder):
    with pytest.raises(OutputError, match="something here already"):
        run.save(folder)


def test_a_place_that_cannot_be_written(run, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="Cannot write here"):
        run.save(tmp_path / "file" / "run")


def test_a_failed_save_leaves_nothing(run, tmp_path, monkeypatch):
    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", fail)
    with pytest.raises(OutputError, match="No space left"):
        run.save(tmp_path / "run")
    assert list(tmp_path.iterdir()) == []


def test_nothing_there(tmp_path):
    with pytest.raises(MissingFileError, match="no such saved run"):
        load(tmp_path / "run")


def test_a_missing_checkpoint(folder):
    (folder / "best.safetensors").unlink()
    with pytest.raises(MissingFileError, match="checkpoint"):
        load(folder)


def test_a_tampered_file(folder):
    path = folder / "last.safetensors"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(InputError, match="not the one that was saved"):
        load(folder)


def test_weights_of_another_shape(folder):
    header = json.loads((folder / "run.json").read_text())
    header["config"]["hidden_units"] = [64, 32]
    (folder / "run.json").write_text(json.dumps(header))
    with pytest.raises(InputError, match="do not fit"):
        load(folder)


def test_weights_of_another_layout_with_their_own_checksum(folder):
    path = folder / "last.safetensors"
    weights = {name: tensor[:-1].contiguous() for name, tensor in from_bytes(path.read_bytes()).items()}
    path.write_bytes(to_bytes(weights))
    header = json.loads((folder / "run.json").read_text())
    header["sha256"]["last"] = saved_run.hashlib.sha256(path.read_bytes()).hexdigest()
    (folder / "run.json").write_text(json.dumps(header))
    with pytest.raises(InputError, match="do not fit"):
        load(folder)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "Not a JSON file"),
        ("[]", "Not a run of format 3"),
        ('{"format": 1}', "Not a run of format 3"),
        ('{"format": 3}', "algorithm: is missing"),
    ],
)
def test_headers_that_are_none(folder, text, message):
    (folder / "run.json").write_text(text)
    with pytest.raises(InputError, match=message):
        load(folder)


@pytest.mark.parametrize(
    ("key", "value"),
    [("layout", {"width": 3}), ("history", 3), ("sha256", ["last"]), ("sha256", {"../last": "0" * 64})],
)
def test_headers_with_nonsense_inside(folder, key, value):
    header = json.loads((folder / "run.json").read_text())
    header[key] = value
    (folder / "run.json").write_text(json.dumps(header))
    with pytest.raises(InputError, match=rf"run\.json: {key}"):
        load(folder)


@pytest.mark.parametrize("change", [{"n_critics": 2**63}, {"hidden_units": [2**40]}, {"embedding_size": 10**9}])
def test_a_size_that_no_network_has_is_refused_at_once(folder, change):
    header = json.loads((folder / "run.json").read_text())
    header["config"] |= change
    (folder / "run.json").write_text(json.dumps(header))
    with pytest.raises(InputError, match=next(iter(change))):
        load(folder)
