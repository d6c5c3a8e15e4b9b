"""Trained policies as they are served, and held against the run."""

from __future__ import annotations

import numpy as np

from rlbench_rec.policies import parse_form
from rlbench_rec.serving import ServedPolicy
from rlbench_rec.training import export, fit, load


def trained(data):
    """A run, for as long as a test waits."""
    return fit(data, "dqn", steps=10, batch_size=32, device="cpu")


def served(run, folder, form="greedy") -> ServedPolicy:
    """Exported from a run that was saved and read back, as a shop does it."""
    run.save(folder / "run")
    return ServedPolicy(export(load(folder / "run", device="cpu"), folder / "policy.onnx", "onnx", form=form), seed=0)


def check_parity(policy, run, requests, states):
    """States, and what the file gives for them: scores where it is greedy, else probabilities."""
    assert len(requests) == len(states) >= 1_000
    np.testing.assert_allclose(policy.states(requests), states, atol=1e-6)
    numbers, values = policy.ranked(requests)
    form = parse_form(policy.form)
    expected = run.scores(states)
    if policy.form != "greedy":
        expected = run.policy(form.name, **form.arguments).probabilities(states)
    np.testing.assert_allclose(np.take_along_axis(expected, numbers, axis=1), values, atol=1e-5)
    assert (np.diff(values, axis=1) <= 0).all()
