"""Networks that score a few candidates: the right one is found wherever it stands, an empty slot never is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from rlbench_rec import mdp
from rlbench_rec.errors import InputError
from rlbench_rec.mdp import StateLayout
from rlbench_rec.policies import Uniform
from rlbench_rec.testing.algorithms import OPTIMAL, toy_shop
from rlbench_rec.training import export, fit, load
from rlbench_rec.training.networks.heads import RULED_OUT, Slots
from rlbench_rec.training.networks.items import ItemEmbedding


@pytest.fixture(scope="module")
def data():
    """The toy shop with all three actions as candidates, in an order of its own in every row."""
    plain = toy_shop(600)
    rng = np.random.default_rng(0)
    order = rng.permuted(np.tile([1, 2, 3, 0], (len(plain), 1)), axis=1).astype(np.int32)
    actions = (order == plain.items[:, None]).argmax(axis=1)
    return replace(plain, candidates=order, actions=actions, action_count=4, propensities=None)


def chosen_items(run, data):
    slots = run.policy("greedy").act(data.states())
    return data.candidates[np.arange(len(data)), slots] - 1


@pytest.mark.parametrize(
    ("algorithm", "loop"),
    [("dqn", "tensor"), ("double-dqn", "lean"), ("cql", "stock"), ("cql", "ensemble"), ("nfq", "lean")],
)
def test_the_best_item_is_found_wherever_it_stands(algorithm, loop, data):
    fast = {"learning_rate": 1e-2, "embedding_size": 4}
    fast |= {} if algorithm == "nfq" else {"target_update_interval": 10}
    run = fit(data, algorithm, loop=loop, steps=150, batch_size=32, device="cpu", config=fast)
    where = data.observations.argmax(axis=1)
    assert np.array_equal(chosen_items(run, data), OPTIMAL[where])
    empty = data.candidates == 0
    assert (run.q_values(data.states())[empty] == -np.inf).all()
    constrained = ("constrained", {"share": 0.5, "base": Uniform(data.action_count)})
    for form, options in (("softmax", {"tau": 0.3}), ("epsilon-greedy", {"epsilon": 0.3}), constrained):
        matrix = run.policy(form, **options).probabilities(data.states())
        assert (matrix[empty] == 0).all() and np.allclose(matrix.sum(axis=1), 1.0)


def test_a_clone_of_slots(data):
    run = fit(data, "bc", steps=300, batch_size=128, device="cpu", config={"learning_rate": 3e-3})
    matrix = run.policy("stochastic").probabilities(data.states())
    assert (matrix[data.candidates == 0] == 0).all()
    # The shop was logged by the uniform policy over three items.
    assert 0.5 * np.abs(matrix[data.candidates > 0] - 1 / 3).mean() * 3 < 0.1


def test_slots_by_hand():
    torch.manual_seed(0)
    head = Slots(2, 3, ItemEmbedding(StateLayout(2, item_count=9), 4), embedding_size=4)
    with torch.no_grad():
        head.offsets.weight.copy_(torch.arange(10.0).unsqueeze(1))
    f, ids = torch.tensor([[1.0, -2.0]]), torch.tensor([[4.0, 0.0, 9.0]])
    with torch.no_grad():
        scores, query = head(torch.cat([f, ids], dim=1))[0], head.query(f)[0]
    expected = [float(query @ head.items.own.weight[i].detach() + i) for i in (4, 9)]
    assert scores[[0, 2]].tolist() == pytest.approx(expected, rel=1e-6)
    assert scores[1] == RULED_OUT


@pytest.mark.parametrize("format", ["torchscript", "onnx"])
def test_saved_and_exported_files_name_the_items(format, data, tmp_path):
    if format == "onnx":
        pytest.importorskip("onnxruntime")
    run = fit(data, "dqn", steps=20, batch_size=32, device="cpu")
    run.save(tmp_path / "run")
    states = data.states()
    assert np.array_equal(load(tmp_path / "run").q_values(states), run.q_values(states))
    path = export(run, tmp_path / "policy", format, k=4)
    if format == "onnx":
        import onnxruntime

        items, scores = onnxruntime.InferenceSession(str(path)).run(None, {"states": states})
    else:
        items, scores = (part.numpy() for part in torch.jit.load(str(path))(torch.from_numpy(states)))
    assert np.array_equal(items[:, 0] - 1, chosen_items(run, data))
    assert (items[:, -1] == 0).all() and (scores[:, -1] < -1e8).all()


@pytest.mark.parametrize("history", [0, 3])
def test_a_sampled_catalogue_trains(history):
    plain, rng = toy_shop(300, history=history), np.random.default_rng(0)
    items = rng.integers(1, 5_001, size=len(plain)).astype(np.int32)
    large = replace(plain, actions=items.astype(np.int64) - 1, items=items, action_count=5_000, item_count=5_000)
    run = fit(mdp.with_candidates(large, 20), "cql", loop="lean", steps=30, batch_size=32, device="cpu")
    assert np.isfinite(run.history["loss"]).all() and run.action_count == 20


@pytest.mark.parametrize(
    ("algorithm", "config", "message"),
    [("bcq", {}, "bcq does not work with"), ("dqn", {"dueling": True}, "no candidates")],
)
def test_refused(algorithm, config, message, data):
    with pytest.raises(InputError, match=message):
        fit(data, algorithm, steps=5, batch_size=32, device="cpu", config=config)
