"""What sets the strata of `recommend` apart: candidates, hidden state, confounded logging, late purchases."""

from __future__ import annotations

import numpy as np
import pytest

from rlbench_rec import ope, tasks
from rlbench_rec.errors import InputError
from rlbench_rec.policies import Uniform
from rlbench_rec.tasks.insiders import InsiderPolicy
from rlbench_rec.tasks.rollout import play
from rlbench_rec.tasks.shops.recommend_candidates import Retriever
from rlbench_rec.tasks.shops.shared.products import make_catalogue


# --- candidates -------------------------------------------------------------------------------------------------------
def test_shelves_part_the_catalogue():
    catalogue = make_catalogue(23, 3, 1.0, 0.3, 20.0, 0.5, seed=1)
    retriever = Retriever(catalogue, 7, seed=1)
    assert sorted(np.concatenate(retriever.shelves)) == list(range(23))
    assert all((catalogue.category[shelf] == j % 3).all() for j, shelf in enumerate(retriever.shelves))
    assert all((np.diff(catalogue.appeal[shelf]) <= 0).all() for shelf in retriever.shelves)


def test_candidates_come_one_from_each_shelf_and_popular_ones_more_often():
    retriever = Retriever(make_catalogue(200, 2, 1.0, 0.3, 20.0, 0.5, seed=1), 4, seed=1)
    drawn = retriever.draw(np.random.default_rng(0).random((4, 20_000), dtype=np.float32))
    for j, shelf in enumerate(retriever.shelves):
        assert np.isin(drawn[:, j], shelf).all()
        # A shelf of 50 drawn by u^2: the first half comes with sqrt(1/2).
        assert np.isin(drawn[:, j], shelf[:25]).mean() == pytest.approx(np.sqrt(0.5), abs=0.012)
    features = retriever.features(drawn[:2])
    assert features.shape == (2, 8)
    assert np.array_equal(features[:, :4], retriever.catalogue.appeal[drawn[:2]])


def test_candidates_do_not_depend_on_decisions():
    task = tasks.make("recommend-v1", 1, stratum="real", leave_base=-10.0, horizon=4)
    shown = []
    for place in (0, 7):
        users = task.simulator(50, seed=3)
        states = users.reset()
        for _ in range(3):
            states = users.step(np.full(len(users.present), place)).states
        shown.append(states[:, -40:])
    assert np.array_equal(*shown)


def test_a_state_of_a_large_shop_stays_small_and_is_read_by_its_rankers():
    task = tasks.make("recommend-v1", 1, stratum="real")
    assert (task.action_count, len(task.observation_names)) == (20, 2 * 10 + 3 + 2 * 20)
    states = task.log(episodes=20, seed=1).states()
    ranker = task.config.ladder["honest"].model_copy(update={"clicks": 0.0, "noise": 0.0})
    expected = 0.5 * states[:, -40:-20] + 0.5 * states[:, -20:]
    assert np.allclose(task.score(ranker)(states), expected, atol=1e-6)


def test_candidates_and_history_exclude_each_other():
    with pytest.raises(InputError, match="shows no history"):
        tasks.make("recommend-v1", candidates=5, history=2)
    with pytest.raises(InputError, match="need at least as many items"):
        tasks.make("recommend-v1", candidates=50)


# --- hidden state -----------------------------------------------------------------------------------------------------
def test_what_is_hidden_goes_on_and_is_not_shown():
    easy, partial = (tasks.make("recommend-v1", 1, stratum=stratum) for stratum in ("easy", "partial"))
    full, blind = (task.log(episodes=50, policy=Uniform(30), seed=1) for task in (easy, partial))
    assert np.array_equal(full.rewards, blind.rewards)
    hidden = [name.startswith("satiation") or name == "engagement" for name in easy.observation_names]
    assert full.observations[:, hidden].any(axis=0).all() and not blind.observations[:, hidden].any()
    seen = np.logical_not(hidden)
    assert np.array_equal(full.observations[:, seen], blind.observations[:, seen])


# --- confounded logging -----------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def confounded():
    return tasks.make("recommend-v1", 1, stratum="confounded", horizon=1, rollouts="expected")


