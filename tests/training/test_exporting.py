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

from rlbench_rec import mdp
from rlbench_rec.errors import InputError, OutputError, UnknownNameError
from rlbench_rec.testing.algorithms import toy_shop
from rlbench_rec.training import ENCODERS, export, exporting, fit, load


def trained(encoder="mlp", **config):
    data = dataclasses.replace(toy_shop(200, history=2), action_names=("sell", "show", "offer"))
    return fit(data, "dqn", encoder=encoder, steps=10, batch_size=32, device="cpu", config=config), data


def ranked(path, *inputs):
    """(actions, scores) by the runtime that the file is for."""
    if path.suffix == ".pt":
        with torch.inference_mode():
            return [part.numpy() for part in torch.jit.load(str(path))(*map(torch.from_numpy, inputs))]
    onnxruntime = pytest.importorskip("onnxruntime")
    return onnxruntime.InferenceSession(str(path)).run(None, dict(zip(("states", "base"), inputs, strict=False)))


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


FORMS = {
    "tilted-0.3": {"temperature": 0.02},
    "tilted-2": {"temperature": 0.0},
    "tilted-1": {"temperature": float("inf")},
    "mixed-0.25": {},
    "constrained-0.5": {},
}


@pytest.mark.parametrize("format", ["torchscript", "onnx"])
@pytest.mark.parametrize("form", FORMS)
def test_a_form_that_reweights_takes_a_base_and_gives_probabilities(form, format, tmp_path):
    if format == "onnx":
        pytest.importorskip("onnxruntime")
    run, data = trained()
    states = data.states()
    path = export(run, tmp_path / f"policy{exporting.SUFFIXES[format]}", format, form=form, **FORMS[form])
    base = np.random.default_rng(0).dirichlet(np.ones(3), size=len(states)).astype(np.float32)
    name, parameter = form.split("-")
    policy = run.policy(name, **(FORMS[form] or {"share": float(parameter)}))
    expected = policy.probabilities(states, base.astype(np.float64))
    for some in (slice(1), slice(None)):
        actions, probabilities = ranked(path, states[some], base[some])
        assert actions.shape == (len(states[some]), 3) and probabilities.dtype == np.float32
        assert np.allclose(np.take_along_axis(expected[some], actions, axis=1), probabilities, atol=1e-5)
        assert (np.diff(probabilities, axis=1) <= 0).all() and np.allclose(probabilities.sum(axis=1), 1.0, atol=1e-5)
    card = json.loads(path.with_name(f"{path.name}.json").read_text())
    assert card["form"] == form and card["input"]["base"] == ["batch", 3]
    assert card["output"] == {"actions": ["batch", 3], "probabilities": ["batch", 3]}
    assert card.get("temperature", "infinity") == FORMS[form].get("temperature", "infinity") or form == "tilted-1"


def test_the_log_sets_the_temperature_of_an_exported_tilt(tmp_path):
    run, data = trained()
    log = dataclasses.replace(
        data,
        behaviour_probabilities=np.full((len(data), 3), 1 / 3, dtype=np.float32),
        propensities=np.full(len(data), 1 / 3),
    )
    path = export(run, tmp_path / "policy.pt", form="tilted-0.3", on=log, k=2)
    card = json.loads((tmp_path / "policy.pt.json").read_text())
    assert card["temperature"] == run.policy("tilted", divergence=0.3, on=log).temperature
    assert card["output"]["probabilities"] == ["batch", 2] and path.exists()


def test_a_form_over_candidates_names_items(tmp_path):
    data = mdp.with_candidates(items_of(toy_shop(200, history=2)), slots=3, negatives="uniform")
    run = fit(data, "dqn", steps=10, batch_size=32, device="cpu")
    path = export(run, tmp_path / "policy.pt", form="tilted-0.3", temperature=0.02)
    states, candidates = data.states(), data.candidates
    base = np.where(candidates > 0, 1.0, 0.0) / (candidates > 0).sum(axis=1, keepdims=True)
    items, probabilities = ranked(path, states, base.astype(np.float32))
    expected = run.policy("tilted", temperature=0.02).probabilities(states, base)
    for row in range(0, len(data), 29):
        of_item = {item: share for item, share in zip(candidates[row], expected[row], strict=True) if item}
        given = {item: share for item, share in zip(items[row], probabilities[row], strict=True) if item}
        assert given == pytest.approx(of_item, abs=1e-5)


def items_of(data):
    """The same log, its actions being its items."""
    return dataclasses.replace(data, items=(data.actions + 1).astype(np.int32), item_count=3)


def test_a_form_that_disagrees_never_appears(tmp_path, monkeypatch):
    run, _ = trained()
    load_file = exporting._read_torchscript

    def shifted(content):
        module = load_file(content)
        return lambda states, base: (module(states, base)[0], module(states, base)[1] + 0.01)

    monkeypatch.setattr(exporting, "_read_torchscript", shifted)
    for form in FORMS:
        with pytest.raises(InputError, match=r"probabilities are off by up to 0\.01"):
            export(run, tmp_path / "policy.pt", form=form, **FORMS[form])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"form": "frontier"}, r"'frontier' cannot be exported\. Export greedy, stochastic, softmax-<tau>"),
        ({"form": "stochastic"}, "dqn offers no policy 'stochastic'"),
        ({"form": "tilted-0.3"}, "log whose states set the temperature is missing"),
        ({"form": "mixed-0.3", "temperature": 1.0}, "mixed takes no temperature"),
        ({"form": "tilt"}, "Unknown policy form 'tilt'"),
        ({"form": "tilted-0.3", "temperature": -1.0}, "temperature is -1"),
    ],
)
def test_forms_that_cannot_be_exported(arguments, message, tmp_path):
    run, _ = trained()
    with pytest.raises(InputError, match=message):
        export(run, tmp_path / "policy.pt", **arguments)
    assert list(tmp_path.iterdir()) == []


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
