"""LoggedBase: weights, and a base that is not the behaviour policy."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rlbench_rec import frontier
from rlbench_rec.errors import InputError
from rlbench_rec.evaluation.bridge import evaluation_log
from rlbench_rec.policies import Stateless, Uniform
from rlbench_rec.policies.make_reweighted import reweighted_by


@pytest.mark.parametrize(
    ("dial", "parameter"), [("tilted", 0.2), ("tilted", 3.0), ("constrained", 0.4), ("mixed", 0.1)]
)
def test_weights_are_those_of_the_policy_that_is_served(shop, shop_log, best_q, dial, parameter):
    data = shop_log[0]
    base = frontier.LoggedBase(shop.behaviour)
    on_log = base.on(data)
    log = on_log.scored(best_q(data.states())).evaluation_log(dial, parameter)
    policy = reweighted_by(dial, best_q, data.action_count, parameter, shop.behaviour, "step")
    expected = evaluation_log(data, policy, ["snips"], behaviour=shop.behaviour)
    np.testing.assert_allclose(log.ratios, expected.ratios, rtol=1e-6)
    assert log.n_episodes == expected.n_episodes and log.gamma == expected.gamma


def test_actions_that_are_ruled_out_have_weight_0(shop, shop_log):
    data = shop_log[0]

    def without_first(states):
        return np.where(np.arange(data.action_count) == 0, -np.inf, 0.0) + np.zeros((len(states), 1))

    on_log = frontier.LoggedBase(shop.behaviour).on(data)
    log = on_log.scored(without_first(data.states())).evaluation_log("tilted", 1.0)
    assert (log.ratios[data.actions == 0] == 0).all() and (log.ratios[data.actions != 0] >= 1).all()


def test_a_base_that_did_not_choose_the_actions_is_refused(make_log):
    data = make_log(100, chance=0.6)
    with pytest.raises(InputError, match="not the policy that chose") as caught:
        frontier.LoggedBase(Uniform(2)).on(data)
    assert caught.value.where == "base"
    never = frontier.LoggedBase(Stateless("first", np.array([1.0, 0.0])))
    with pytest.raises(InputError, match="probability 0"):
        never.on(replace(data, propensities=None))


def test_the_base_s_own_probabilities_stand_in_for_propensities(make_log):
    data = make_log(100, chance=0.6)
    base = frontier.LoggedBase(Stateless("b", np.array([0.4, 0.6])))
    log = base.on(replace(data, propensities=None)).scored(np.zeros((100, 2))).evaluation_log("mixed", 0.5)
    np.testing.assert_allclose(log.propensities, data.propensities)


def test_a_log_without_the_distribution_needs_one(make_log):
    data = make_log(100, chance=0.6)
    with pytest.raises(InputError, match="does not carry"):
        frontier.LoggedBase().on(data)


def test_which_base_a_log_has(make_log):
    assert frontier.logged_base(make_log(50, chance=0.6)) is None
    assert frontier.logged_base(replace(make_log(50), propensities=None)) is None
    uniform = frontier.logged_base(make_log(50))
    assert uniform is not None and isinstance(uniform.policy, Uniform)
    policy = Stateless("b", np.array([0.4, 0.6]))
    assert frontier.logged_base(make_log(50, chance=0.6), policy).policy is policy


def test_the_spread_is_that_of_scores_under_the_base(make_log):
    # Scores 0 and 1 with chances .4 and .6 have variance .24; a constant of the state has no part in it.
    data = make_log(100, chance=0.6)
    on_log = frontier.LoggedBase(Stateless("b", np.array([0.4, 0.6]))).on(data)
    scores = np.array([0.0, 1.0]) + np.arange(100)[:, None]
    assert on_log.spread(scores) == pytest.approx(0.24**0.5)
    assert on_log.spread(np.where(np.arange(2) == 1, scores, -np.inf)) == 0
    # .4 x .1 + .6 x .1 is not .1 to the last digit, but all actions are alike.
    assert on_log.spread(np.repeat(0.1 + 1.1 * np.arange(100)[:, None] / 7, 2, axis=1)) == 0
