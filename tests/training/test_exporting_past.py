"""Exported files of policies that look at the past take it as inputs."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from rlbench_rec.policies import Uniform, on_log, scores_on_log
from rlbench_rec.testing.algorithms import toy_shop
from rlbench_rec.testing.toy_logs import toy_logs
from rlbench_rec.training import export, exporting, fit

CONFIGS = {"rvs": {}, "dt": {"context": 3, "width": 8, "blocks": 1}}


def trained(algorithm, data):
    return fit(data, algorithm, steps=10, batch_size=32, device="cpu", config=CONFIGS[algorithm])


def inputs_of(run, data) -> dict[str, np.ndarray]:
    past = data.past(None, run.memory)
    columns = {"states": data.states(), "earned": past.earned.astype(np.float32), "steps": past.steps}
    if run.memory:
        columns |= {"past_rewards": past.rewards, "past_actions": past.actions, "past_states": past.states}
    return columns


def served(path, inputs: dict[str, np.ndarray]) -> list[np.ndarray]:
    if path.suffix == ".pt":
        with torch.inference_mode():
            return [part.numpy() for part in torch.jit.load(str(path))(*map(torch.from_numpy, inputs.values()))]
    return pytest.importorskip("onnxruntime").InferenceSession(str(path)).run(None, inputs)


@pytest.mark.parametrize(
    ("algorithm", "format"),
    [
        ("rvs", "torchscript"),
        ("dt", "torchscript"),
        pytest.param("rvs", "onnx", marks=pytest.mark.slow),
        pytest.param("dt", "onnx", marks=pytest.mark.slow),
    ],
)
def test_the_file_ranks_as_the_run_along_a_log(algorithm, format, tmp_path):
    if format == "onnx":
        pytest.importorskip("onnxruntime")
    data = toy_shop(100, history=2)
    run = trained(algorithm, data)
    path = export(run, tmp_path / f"policy{exporting.SUFFIXES[format]}", format)
    expected, inputs = scores_on_log(run.q_function(), data), inputs_of(run, data)
    for rows in (slice(1), slice(None)):
        actions, scores = served(path, {name: column[rows] for name, column in inputs.items()})
        np.testing.assert_allclose(scores, -np.sort(-expected[rows], axis=1), atol=1e-5)
        np.testing.assert_allclose(np.take_along_axis(expected[rows], actions, axis=1), scores, atol=1e-5)
    card = json.loads(path.with_name(f"{path.name}.json").read_text())
    assert list(card["input"])[:-1] == list(inputs) and card["memory"] == run.memory
    assert card["gamma"] == pytest.approx(data.gamma) and card["input"]["earned"] == ["batch"]


@pytest.mark.parametrize("algorithm", CONFIGS)
def test_a_tilt_takes_the_base_before_the_past(algorithm, tmp_path):
    data = toy_logs()["forbidden actions"]
    run = trained(algorithm, data)
    path = export(run, tmp_path / "policy.pt", form="tilted-0.3", temperature=0.5)
    base = (~data.forbidden / (~data.forbidden).sum(axis=1, keepdims=True)).astype(np.float32)
    states, *past = inputs_of(run, data).values()
    actions, probabilities = served(path, {str(i): part for i, part in enumerate((states, base, *past))})
    expected = on_log(run.policy("tilted", temperature=0.5, base=Uniform(4)), data)
    np.testing.assert_allclose(np.take_along_axis(expected, actions, axis=1), probabilities, atol=1e-5)
