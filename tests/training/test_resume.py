"""A training that was interrupted ends as if it had not been."""

from __future__ import annotations

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.torch import save as to_bytes

from rlbench_rec.errors import InputError, OutputError
from rlbench_rec.testing.algorithms import toy_shop
from rlbench_rec.training import fit

QUICK = {"steps": 60, "eval_every": 15, "batch_size": 32, "device": "cpu"}


class Stopped(Exception):
    pass


def stop_at(step):
    def progress(done, steps):
        if done == step:
            raise Stopped

    return progress


@pytest.fixture(scope="module")
def data():
    return toy_shop(150, history=2)


@pytest.mark.parametrize(
    ("algorithm", "loop"),
    [
        ("dqn", "stock"),
        ("double-dqn", "tensor"),
        ("dqn", "ensemble"),
        ("cql", "lean"),
        ("bc", "lean"),
        ("bcq", "tensor"),
        ("sac", "tensor"),
    ],
)
def test_it_goes_on_and_ends_with_the_same_weights(algorithm, loop, data, tmp_path):
    whole = fit(data, algorithm, loop=loop, **QUICK)
    keep = tmp_path / "half.safetensors"
    with pytest.raises(Stopped):
        fit(data, algorithm, loop=loop, keep=keep, progress=stop_at(30), **QUICK)
    assert keep.exists()
    seen = []
    resumed = fit(data, algorithm, loop=loop, keep=keep, progress=lambda step, _: seen.append(step), **QUICK)
    assert seen == [45, 60]
    states = data.states()
    for checkpoint in ("last", "best"):
        assert np.array_equal(
            resumed.q_values(states, checkpoint=checkpoint), whole.q_values(states, checkpoint=checkpoint)
        )
    assert resumed.history.equals(whole.history) and resumed.best_step == whole.best_step
    assert not keep.exists()


def test_the_best_checkpoint_may_lie_before_the_interruption(data, tmp_path):
    options = QUICK | {"config": {"learning_rate": 0.3}}
    whole = fit(data, "dqn", **options)
    keep = tmp_path / "half.safetensors"
    with pytest.raises(Stopped):
        fit(data, "dqn", keep=keep, progress=stop_at(45), **options)
    resumed = fit(data, "dqn", keep=keep, **options)
    states = data.states()
    assert whole.best_step <= 45
    assert np.array_equal(resumed.q_values(states, checkpoint="best"), whole.q_values(states, checkpoint="best"))


@pytest.mark.parametrize("change", [{"seed": 1}, {"config": {"gamma": 0.5}}, {"steps": 90}, {"data": toy_shop(151)}])
def test_progress_of_another_training_is_refused(change, data, tmp_path):
    keep = tmp_path / "half.safetensors"
    with pytest.raises(Stopped):
        fit(data, "dqn", keep=keep, progress=stop_at(15), **QUICK)
    before = keep.read_bytes()
    other = {"data": data, "algorithm": "dqn", "keep": keep} | QUICK | change
    with pytest.raises(InputError, match="another training"):
        fit(**other)
    assert keep.read_bytes() == before


def test_a_file_that_is_no_progress(data, tmp_path):
    keep = tmp_path / "half.safetensors"
    keep.write_bytes(b"not this")
    with pytest.raises(InputError, match=r"cannot be read.*Delete it"):
        fit(data, "dqn", keep=keep, **QUICK)


def test_a_folder_that_is_not_there(data, tmp_path):
    with pytest.raises(OutputError, match="cannot be written"):
        fit(data, "dqn", keep=tmp_path / "nowhere" / "half.safetensors", **QUICK)


@pytest.mark.parametrize("spoiled", ["point", "value", "weights", "bytes", "deep"])
def test_a_file_that_holds_something_else_is_refused(spoiled, data, tmp_path):
    keep = tmp_path / "half.safetensors"
    with pytest.raises(Stopped):
        fit(data, "dqn", keep=keep, progress=stop_at(30), **QUICK)
    if spoiled == "bytes":
        keep.write_bytes(keep.read_bytes()[:-5])
    else:
        with safe_open(keep, "pt") as file:
            metadata, tensors = file.metadata(), {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        if spoiled == "weights":
            tensors = dict(sorted(tensors.items())[::2])
        else:
            odd = {"point": None, "value": '{"step": 30, "colour": 1}', "deep": "[" * 100_000}[spoiled]
            metadata = {"fingerprint": metadata["fingerprint"]} | ({"point": odd} if odd else {})
        keep.write_bytes(to_bytes(tensors, metadata=metadata))
    with pytest.raises(InputError, match=r"half\.safetensors: .*Delete it"):
        fit(data, "dqn", keep=keep, **QUICK)
