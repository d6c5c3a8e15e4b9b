"""`rlbench export` as a user meets it."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from rlbench_rec.testing.algorithms import toy_shop
from rlbench_rec.training import fit


@pytest.fixture
def saved(tmp_path):
    run = fit(toy_shop(100), "dqn", steps=5, batch_size=32, device="cpu")
    run.save(tmp_path / "run")
    return tmp_path / "run", run


def test_a_saved_run_becomes_a_file_to_serve(saved, rlbench):
    folder, run = saved
    code, out, _ = rlbench("export", folder, "--k", 1)
    assert code == 0 and str(folder / "policy.pt") in out
    states = np.eye(3, dtype=np.float32)
    actions, _ = torch.jit.load(str(folder / "policy.pt"))(torch.from_numpy(states))
    assert np.array_equal(actions.numpy()[:, 0], run.q_values(states).argmax(axis=1))
    assert (folder / "policy.pt.json").is_file()


def test_bad_input(saved, rlbench, tmp_path):
    code, _, err = rlbench("export", tmp_path / "nowhere")
    assert code == 2 and "There is no such saved run" in err
    code, _, err = rlbench("export", saved[0], "--format", "onx")
    assert code == 2 and "Did you mean 'onnx'" in err
    code, _, err = rlbench("export", saved[0], "--checkpoint", "first")
    assert code == 2 and "Use last or best" in err
    assert not list(saved[0].glob("policy*"))
