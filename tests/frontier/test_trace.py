"""frontier.trace: the curve, and what is chosen of it."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from rlbench_rec import frontier, ope
from rlbench_rec.errors import InputError
from rlbench_rec.policies import Uniform

TWO = np.array([0.0, 1.0])
HALF = frontier.LoggedBase(Uniform(2))


def second_is_better(states):
    return np.broadcast_to(TWO, (len(states), 2))


def test_two_steps_by_hand(make_log):
    # 500 rows of each action with 50 and 150 clicks: at probability p of action 1, V = .1 (1 - p) + .3 p, and the
    # behaviour policy's is .2. Of the tilts of (1/2, 1/2) with p = .6 and .7 the divergences are these.
    actions = np.repeat([0, 1], 500)
    rewards = np.concatenate([np.arange(500) < 50, np.arange(500) < 150]).astype(np.float32)
    data = make_log(1_000, actions=actions, rewards=rewards, propensities=np.full(1_000, 0.5))
    nats = [math.log(2) + p * math.log(p) + (1 - p) * math.log(1 - p) for p in (0.6, 0.7)]
    curve = frontier.trace({"q": second_is_better}, data, HALF, dials=["tilted"], divergences=nats)
    mild, bold = curve.steps
    assert (mild.parameter, bold.parameter) == pytest.approx([1 / math.log(0.6 / 0.4), 1 / math.log(0.7 / 0.3)])
    assert (mild.lift.value, bold.lift.value) == pytest.approx([0.02, 0.04])
    # Weights 2 (1 - p) and 2 p, half of the rows each: ESS / n = 1 / (2 ((1 - p)^2 + p^2)).
    assert mild.concentration == pytest.approx(1_000 / (2 * 0.52) ** 3)
    # psi = w (r - V) - (r - .2), and its spread over 1,000 rows.
    for step, p, value in ((mild, 0.6, 0.22), (bold, 0.7, 0.24)):
        weights = np.where(actions == 1, 2 * p, 2 * (1 - p))
        psi = weights * (rewards - value) - (rewards - 0.2)
        assert step.lift.std_error == pytest.approx(psi.std(ddof=1) / math.sqrt(1_000), rel=1e-6)
        assert step.lift.ci_low == pytest.approx(step.lift.value - curve.critical_value * step.lift.std_error)
    # Both steps weigh the same two groups of rows: their errors move together, and one look is nearly one step's.
    assert 1.96 < curve.critical_value < 2.1
    assert mild.eligible and bold.eligible and curve.chosen is bold
    assert "0.04" in curve.why and curve.base_kind == "logged"


def test_the_toy_shop_s_best_q_is_found_and_covered(shop, shop_log, best_q):
    validation, test = shop_log
    curve = frontier.trace({"best": best_q}, validation, frontier.LoggedBase(shop.behaviour))
    assert curve.chosen is not None
    behaviour = shop.true_value(shop.behaviour).value
    for step in curve.steps:
        truth = shop.true_value(curve.policy_of(step)).value - behaviour
        assert truth > 0
        if step.eligible:
            assert step.lift.ci_low <= truth <= step.lift.ci_high
    scored = frontier.score(curve, test)
    truth = shop.true_value(curve.policy).value - behaviour
    assert abs(scored.lift.value - truth) < 3 * scored.lift.std_error and scored.lift.verdict == "trusted"
    assert scored.value.value - scored.behaviour.value == pytest.approx(scored.lift.value)


def test_a_negated_q_ends_as_the_behaviour_policy(shop, shop_log, best_q):
    validation, test = shop_log
    base = frontier.LoggedBase(shop.behaviour)
    curve = frontier.trace({"negated": frontier.negated(best_q)}, validation, base)
    assert curve.chosen is None and curve.policy is shop.behaviour and curve.why.startswith("The behaviour policy")
    assert any(step.eligible for step in curve.steps), "the log knows them, and knows them to be worse"
    scored = frontier.score(curve, test)
    assert scored.lift.value == 0 and (scored.lift.ci_low, scored.lift.ci_high) == (0, 0)
    assert scored.value.value == pytest.approx(scored.behaviour.value)


def test_scores_that_know_nothing_are_chosen_in_few_logs(make_log):
    # Two actions of the same click rate: any tilt is worth nothing. Limits of 95 % are above 0 in 2.5 % of logs.
    chosen = [
        frontier.trace({"q": second_is_better}, data, HALF, dials=["tilted"], divergences=(0.02, 0.1, 0.5)).chosen
        for data in (make_log(1_000, rates=(0.2, 0.2), seed=seed) for seed in range(80))
    ]
    assert sum(step is not None for step in chosen) <= 6


def test_a_q_of_shuffled_rewards_finds_next_to_nothing_here(shop):
    """Users leave alike whatever is shown, so that rewards in another order say nothing of actions."""
    base, chosen = frontier.LoggedBase(shop.behaviour), {"true": 0, "shuffled": 0}
    for seed in range(12):
        data = shop.log(episodes=2_000, seed=seed)
        train, validation = data.episodes(0, 1_200), data.episodes(1_200, 2_000)
        cells = train.states().argmax(axis=1) * shop.action_count + train.actions
        for name in chosen:
            rewards = train.rewards if name == "true" else np.random.default_rng(seed).permutation(train.rewards)
            sums, counts = (np.bincount(cells, weights, 10 * shop.action_count) for weights in (rewards, None))
            q = (sums / np.maximum(counts, 1)).reshape(10, -1)
            curve = frontier.trace({name: lambda states, q=q: states @ q}, validation, base, dials=["tilted"])
            chosen[name] += curve.chosen is not None
    assert chosen["true"] == 12 and chosen["shuffled"] <= 1


def test_the_best_of_several_contenders_answers_for_all_of_them(shop, shop_log, best_q):
    validation, _ = shop_log
    base = frontier.LoggedBase(shop.behaviour)
    alone = frontier.trace({"best": best_q}, validation, base)
    worst = frontier.negated(lambda states: states @ shop.click_rates)
    both = frontier.trace({"worst": worst, "best": best_q}, validation, base)
    assert {step.contender for step in both.steps} == {"worst", "best", "mean"}
    assert both.chosen.contender == "best"
    # More steps are looked at, so limits are wider.
    assert both.critical_value > alone.critical_value
    same = [step for step in both.steps if step.contender == "best"]
    assert [step.lift.value for step in same] == [step.lift.value for step in alone.steps]


def test_the_mean_of_standardised_scores_does_not_depend_on_units(shop, shop_log, best_q):
    validation, _ = shop_log
    base, other = frontier.LoggedBase(shop.behaviour), lambda states: states @ shop.click_rates
    curve = frontier.trace({"a": best_q, "b": other}, validation, base, dials=["tilted"])
    scaled = frontier.trace({"a": lambda s: 1_000 * best_q(s) - 7, "b": other}, validation, base, dials=["tilted"])
    mean, mean_scaled = (
        [step.lift.value for step in each.steps if step.contender == "mean"] for each in (curve, scaled)
    )
    assert mean == pytest.approx(mean_scaled, rel=1e-9) and len(mean) > 3


def test_users_and_not_rows_are_counted(make_log):
    # 40 users of 50 rows who all click alike: 2,000 rows tell as much as 40.
    rng = np.random.default_rng(0)
    users = np.repeat(np.arange(40), 50)
    data = make_log(2_000, rewards=np.repeat(rng.random(40) < 0.5, 50).astype(np.float32))
    by_row = frontier.trace({"q": second_is_better}, data, HALF)
    by_user = frontier.trace({"q": second_is_better}, replace(data, clusters=users), HALF)
    assert (by_row.n_units, by_user.n_units) == (2_000, 40)
    assert by_user.steps[0].concentration == pytest.approx(40, rel=0.1)
    assert by_user.critical_value > by_row.critical_value, "Student's t of 39 degrees of freedom"


def test_the_order_of_episodes_does_not_matter(shop, shop_log, best_q):
    validation, _ = shop_log
    base = frontier.LoggedBase(shop.behaviour)
    shuffled = validation.select(np.random.default_rng(0).permutation(validation.n_episodes))
    one, other = (frontier.trace({"q": best_q}, data, base) for data in (validation, shuffled))
    assert one.to_frame()["verdict"].tolist() == other.to_frame()["verdict"].tolist()
    for column in ("lift", "ci_low", "concentration", "parameter"):
        np.testing.assert_allclose(one.to_frame()[column], other.to_frame()[column], rtol=1e-7)


def test_a_steps_value_is_what_the_behaviour_policy_earned_and_the_lift(shop, shop_log, best_q):
    validation, _ = shop_log
    curve = frontier.trace({"q": best_q}, validation, frontier.LoggedBase(shop.behaviour))
    log = frontier.log_of_step(curve, curve.steps[0], validation)
    on_policy, snips = ope.estimate_all(log, ["on-policy", "snips"], interval="none")
    assert curve.behaviour == pytest.approx(on_policy.value, rel=1e-12)
    assert curve.to_frame()["value"][0] == pytest.approx(snips.value, rel=1e-9)


@pytest.mark.parametrize("episodes", [1, 2, 30])
def test_a_log_too_small_says_so(make_log, episodes):
    curve = frontier.trace({"q": second_is_better}, make_log(episodes), HALF)
    assert curve.chosen is None and not any(step.eligible for step in curve.steps)
    assert all(step.reasons for step in curve.steps)
    assert "no step is eligible" in curve.why
    curve.to_frame()


def test_constant_rewards_choose_nothing(make_log):
    data = make_log(rewards=np.full(2_000, 3.0, dtype=np.float32))
    curve = frontier.trace({"q": second_is_better}, data, HALF)
    assert curve.chosen is None
    assert all(step.lift.value == 0 and step.lift.std_error == 0 for step in curve.steps)
    assert all(step.log_needed == math.inf for step in curve.steps)


def test_scores_that_do_not_differ_have_no_steps(make_log):
    curve = frontier.trace({"q": lambda states: np.zeros((len(states), 2))}, make_log(), HALF, dials=["tilted"])
    assert curve.steps == () and curve.chosen is None and "no step" in curve.why
    assert list(curve.to_frame().columns)[:3] == ["contender", "dial", "parameter"]


def test_log_needed_is_1_where_the_log_is_enough_and_falls_with_its_length(make_log):
    short, long = (frontier.trace({"q": second_is_better}, make_log(n), HALF, dials=["tilted"]) for n in (400, 8_000))
    assert long.chosen.log_needed == 1
    for few, many in zip(short.steps, long.steps, strict=True):
        assert few.log_needed >= many.log_needed >= 1


def test_the_verdicts_are_those_of_ope_lift(shop, shop_log, best_q):
    validation, _ = shop_log
    curve = frontier.trace({"q": best_q}, validation, frontier.LoggedBase(shop.behaviour))
    for step in curve.steps:
        log = frontier.log_of_step(curve, step, validation)
        alone = ope.lift(log, interval="normal")
        assert (step.lift.value, step.lift.std_error) == (alone.value, alone.std_error)
        assert step.lift.verdict == alone.verdict
        assert step.concentration == pytest.approx(ope.diagnose(log).balanced_weights)
        assert step.lift.ci_low <= alone.ci_low, "limits for all are no narrower than for one"


def test_the_gate_and_the_level_are_the_caller_s(shop, shop_log, best_q):
    validation, _ = shop_log
    base = frontier.LoggedBase(shop.behaviour)
    strict = ope.inference.Inference(gate=ope.Gate(trusted_ess=1e9))
    assert not any(step.eligible for step in frontier.trace({"q": best_q}, validation, base, inference=strict).steps)
    wide, narrow = (
        frontier.trace({"q": best_q}, validation, base, inference=ope.inference.Inference(confidence=level))
        for level in (0.99, 0.8)
    )
    assert wide.critical_value > narrow.critical_value


def test_what_cannot_be_traced_is_refused(make_log):
    data = make_log(100)
    for contenders, said in (
        ({}, "No contenders"),
        ({"mean": second_is_better}, "mean"),
        ({"q": lambda states: np.zeros((len(states), 3))}, "shape"),
        ({"q": lambda states: np.full((len(states), 2), np.nan)}, "neither"),
    ):
        with pytest.raises(InputError, match=said):
            frontier.trace(contenders, data, HALF)
    for contenders, base, said in (
        (second_is_better, HALF, "by name"),
        ({"q": np.zeros((100, 2))}, HALF, "by name"),
        ({"q": second_is_better}, None, "It is not a base"),
    ):
        with pytest.raises(InputError, match=said):
            frontier.trace(contenders, data, base)
    continued = replace(data, next_episodes=np.full(100, -1))
    with pytest.raises(InputError, match="next"):
        frontier.trace({"q": second_is_better}, continued, HALF)


def test_exploration_is_planned_for_the_chosen_step(make_log):
    data = make_log(400)
    curve = frontier.trace({"q": second_is_better}, data, HALF, dials=["tilted"])
    plans = frontier.exploration(curve, data)
    assert plans[0].share == 0 and plans[-1].episodes < plans[0].episodes
    worse = frontier.trace({"q": frontier.negated(second_is_better)}, data, HALF, dials=["tilted"])
    with pytest.raises(InputError, match="above 0"):
        frontier.exploration(worse, data)
