"""What is in service, known by its choices: weights of tilts, their normaliser, and its error."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rlbench_rec import frontier, ope
from rlbench_rec.errors import InputError
from rlbench_rec.frontier.normaliser import calibrated, prefix_factors
from rlbench_rec.ope.analysis.simultaneous_lifts import lift_on_log
from rlbench_rec.policies import Tilted

DIVERGENCES = (0.02, 0.1, 0.3)


class Wrong:
    """A model of the shop's behaviour policy that is off in every state, more in some than in others."""

    memory = None

    def __init__(self, policy):
        self.policy, self.action_count = policy, policy.action_count

    def probabilities(self, states):
        exact = self.policy.probabilities(states)
        tempered = exact ** np.where(states.argmax(axis=1) % 2, 0.5, 1.5)[:, None]
        return tempered / tempered.sum(axis=1, keepdims=True)


@pytest.fixture(scope="module")
def services(shop):
    return {"right": frontier.ServiceBase(shop.behaviour), "wrong": frontier.ServiceBase(Wrong(shop.behaviour))}


@pytest.mark.parametrize("model", ["right", "wrong"])
def test_weights_agree_with_those_of_the_exact_distribution(services, shop, shop_log, best_q, model):
    _, test = shop_log
    scores = best_q(test.states())
    exact = frontier.LoggedBase(shop.behaviour).on(test).scored(scores)
    service = services[model].on(replace(test, propensities=None)).scored(scores)
    for temperature, divergence in service.settings("tilted", DIVERGENCES):
        both = [of.evaluation_log("tilted", temperature) for of in (exact, service)]
        lifts = [lift_on_log(log) for log in both]
        apart = lifts[1].estimate.value - lifts[0].estimate.value
        error = (lifts[1].influences - lifts[0].influences).std() / np.sqrt(test.n_episodes)
        assert abs(apart) < 3.0 * error
        assert both[1].propensity_source == "service" and lifts[1].estimate.verdict == "trusted"
        # Sessions alone say how far a step is, as the distribution does.
        own = [nats for nats in exact.settings("tilted", (divergence,))]
        assert own[0].parameter == pytest.approx(temperature, rel=0.15)


def test_a_model_alone_would_be_wrong(services, shop, shop_log, best_q):
    """The same weights without the fit: what they say is far from what is true."""
    _, test = shop_log
    scores = best_q(test.states())
    on_log = services["wrong"].on(test).scored(scores)
    ((temperature, _),) = on_log.settings("tilted", (0.3,))
    policy = Tilted(best_q, shop.action_count, temperature, shop.behaviour)
    truth = shop.true_value(policy).value - shop.true_value(shop.behaviour).value
    fitted = lift_on_log(on_log.evaluation_log("tilted", temperature)).estimate
    raw = on_log._tilts.ratios(test.actions, temperature)
    plain = ope.EvaluationLog.from_weights(
        test.rewards, raw, exact=True, episode_starts=test.episode_starts, gamma=test.gamma
    )
    alone = lift_on_log(plain).estimate
    assert abs(fitted.value - truth) < 3.0 * fitted.std_error
    assert abs(alone.value - truth) > 4.0 * alone.std_error


def test_a_frontier_without_propensities(services, shop, shop_log, best_q):
    validation, test = (replace(part, propensities=None) for part in shop_log)
    front = frontier.trace({"q": best_q}, validation, services["wrong"], divergences=(0.04, 0.15, 0.6))
    assert front.base_kind == "service" and front.chosen is not None
    # Served by reweighting what is in service.
    states = test.states()[:5]
    assert isinstance(front.policy, Tilted) and front.policy.base is None
    served = front.policy.probabilities(states, shop.behaviour.probabilities(states))
    assert served.sum(axis=1) == pytest.approx(np.ones(5))
    scored = frontier.score(front, test)
    policy = Tilted(best_q, shop.action_count, front.chosen.parameter, shop.behaviour)
    truth = shop.true_value(policy).value - shop.true_value(shop.behaviour).value
    assert scored.lift.ci_low <= truth <= scored.lift.ci_high and scored.lift.propensity_source == "service"
    against = frontier.trace({"q": frontier.negated(best_q)}, validation, services["wrong"])
    assert against.chosen is None


