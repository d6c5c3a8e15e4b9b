"""Vectors that come with a log's items: read by every encoder, kept or tuned, saved with the run."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rlbench_rec import mdp
from rlbench_rec.errors import InputError
from rlbench_rec.testing.algorithms import toy_shop
from rlbench_rec.training import ENCODERS, export, fit, fqe, load
from rlbench_rec.training.networks.items import ItemEmbedding

VECTORS = np.random.default_rng(0).normal(size=(3, 5)).astype(np.float32)
QUICK = {"steps": 20, "batch_size": 32, "device": "cpu"}


@pytest.fixture(scope="module")
def data():
    named = replace(toy_shop(150, history=2), action_names=("sell", "show", "offer"))
    return mdp.with_item_vectors(named, ["offer", "elsewhere", "sell"], VECTORS)


def embeddings(run):
    return [part for part in run.networks["last"].modules() if isinstance(part, ItemEmbedding)]


def test_vectors_find_their_items(data):
    assert data.layout.vector_size == 5
    assert np.array_equal(data.item_vectors, np.stack([np.zeros(5), VECTORS[2], np.zeros(5), VECTORS[0]]))
    assert np.array_equal(data.episodes(3, 7).item_vectors, data.item_vectors)


@pytest.mark.parametrize("tuned", [False, True])
@pytest.mark.parametrize("loop", ["stock", "tensor", "lean", "ensemble"])
def test_kept_or_tuned(loop, tuned, data):
    run = fit(data, "dqn", loop=loop, config={"tune_item_vectors": tuned, "learning_rate": 0.01}, **QUICK)
    (items,) = embeddings(run)
    assert np.array_equal(items.vectors.weight.numpy(), data.item_vectors) is not tuned


@pytest.mark.parametrize("encoder", ENCODERS)
def test_every_encoder_reads_them(encoder, data, tmp_path):
    run = fit(data, "cql", encoder=encoder, **QUICK)
    other = fit(replace(data, item_vectors=data.item_vectors * 3), "cql", encoder=encoder, **QUICK)
    states = data.states()
    assert not np.allclose(run.q_values(states), other.q_values(states))
    run.save(tmp_path / "run")
    assert np.array_equal(load(tmp_path / "run").q_values(states), run.q_values(states))
    export(run, tmp_path / "policy.pt")


def test_candidates_read_them_too(data):
    slots = mdp.with_candidates(replace(data, action_names=data.action_names), 3, "uniform")
    assert slots.layout.vector_size == 5
    run = fit(slots, "dqn", loop="lean", **QUICK)
    assert len(embeddings(run)) == 2


def test_fitted_q_evaluation_reads_them(data):
    from rlbench_rec.policies import Uniform

    q, other = (
        fqe(replace(data, item_vectors=data.item_vectors * scale), Uniform(3), steps=20, device="cpu")
        for scale in (1, 3)
    )
    assert not np.allclose(q(data.states()), other(data.states()))


def test_they_travel_with_the_data(data, tmp_path):
    data.save(tmp_path / "data")
    assert np.array_equal(mdp.TransitionDataset.load(tmp_path / "data").item_vectors, data.item_vectors)


@pytest.mark.parametrize(
    ("items", "vectors", "message"),
    [
        (["sell", "show"], VECTORS, r"Shape \(3, 5\) for 2 items"),
        (["sell", "sell", "show"], VECTORS, "Item sell occurs twice"),
        (["a", "b", "c"], VECTORS, "None of the 3 items is in the log"),
        (["sell", "show", "offer"], VECTORS * [[1], [np.nan], [1]], "item show has NaN"),
    ],
)
def test_refused(items, vectors, message, data):
    with pytest.raises(InputError, match=message):
        mdp.with_item_vectors(data, items, vectors)


def test_a_table_of_another_size(data):
    with pytest.raises(InputError, match=r"item_vectors.*\(4, width\) is needed"):
        replace(data, item_vectors=np.zeros((3, 5), dtype=np.float32))
    with pytest.raises(InputError, match="no names"):
        mdp.with_item_vectors(toy_shop(20), ["sell"], VECTORS[:1])
