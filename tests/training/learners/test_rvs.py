"""Cloning conditioned on the return that is still to come."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from rlbench_rec.errors import InputError
from rlbench_rec.mdp import Past
from rlbench_rec.policies import on_log, scores_on_log
from rlbench_rec.testing.algorithms import OPTIMAL, toy_shop
from rlbench_rec.training import fit, load
from rlbench_rec.training.learners.wanted_return import WantedReturn


@pytest.fixture(scope="module")
def data():
    return toy_shop()


@pytest.fixture(scope="module")
def run(data):
    config = {"quantile": 0.99, "learning_rate": 1e-2}
    return fit(data, "rvs", loop="lean", steps=200, batch_size=64, config=config, device="cpu")


def wanted_of(data, quantile: float) -> WantedReturn:
    wanted = WantedReturn()
    wanted.learn(data, quantile)
    return wanted


def test_numbers_of_the_training_side(data):
    wanted = wanted_of(data, 0.99)
    assert float(wanted.target) == pytest.approx(0.81 * 3), "one session in 27 has that"
    assert float(wanted.gamma) == pytest.approx(0.9)
    assert (float(wanted.lowest), float(wanted.highest)) == (0.0, 3.0)
    to_go = data.returns_to_go()
    assert float(wanted.mean) == pytest.approx(to_go.mean()) and float(wanted.spread) == pytest.approx(to_go.std())
    assert float(wanted_of(data, 0.9).target) == 1.0


def test_what_is_left_by_hand(data):
    wanted = wanted_of(data, 0.99)
    left = wanted(torch.tensor([0.0, 0.0, 0.43, 9.0]), torch.tensor([0, 2, 1, 0]))
    np.testing.assert_allclose(left, [2.43, 3.0, 2.0 / 0.9, 2.43 - 9.0], rtol=1e-5)
    np.testing.assert_allclose(wanted.bounded(left), [2.43, 3.0, 2.0 / 0.9, 0.0], rtol=1e-5)


def test_nothing_is_left_however_late_it_is(data):
    """.9^t is 0 in single precision from t = 981 on: 0 / 0 would be no number."""
    wanted = wanted_of(data, 0.99)
    target = float(wanted.target)
    left = wanted(torch.tensor([target, target - 1.0, target + 1.0]), torch.tensor([2_000, 2_000, 2_000]))
    np.testing.assert_allclose(wanted.bounded(left), [0.0, float(wanted.highest), float(wanted.lowest)])


def test_without_a_future_the_target_stands(data):
    wanted = wanted_of(data, 0.99)
    wanted.gamma.zero_()
    np.testing.assert_allclose(wanted(torch.tensor([1.0, 0.0]), torch.tensor([3, 0])), [2.43, 2.43], rtol=1e-6)


def test_asking_for_the_best_return_finds_the_best_way(run, data):
    best = OPTIMAL[data.observations.argmax(axis=1)]
    optimal = np.flatnonzero(data.past(None, 0).earned == 0)
    assert (on_log(run.policy("stochastic"), data)[optimal, best[optimal]] > 0.9).all()


def test_what_it_asks_for_falls_by_what_was_earned(run):
    """In the cart it asks for 3 and checks out; if it had all that it wanted already, it need not."""
    cart = np.eye(3, dtype=np.float32)[[2, 2]]
    past = Past.start(2, 0, 3, 0.9)
    past.steps[:] = 2
    past.earned[1] = 0.81 * 3
    chances = run.policy("stochastic").probabilities(cart, past=past)
    assert chances[0, 0] > 0.9 and chances[1, 0] < 0.1


def test_a_quantile_that_is_low_asks_for_little(data):
    config = {"quantile": 0.0, "learning_rate": 1e-2}
    poor = fit(data, "rvs", steps=200, batch_size=64, loop="lean", config=config, device="cpu")
    first = data.episode_starts
    assert (on_log(poor.policy("stochastic"), data, first)[:, 0] < 0.1).all(), "selling at once earns 1"


def test_saved_and_read_back_it_asks_for_the_same(run, data, tmp_path):
    run.save(tmp_path / "run")
    again = load(tmp_path / "run", device="cpu")
    assert again.memory == 0
    np.testing.assert_array_equal(scores_on_log(again.q_function(), data), scores_on_log(run.q_function(), data))


def test_it_is_not_asked_without_the_past(run, data):
    with pytest.raises(InputError, match="looks back 0 decisions"):
        run.q_values(data.states())
    with pytest.raises(InputError, match="looks back"):
        run.policy("greedy").act(data.states())


def test_a_past_that_is_discounted_otherwise_is_refused(run, data):
    with pytest.raises(InputError, match=r"discounted by 0\.5, .* log of 0\.9"):
        run.q_values(data.states()[:1], past=Past.start(1, 0, 3, 0.5))
