"""The softmax over all items, and over a sample of them."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from rlbench_rec.testing.toy_logs import toy_logs
from rlbench_rec.training.learners.next_item import log_uniform, next_item_loss, uniform_of
from rlbench_rec.training.transitions import Batch, Transitions

from .sequence_logs import choice_log, cycles, made

LOGS = toy_logs()


def batch_of(data, negatives=None):
    transitions = Transitions(data, "cpu")
    return transitions.batch(torch.arange(len(data)))._replace(negatives=negatives)


def test_the_loss_by_hand():
    """Two rows, three negatives: log Z = log(exp(o_a) + the others' exp(o_j) / (K q_j))."""
    data = choice_log([1, 2, 3, 1], [0, 2], count=3)
    algorithm = made("gru4rec", data)
    logits = algorithm.network.logits
    drawn = torch.tensor([0, 0, 2])
    batch = batch_of(data, drawn)
    batch = Batch._make(None if column is None else column[:2] for column in batch)._replace(negatives=drawn)
    with torch.no_grad():
        scores = logits(batch.states).double().numpy()
        loss = next_item_loss([logits], [], batch, ()).item()
    q = logits.log_shares.exp().double().numpy()
    first = math.log(1.0 + math.exp(scores[0, 2] - scores[0, 0]) / (3 * q[2]))
    others = 2 * math.exp(scores[1, 0]) / (3 * q[0]) + math.exp(scores[1, 2]) / (3 * q[2])
    second = math.log(1.0 + others / math.exp(scores[1, 1]))
    assert loss == pytest.approx((first + second) / 2, abs=1e-5)


@pytest.mark.parametrize("title", ["sessions", "forbidden actions"])
def test_with_every_item_once_the_sampled_softmax_is_the_whole_one(title):
    data = LOGS[title]
    algorithm = made("gru4rec", data)
    heads = algorithm.objective.heads
    # A negative that is drawn once on average: log(K q) = 0.
    algorithm.network.logits.log_shares.fill_(-math.log(data.action_count))
    losses, gradients = [], []
    for negatives in (None, torch.arange(data.action_count)):
        loss = next_item_loss(heads, [], batch_of(data, negatives), ())
        losses.append(loss.item())
        gradients.append(torch.autograd.grad(loss, list(heads[0].parameters()), allow_unused=True))
    assert losses[1] == pytest.approx(losses[0], abs=1e-6)
    for whole, sampled in zip(*gradients, strict=True):
        np.testing.assert_allclose(sampled, whole, atol=1e-6)


def test_the_more_negatives_the_nearer_to_the_whole_softmax():
    data, rng = cycles(count=50, sessions=5), np.random.default_rng(0)
    algorithm = made("gru4rec", data, {"embedding_size": 16})
    with torch.no_grad():
        algorithm.network.logits.offsets.copy_(torch.from_numpy(rng.normal(size=51)))
    heads = algorithm.objective.heads
    whole = next_item_loss(heads, [], batch_of(data), ()).item()
    shares = algorithm.network.logits.log_shares.exp().double().numpy()

    def sampled(size):
        drawn = torch.from_numpy(rng.choice(50, size, p=shares / shares.sum()))
        return next_item_loss(heads, [], batch_of(data, drawn), ()).item()

    far, near = ([sampled(size) - whole for _ in range(60)] for size in (20, 2_000))
    # The estimate of Z is right on average, so that its logarithm is a little below: by half its relative variance.
    assert -0.2 < np.mean(far) < 0.0
    assert abs(np.mean(near)) < 0.01 and np.std(near) < 0.2 * np.std(far)


def test_negatives_are_log_uniform_by_popularity():
    data = choice_log(np.repeat([3, 1, 2, 4], [800, 400, 200, 200]), [0], count=5)
    algorithm = made("gru4rec", data, {"loss": "sampled-softmax", "negatives": 160})
    assert algorithm.by_popularity.tolist() == [2, 0, 1, 3, 4]
    rng = np.random.default_rng(0)
    rows = [torch.from_numpy(rng.integers(len(data), size=16)) for _ in range(500)]
    drawn = torch.cat([algorithm.negatives(each).flatten() for each in rows])
    shares = np.bincount(drawn, minlength=5)[[2, 0, 1, 3, 4]] / len(drawn)
    np.testing.assert_allclose(shares, np.log2([2, 3 / 2, 4 / 3, 5 / 4, 6 / 5]) / np.log2(6), atol=0.005)
    np.testing.assert_allclose(algorithm.network.logits.log_shares[[2, 0, 1, 3, 4]].exp(), log_uniform(5), rtol=1e-6)
    assert torch.equal(algorithm.negatives(rows[0]), algorithm.negatives(rows[0]))
    assert not torch.equal(algorithm.negatives(rows[0]), algorithm.negatives(rows[1]))


def test_hashed_numbers_are_uniform():
    numbers = uniform_of(torch.arange(-50_000, 50_000)).numpy()
    assert numbers.min() >= 0 and numbers.max() < 1
    counts = np.histogram(numbers, bins=50, range=(0, 1))[0]
    assert ((counts - 2_000) ** 2 / 2_000).sum() < 90, "chi-squared of 49 degrees of freedom"
    assert abs(np.corrcoef(numbers[:-1], numbers[1:])[0, 1]) < 0.01
