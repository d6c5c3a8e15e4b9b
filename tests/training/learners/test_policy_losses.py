"""The losses of the learners that look for a policy, against numbers worked by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from rlbench_rec.training.learners.candidate_policies import ALL, CandidatePolicy, Shares
from rlbench_rec.training.learners.dr_learner import RewardScores, dr_loss
from rlbench_rec.training.learners.ips_learner import ips_loss
from rlbench_rec.training.learners.poem import poem_loss, self_normalised_poem_loss
from rlbench_rec.training.learners.policy_learning import Settings
from rlbench_rec.training.learners.reinforce import reinforce_loss, top_k_factor
from rlbench_rec.training.learners.weighted_likelihood import weighted_likelihood_loss
from rlbench_rec.training.transitions import Batch
from tests.training.learners.policy_logs import one_step_log

SETTINGS = Settings(clip=100.0)


def batch_of(actions, rewards, propensities, folds=None) -> Batch:
    n = len(actions)
    column = lambda values: torch.tensor(values, dtype=torch.float32).unsqueeze(1)  # noqa: E731
    return Batch(
        torch.zeros(n, 1),
        torch.tensor(actions).unsqueeze(1),
        column(rewards),
        None,
        torch.zeros(n, 1),
        returns_to_go=column(rewards),
        propensities=column(propensities),
        folds=torch.tensor(folds or [0] * n).unsqueeze(1),
    )


def gradient(loss, scores, batch, settings=SETTINGS, imitation=0.0, half=ALL, further=()):
    """(value, d loss / d scores) of one candidate whose scores are the same in every state."""
    scores = torch.tensor(scores, requires_grad=True)
    shares = Shares([CandidatePolicy("context", imitation, half)])
    heads = [lambda states: scores.expand(len(states), 1, -1), shares, *further]
    value = loss(heads, [], batch, settings)
    (slopes,) = torch.autograd.grad(value, scores)
    return float(value.detach()), slopes.tolist()


def test_gradient_of_ips_by_hand():
    # pi = (1/2, 1/2), p = (1/4, 3/4), rewards 1 and 0: value (w1 1 + w2 0) / 2 = 2 / 2; dw1/ds = w1 (1 - pi, -pi).
    value, slopes = gradient(ips_loss, [0.0, 0.0], batch_of([0, 1], [1.0, 0.0], [0.25, 0.75]))
    assert value == pytest.approx(-1.0)
    assert slopes == pytest.approx([-0.5, 0.5])


def test_a_constant_reward_pulls_nowhere_on_average_and_is_taken_off():
    settings = SETTINGS._replace(mean=1.0)
    value, slopes = gradient(ips_loss, [0.3, -0.2], batch_of([0, 1], [1.0, 1.0], [0.25, 0.75]), settings)
    assert value == 0.0 and slopes == pytest.approx([0.0, 0.0])


def test_imitation_by_hand():
    # w = (2, 2/3): w - 1 - log w, and its slope (w - 1) d log pi.
    value, slopes = gradient(ips_loss, [0.0, 0.0], batch_of([0, 1], [0.0, 0.0], [0.25, 0.75]), imitation=2.0)
    terms = [1 - math.log(2), -1 / 3 - math.log(2 / 3)]
    assert value == pytest.approx(2 * sum(terms) / 2)
    first = 2 * (1.0 * 0.5 + (-1 / 3) * -0.5) / 2
    assert slopes == pytest.approx([first, -first])


def test_imitation_asks_nothing_of_the_policy_that_logged():
    # pi = p on every row, although one action was drawn three times.
    value, slopes = gradient(ips_loss, [0.0, 0.0], batch_of([0, 0, 0, 1], [0.0] * 4, [0.5] * 4), imitation=2.0)
    assert value == 0.0 and slopes == [0.0, 0.0]


def test_a_clone_learns_from_no_reward():
    scores = torch.tensor([0.5, 0.0], requires_grad=True)
    heads = [lambda states: scores.expand(len(states), 1, -1), Shares([CandidatePolicy("none", 1.0, ALL)])]
    batch = batch_of([0, 1], [1.0, 0.0], [0.5, 0.5])
    for loss in (ips_loss, reinforce_loss, poem_loss, self_normalised_poem_loss, weighted_likelihood_loss):
        (slopes,) = torch.autograd.grad(loss(heads, [], batch, SETTINGS), scores)
        (other,) = torch.autograd.grad(
            loss(heads, [], batch._replace(returns_to_go=-batch.returns_to_go), SETTINGS), scores
        )
        assert torch.equal(slopes, other), loss.__name__


def test_reinforce_has_the_gradient_of_ips_where_nothing_is_clipped():
    batch = batch_of([0, 1, 1], [1.0, 0.5, -1.0], [0.2, 0.8, 0.3])
    assert gradient(reinforce_loss, [0.4, -0.1], batch)[1] == pytest.approx(gradient(ips_loss, [0.4, -0.1], batch)[1])


def test_above_the_clip_reinforce_still_pulls_and_ips_does_not():
    batch, settings = batch_of([0], [1.0], [0.01]), SETTINGS._replace(clip=3.0)
    assert gradient(ips_loss, [0.0, 0.0], batch, settings) == (-3.0, [0.0, 0.0])
    assert gradient(reinforce_loss, [0.0, 0.0], batch, settings)[1] == pytest.approx([-1.5, 1.5])


def test_top_k_factors():
    # alpha(K, pi) = 1 - (1 - pi)^K; its slope is K (1 - pi)^(K - 1).
    chances = torch.tensor([0.0, 0.25, 1.0])
    assert top_k_factor(chances, 1.0).tolist() == [1.0, 1.0, 1.0]
    assert top_k_factor(chances, 3.0).tolist() == pytest.approx([3.0, 3 * 0.75**2, 0.0])
    step = 1e-4
    shown = lambda pi: 1 - (1 - pi) ** 3  # noqa: E731
    assert (shown(0.25 + step) - shown(0.25 - step)) / (2 * step) == pytest.approx(3 * 0.75**2, rel=1e-5)


def test_reinforce_with_top_k_by_hand():
    settings = SETTINGS._replace(top_k=2.0)
    # w = 2, factor 2 (1 - 1/2) = 1: the gradient of -2 log pi(0) at pi = 1/2.
    assert gradient(reinforce_loss, [0.0, 0.0], batch_of([0], [1.0], [0.25]), settings)[1] == pytest.approx([-1.0, 1.0])


def test_weighted_likelihood_by_hand():
    settings = SETTINGS._replace(gain=2.0)
    # g = (1 / .25) / 2 = 2 for the first, 0 for the second, whose reward is below 0: the mean of -2 log pi(0).
    value, slopes = gradient(weighted_likelihood_loss, [0.0, 0.0], batch_of([0, 1], [1.0, -1.0], [0.25, 0.5]), settings)
    assert value == pytest.approx(math.log(2.0))
    assert slopes == pytest.approx([-0.5, 0.5])


def test_doubly_robust_by_hand():
    members = [CandidatePolicy("action", 0.0, ALL)]
    rewards = RewardScores(1, 2, members)
    rewards.effects[1] = torch.tensor([0.6, 0.2])
    rewards.effects[0] = torch.tensor([9.0, 9.0])  # of half of the users: not this candidate's
    # pi = (1/2, 1/2): promised .4; w = 2 at p = 1/4, and the reward 1 is .4 above q(a).
    value, _ = gradient(dr_loss, [0.0, 0.0], batch_of([0], [1.0], [0.25]), further=[rewards])
    assert value == pytest.approx(-(0.4 + 2 * 0.4))


def test_no_row_is_valued_by_a_model_that_saw_it():
    # Action 0 pays in fold 2 alone: what the others promise for it does not show in fold 2's own model.
    actions = np.arange(800) // 4 % 2
    to_go = np.where((np.arange(800) % 4 == 2) & (actions == 0), 1.0, 0.0).astype(np.float32)
    data = one_step_log(np.zeros((800, 1), np.float32), actions, to_go, np.full(800, 0.5))
    rewards = RewardScores(1, 4, [CandidatePolicy("action", 0.0, half) for half in (0, ALL)])
    rewards.learn(data)
    spread = rewards.effects[:, :, 0] - rewards.effects[:, :, 1]
    assert (spread[:, 2] == 0).all(), "its own rewards are not in it"
    assert (spread[1, [0, 1, 3]] > 0.1).all() and spread[0, 0] > 0.2, "and are in the others'"
    assert (spread[0, [1, 3]] == 0).all(), "but in none of the other half of the users'"


def test_the_penalty_of_poem_by_hand():
    settings = SETTINGS._replace(penalty=3.0, rows=50.0)
    batch = batch_of([0, 1], [1.0, 0.0], [0.25, 0.75])
    # u = (2, 0): mean 1, variance 1.
    value, _ = gradient(poem_loss, [0.0, 0.0], batch, settings)
    assert value == pytest.approx(-1.0 + 3.0 * math.sqrt(1.0 / 50.0))
    # w = (2, 2/3): V = 2 / (8/3) = 3/4, terms w (G - V) / (4/3) = (3/8, -3/8).
    value, _ = gradient(self_normalised_poem_loss, [0.0, 0.0], batch, settings)
    assert value == pytest.approx(-0.75 + 3.0 * 0.375 / math.sqrt(50.0), rel=1e-5)


def test_a_candidate_of_half_of_the_users_sees_their_rows_alone():
    # Folds 0 and 2 are half 0. The other rows would pull to action 1.
    batch = batch_of([0, 1, 0, 1], [1.0, 5.0, 1.0, 5.0], [0.5] * 4, folds=[0, 1, 2, 3])
    own = batch_of([0, 0], [1.0, 1.0], [0.5] * 2)
    for loss in (ips_loss, reinforce_loss, poem_loss, self_normalised_poem_loss, weighted_likelihood_loss):
        settings = SETTINGS._replace(penalty=0.5, rows=40.0)
        whole = gradient(loss, [0.2, 0.0], batch, settings, imitation=0.1, half=0)
        alone = gradient(loss, [0.2, 0.0], own, settings._replace(rows=20.0), imitation=0.1)
        assert whole[0] == pytest.approx(alone[0]) and whole[1] == pytest.approx(alone[1]), loss.__name__
