"""Exported files rank actions as the trained network does, and need nothing of ours."""

from __future__ import annotations

import dataclasses
import io
import json
import subprocess
import sys

import numpy as np
import pytest
import torch

from rlbench_rec.errors import InputError, OutputError, UnknownNameError
from rlbench_rec.testing.algorithms import toy_shop
from rlbench_rec.training import ENCODERS, export, exporting, fit, load


def trained(encoder="mlp", **config):
    data = dataclasses.replace(toy_shop(200, history=2), action_names=("sell", "show", "offer"))
    return fit(data, "dqn", encoder=encoder, steps=10, batch_size=32, device="cpu", config=config), data


def ranked(path, states):
    """(actions, scores) by the runtime that the file is for."""
    if path.suffix == ".pt":
        with torch.inference_mode():
            return [part.numpy() for part in torch.jit.load(str(path))(torch.from_numpy(states))]
    onnxruntime = pytest.importorskip("onnxruntime")
    return onnxruntime.InferenceSession(str(path)).run(None, {"states": states})


@pytest.mark.parametrize("format", ["torchscript", "onnx"])
@pytest.mark.parametrize("encoder", ENCODERS)
def test_the_file_ranks_as_the_network(encoder, format, tmp_path):
    if format == "onnx":
        pytest.importorskip("onnxruntime")
    run, data = trained(encoder)
    path = export(run, tmp_path / f"policy{exporting.SUFFIXES[format]}", format, k=2)
    states = data.states()
    q = run.q_values(states)
    for some in (states[:1], states[:7], states):
        actions, scores = ranked(path, some)
        assert actions.shape == scores.shape == (len(some), 2) and actions.dtype == np.int64
        assert np.allclose(scores, -np.sort(-q[: len(some)], axis=1)[:, :2], atol=1e-5)
        assert np.allclose(np.take_along_axis(q[: len(some)], actions, axis=1), scores, atol=1e-5)


def test_bcq_ranks_what_the_log_never_shows_last(tmp_path):
    data = toy_shop(200, history=2)
    data = dataclasses.replace(data, action_count=4)  # action 3 is never logged
    run = fit(data, "bcq", steps=300, batch_size=32, device="cpu", config={"learning_rate": 5e-3})
    actions, scores = ranked(export(run, tmp_path / "policy.pt", k=4), data.states())
    assert (actions[:, -1] == 3).all() and (scores[:, -1] <= -1e8).all() and (scores[:, 0] > -10).all()
    assert (run.policy("softmax", tau=0.3).probabilities(data.states())[:, 3] == 0).all()


def test_the_card_says_what_goes_in_and_out(tmp_path):
    run, data = trained(n_critics=2)
    path = export(run, tmp_path / "new" / "policy.pt", k=10, checkpoint="best")
    card = json.loads((tmp_path / "new" / "policy.pt.json").read_text())
    assert card["input"]["states"] == ["batch", data.layout.size]
    assert card["input"]["columns"]["history"] == 2
    assert card["output"]["actions"] == ["batch", 3]  # there are no ten actions
    assert card["action_names"] == ["sell", "show", "offer"]
    expected = run.q_values(data.states(), checkpoint="best").argmax(axis=1)
    assert np.array_equal(ranked(path, data.states())[0][:, 0], expected)


def test_a_server_needs_torch_alone(tmp_path):
    run, data = trained()
    path = export(run, tmp_path / "policy.pt")
    served = f"torch.jit.load({str(path)!r})(torch.zeros(1, {data.layout.size}))"
    code = f"import sys, torch; print({served}[0].shape, 'd3rlpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=True)
    assert done.stdout.split() == ["torch.Size([1,", "3])", "False"]


def test_a_reloaded_run_exports_the_same_bytes_of_scores(tmp_path):
    run, data = trained()
    run.save(tmp_path / "run")
    reloaded = load(tmp_path / "run")
    assert reloaded.action_names == ("sell", "show", "offer")
    one, other = (export(each, tmp_path / name) for each, name in ((run, "a.pt"), (reloaded, "b.pt")))
    assert np.array_equal(ranked(one, data.states())[1], ranked(other, data.states())[1])


def test_a_file_that_disagrees_never_appears(tmp_path, monkeypatch):
    run, _ = trained()
    monkeypatch.setattr(
        exporting,
        "_read_torchscript",
        lambda content: lambda states: _shifted(torch.jit.load(io.BytesIO(content)), states),
    )
    with pytest.raises(InputError, match="off by"):
        export(run, tmp_path / "policy.pt")
    assert list(tmp_path.iterdir()) == []


def _shifted(module, states):
    actions, scores = module(states)
    return actions, scores + 0.01


def test_bad_input(tmp_path):
    run, _ = trained()
    with pytest.raises(UnknownNameError, match="onnx"):
        export(run, tmp_path / "policy", "onx")
    with pytest.raises(InputError, match="at least 1"):
        export(run, tmp_path / "policy.pt", k=0)
    with pytest.raises(InputError, match="checkpoint"):
        export(run, tmp_path / "policy.pt", checkpoint="first")
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError):
        export(run, tmp_path / "file" / "policy.pt")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