def test_the_log_has_the_average_of_what_the_insider_does(confounded):
    behaviour = confounded.behaviour
    assert isinstance(behaviour, InsiderPolicy)
    data = confounded.log(episodes=30_000, seed=1)
    states = data.states()
    assert data.provenance.identification == "estimated"
    each = [policy.probabilities(states[:1]) for policy in behaviour.by_value]
    assert np.allclose(data.propensities, np.mean(each, axis=0)[0, data.actions])
    # What the log says on average is what it did.
    frequencies = np.bincount(data.actions, minlength=30) / len(data)
    assert np.abs(frequencies - np.mean(each, axis=0)[0]).max() < 0.006


def test_importance_sampling_is_biased_by_what_the_log_lacks(confounded):
    """Items that draw the click are shown to keen users, so they look better than they are, and others worse."""
    target = confounded.target_policies()["repellent"]
    truth = confounded.true_value(target, 0.01).value
    users = confounded.simulator(60_000, seed=5)
    states = users.reset()
    keen = users.users["keen"].copy()
    informed = confounded.behaviour.informed(states, keen)
    actions = (informed.cumsum(axis=1) > np.random.default_rng(0).random((len(states), 1))).argmax(axis=1)
    rewards = users.step(actions).rewards
    wanted, rows = target.probability_of(states, actions), np.arange(len(states))
    weights = wanted / confounded.behaviour.probability_of(states, actions)
    right = wanted / informed[rows, actions]
    logged, recorded = ((weight * rewards).mean() for weight in (weights, right))
    error = (right * rewards).std() / np.sqrt(len(rewards))
    assert abs(recorded - truth) < 4 * error + 0.01 * truth
    assert logged < 0.9 * truth, "the log underrates what the insider showed to others than keen users"


def test_the_bias_is_in_the_log_that_a_user_gets(confounded):
    data, target = confounded.log(episodes=40_000, seed=2), confounded.target_policies()["repellent"]
    log = ope.EvaluationLog(data.rewards, data.propensities, target.probability_of(data.states(), data.actions))
    estimate = ope.estimate(log, "snips", interval="normal")
    truth = confounded.true_value(target, 0.01)
    assert estimate.ci_high < truth.value - 2 * truth.std_error


# --- late purchases ---------------------------------------------------------------------------------------------------
def test_a_late_purchase_comes_with_the_last_row_at_the_latest():
    task = tasks.make("recommend-v1", 1, delay=1_000.0, purchase_base=4.0, cart_base=2.0, leave_base=-2.0)
    data = task.log(episodes=400, seed=1)
    bought = data.metrics[:, 1]
    ends = np.append(data.episode_starts[1:], len(data)) - 1
    early = np.delete(bought, ends)
    assert bought[ends].sum() > 50 * max(early.sum(), 1)
    assert bought.max() > 1, "several purchases may arrive at once"


def test_delay_moves_rewards_and_loses_none():
    shops = [tasks.make("recommend-v1", 1, delay=delay, rollouts="expected") for delay in (0.0, 5.0)]
    values = [shop.true_value("random", 0.02, gamma=1.0) for shop in shops]
    gap = values[1].value - values[0].value
    assert abs(gap) < 4 * np.hypot(values[0].std_error, values[1].std_error)
    now, later = (shop.true_value("random", 0.02).metrics["CVR"] for shop in shops)
    assert later[0] < now[0] - 2 * np.hypot(now[1], later[1]), "what comes later is discounted"


@pytest.mark.parametrize("config", [{}, {"delay": 4.0}, {"stratum": "real"}, {"stratum": "confounded"}], ids=str)
def test_expected_rollouts_have_the_mean_of_drawn_ones(config):
    task = tasks.make("recommend-v1", 1, **{"rollouts": "expected", "click_base": -2.0} | config)
    sums = []
    for expected in (False, True):
        total = np.zeros((4_096, 6))
        for t, step in enumerate(play(task, task.behaviour, 4_096, 3, 0, expected=expected)):
            total[step.users] += task.gamma**t * np.column_stack((step.rewards, step.metrics))
        sums.append(total)
    drawn, expected = sums
    gap = drawn - expected
    assert (np.abs(gap.mean(axis=0)) <= 4 * gap.std(axis=0) / np.sqrt(len(gap)) + 1e-6).all()
    assert (expected[:, :4].std(axis=0) < drawn[:, :4].std(axis=0)).all()