def test_dials_that_need_more(services, shop_log, best_q):
    validation, _ = shop_log
    scores = best_q(validation.states())
    scored = services["right"].on(validation).scored(scores)
    assert scored.settings("constrained", DIVERGENCES) == []
    with pytest.raises(InputError, match="whole distribution"):
        scored.evaluation_log("constrained", 0.5)
    # A mixture is exact where propensities are logged: w = 1 - m + m 1{best} / p.
    mixed = scored.settings("mixed", (0.02, 0.05))
    log = scored.evaluation_log("mixed", mixed[1].parameter)
    best = scores.argmax(axis=1) == validation.actions
    assert log.ratios == pytest.approx(1 + mixed[1].parameter * (best / validation.propensities - 1))
    assert log.propensity_source == "logged" and mixed[0].parameter < mixed[1].parameter
    bare = services["right"].on(replace(validation, propensities=None)).scored(scores)
    assert bare.settings("mixed", (0.02,)) == []
    with pytest.raises(InputError, match="propensities"):
        bare.evaluation_log("mixed", 0.1)


def test_actions_that_are_ruled_out_weigh_nothing(services, shop_log, best_q):
    validation, _ = shop_log
    scores = best_q(validation.states()).astype(float)
    scores[:, 0] = -np.inf
    scored = services["right"].on(validation).scored(scores)
    log = scored.evaluation_log("tilted", 1.0)
    assert (log.ratios[validation.actions == 0] == 0).all() and np.isfinite(log.ratios).all()


def test_a_few_sessions_and_constant_scores(services, shop_log):
    validation, _ = shop_log
    some = validation.episodes(0, 20)
    scored = services["right"].on(some).scored(np.zeros((len(some), some.action_count)))
    assert scored.settings("tilted", DIVERGENCES) == []
    log = scored.evaluation_log("tilted", 1.0)
    assert log.ratios == pytest.approx(np.ones(len(some))) and log.ratio_gradients.shape[1] == 1


def test_the_fit_by_hand():
    """One constant feature: theta = -log mean y, w = y / mean y, nu = -(w - 1) by session."""
    ratios, starts = np.array([1.0, 2.0, 3.0, 6.0]), np.arange(4)
    fit = calibrated(ratios, np.ones((4, 1)), np.ones(4), starts)
    assert fit.ratios == pytest.approx(ratios / 3.0, rel=1e-6)
    assert fit.influence[:, 0] == pytest.approx(1.0 - ratios / 3.0, rel=1e-6)
    # Weighted rows: sum g (w - 1) = 0, so w = y / (sum g y / sum g).
    fit = calibrated(ratios, np.ones((4, 1)), np.array([1.0, 1.0, 0.0, 2.0]), starts)
    assert fit.ratios == pytest.approx(ratios / 3.75, rel=1e-6)
    assert not calibrated(np.zeros(4), np.ones((4, 1)), np.ones(4), starts).ratios.any()


def test_every_feature_is_balanced():
    rng = np.random.default_rng(0)
    n = 3_000
    features = np.column_stack((np.ones(n), rng.normal(0, 1, (n, 4))))
    ratios = rng.exponential(1.0, n) * np.exp(0.4 * features[:, 1] - 0.3 * features[:, 2])
    factors = rng.exponential(1.0, n)
    fit = calibrated(ratios, features, factors, np.arange(0, n, 3))
    left = features.T @ (factors * (fit.ratios - 1.0)) / factors.sum()
    assert np.abs(left).max() < 2e-3 and fit.influence.mean(axis=0) == pytest.approx(np.zeros(5), abs=1e-9)


def test_factors_are_what_a_session_has_reached():
    ratios, starts = np.array([2.0, 3.0, 0.0, 5.0, 0.5, 4.0]), np.array([0, 4])
    # 1, 2, 6, 0 and 1, .5; none above the quantile is cut but the largest.
    factors = prefix_factors(ratios, starts)
    assert factors[:2] == pytest.approx([1.0, 2.0]) and factors[2] == pytest.approx(6.0, rel=0.01)
    assert factors[3:] == pytest.approx([0.0, 1.0, 0.5])


@pytest.mark.slow
def test_the_bootstrap_that_fits_anew_agrees(services, shop, shop_log, best_q):
    """The standard error holds the error of theta: resampled sessions with a fit of their own spread as far."""
    _, test = shop_log
    test = test.episodes(0, 1_000)
    temperature = services["wrong"].on(test).scored(best_q(test.states())).settings("tilted", (0.3,))[0].parameter

    def lift(data):
        log = services["wrong"].on(data).scored(best_q(data.states())).evaluation_log("tilted", temperature)
        return lift_on_log(log).estimate

    rng = np.random.default_rng(0)
    draws = [lift(test.select(rng.integers(0, test.n_episodes, test.n_episodes))).value for _ in range(200)]
    assert np.std(draws) == pytest.approx(lift(test).std_error, rel=0.12)
