"""Exported files of policies that draw give the probabilities of the policy."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from rlbench_rec.errors import InputError
from rlbench_rec.testing.toy_logs import toy_logs
from rlbench_rec.training import export, exporting, fit
from rlbench_rec.training.exported_policy import exported_policy

FORMS = {"softmax-0.3": {"tau": 0.3}, "epsilon-greedy-0.2": {"epsilon": 0.2}}


def trained(log: str, algorithm: str = "dqn"):
    data = toy_logs()[log]
    return fit(data, algorithm, steps=10, batch_size=32, device="cpu"), data


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("log", ["sessions", "items outside the vocabulary", "forbidden actions"])
def test_probabilities_of_all_that_can_be_recommended(log, form, tmp_path):
    run, data = trained(log)
    path = export(run, tmp_path / "policy.pt", form=form)
    expected = run.policy(form.rsplit("-", 1)[0], **FORMS[form]).probabilities(data.states())
    with torch.inference_mode():
        actions, shares = (part.numpy() for part in torch.jit.load(str(path))(torch.from_numpy(data.states())))
    np.testing.assert_allclose(np.take_along_axis(expected, actions, axis=1), shares, atol=1e-5)
    np.testing.assert_allclose(shares.sum(axis=1), 1.0, atol=1e-5)
    assert (np.diff(shares, axis=1) <= 0).all() and shares.shape[1] == 4 - (run.other_action is not None)
    card = json.loads((tmp_path / "policy.pt.json").read_text())
    assert card["form"] == form and card["output"].keys() == {"actions", "probabilities"}
    policy, size, _ = exported_policy(path)
    assert size == data.layout.size
    np.testing.assert_allclose(policy.probabilities(data.states()), expected, atol=1e-5)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("algorithm", ["bcq", "q-table"])
def test_what_an_algorithm_rules_out_is_never_drawn(algorithm, form, tmp_path):
    data = toy_logs()["sessions"]
    config = {"action_flexibility": 0.99} if algorithm == "bcq" else {}
    run = fit(data, algorithm, steps=10, batch_size=32, device="cpu", config=config)
    ruled_out = np.isneginf(run.scores(data.states()))
    assert 0.2 < ruled_out.mean() < 0.9
    policy, *_ = exported_policy(export(run, tmp_path / "policy.pt", form=form))
    expected = run.policy(form.rsplit("-", 1)[0], **FORMS[form]).probabilities(data.states())
    assert (expected[ruled_out] == 0).all()
    np.testing.assert_allclose(policy.probabilities(data.states()), expected, atol=1e-5)


@pytest.mark.parametrize("form", FORMS)
def test_draws_among_candidates_name_items(form, tmp_path):
    run, data = trained("candidates")
    path = export(run, tmp_path / "policy.pt", form=form)
    expected = run.policy(form.rsplit("-", 1)[0], **FORMS[form]).probabilities(data.states())
    with torch.inference_mode():
        items, shares = (part.numpy() for part in torch.jit.load(str(path))(torch.from_numpy(data.states())))
    for row in range(len(data)):
        of_item = {item: p for item, p in zip(data.candidates[row], expected[row], strict=True) if item}
        assert {item: p for item, p in zip(items[row], shares[row], strict=True) if item} == pytest.approx(
            of_item, abs=1e-5
        )


def test_a_clone_is_exported_as_it_is(tmp_path):
    run, data = trained("sessions", "bc")
    policy, _, names = exported_policy(export(run, tmp_path / "policy.pt", form="stochastic"))
    expected = run.policy("stochastic").probabilities(data.states())
    np.testing.assert_allclose(policy.probabilities(data.states()), expected, atol=1e-5)
    assert names == data.action_names
    (tmp_path / "policy.pt").write_bytes((tmp_path / "policy.pt").read_bytes() + b" ")
    with pytest.raises(InputError, match="its sha256 differs"):
        exported_policy(tmp_path / "policy.pt")


def test_a_draw_that_disagrees_never_appears(tmp_path, monkeypatch):
    run, _ = trained("sessions")
    load_file = exporting._read_torchscript

    def shifted(content):
        module = load_file(content)
        return lambda states: (module(states)[0], module(states)[1] + 0.01)

    monkeypatch.setattr(exporting, "_read_torchscript", shifted)
    for form in FORMS:
        with pytest.raises(InputError, match=r"probabilities are off by up to 0\.01"):
            export(run, tmp_path / "policy.pt", form=form)
    assert list(tmp_path.iterdir()) == []
