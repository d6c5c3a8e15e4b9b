"""recommend-v1: steps worked by hand, funnel logic, and what its config refuses."""

from __future__ import annotations

import numpy as np
import pytest

from rlbench_rec import tasks
from rlbench_rec.errors import InputError
from rlbench_rec.tasks.shops.recommend import RecommendConfig, RecommendSimulator
from rlbench_rec.tasks.shops.shared.linear_rankers import LinearRanker
from rlbench_rec.tasks.shops.shared.products import Catalogue, make_catalogue

SHOP = Catalogue(
    category=np.array([0, 1]),
    appeal=np.float32([0.5, -0.5]),
    quality=np.float32([-1.0, 1.0]),
    price=np.float32([10.0, 25.0]),
)


class Scripted(RecommendSimulator):
    """Users whose random numbers are written down: one list of (draws, users) arrays, the first for the beginning."""

    def __init__(self, script, **config):
        script = [np.float32(uniforms) for uniforms in script]
        config = RecommendConfig(items=2, categories=2, **config)
        super().__init__(config, SHOP, n_users=script[0].shape[1], seed=0)
        self.script = iter(script)

    def _uniforms(self, draws):
        uniforms = next(self.script)
        assert len(uniforms) == draws
        return uniforms


def test_two_steps_by_hand():
    # Columns: click, cart, purchase, leave, drift. The user is after category 0 (0.2 * 2 = 0.4 -> 0).
    #
    # Step 1, item 0: P(click) = s(-1 + .5 + 1) = s(.5) = .6225; P(cart) = s(-1.5 - .3) = s(-1.8) = .1419;
    # P(purchase) = s(-1 - .3) = s(-1.3) = .2142; engagement = -.4; P(leave) = s(-2.6 + .4 + .5) = s(-1.7) = .1545.
    #
    # Step 2, item 0 again, satiation 1: P(click) = s(.5 - .5) = .5; not clicked, so engagement = .9 * -.4 = -.36 and
    # P(leave) = s(-2.6 + .36 + .2) = s(-2.04) = .1151. Drift: .04 < .05, and .04 / .05 = .8 -> category 1.
    simulator = Scripted(
        [[[0.2]], [[0.622], [0.141], [0.214], [0.155], [0.9]], [[0.501], [0.0], [0.0], [0.116], [0.04]]], horizon=4
    )
    start = simulator.reset()
    assert np.array_equal(start, np.zeros((1, 7), np.float32))

    first = simulator.step(np.array([0]))
    assert np.array_equal(first.rewards, [7.0])
    # click, purchase, revenue, another category than the last, quality of what was clicked
    assert np.array_equal(first.metrics, [[1.0, 1.0, 10.0, 1.0, -1.0]])
    assert not first.terminated[0]
    # satiation 0 and 1, memory 0 and 1, engagement / 2, last click, time
    assert first.states[0] == pytest.approx([1.0, 0.0, 0.7, 0.0, -0.2, 1.0, 0.25], abs=1e-6)

    second = simulator.step(np.array([0]))
    assert np.array_equal(second.rewards, [0.0])
    assert np.array_equal(second.metrics, [[0.0, 0.0, 0.0, 0.0, 0.0]])
    assert not second.terminated[0]
    assert second.states[0] == pytest.approx([1.8, 0.0, 0.26, 0.0, -0.18, 0.0, 0.5], abs=1e-6)
    assert simulator.users["interest"][0] == 1


@pytest.mark.parametrize(
    ("uniforms", "reward", "leaves"),
    [
        ([0.623, 0.0, 0.0, 0.99, 0.9], 0.0, False),  # no click, so no cart however lucky
        ([0.622, 0.142, 0.0, 0.99, 0.9], 1.0, False),  # click, no cart, so no purchase
        ([0.622, 0.141, 0.215, 0.99, 0.9], 3.0, False),  # click and cart, no purchase
        ([0.622, 0.142, 0.0, 0.154, 0.9], 1.0, True),  # a click on poor quality: P(leave) = s(-1.7) = .1545
        ([0.623, 0.0, 0.0, 0.154, 0.9], 0.0, False),  # without the click: s(-2.6) = .0691
        ([0.623, 0.0, 0.0, 0.069, 0.9], 0.0, True),
    ],
)
def test_thresholds_by_hand(uniforms, reward, leaves):
    simulator = Scripted([[[0.2]], np.array(uniforms)[:, None]])
    simulator.reset()
    step = simulator.step(np.array([0]))
    assert step.rewards[0] == reward
    assert step.terminated[0] == leaves
    assert len(simulator.present) == (0 if leaves else 1)


def test_those_who_leave_are_gone_and_the_others_keep_their_state():
    uniforms = np.full((5, 3), 0.99)
    uniforms[3, 1] = 0.0
    simulator = Scripted([[[0.1, 0.1, 0.6]], uniforms, np.full((5, 2), 0.99)])
    simulator.reset()
    step = simulator.step(np.array([0, 0, 1]))
    assert step.terminated.tolist() == [False, True, False]
    assert simulator.present.tolist() == [0, 2]
    assert simulator.users["interest"].tolist() == [0, 1]
    step = simulator.step(np.array([1, 1]))
    assert step.states[:, :2] == pytest.approx(np.array([[0.8, 1.0], [0.0, 1.8]]), rel=1e-6)


def test_everyone_leaves_at_the_horizon():
    task = tasks.make("recommend-v1", horizon=2, leave_base=-10.0)
    simulator = task.simulator(5, seed=0)
    simulator.reset()
    assert not simulator.step(np.zeros(5, np.int64)).terminated.any()
    assert simulator.step(np.zeros(5, np.int64)).terminated.all()
    with pytest.raises(InputError, match="Nobody is present"):
        simulator.step(np.zeros(5, np.int64))


def test_log_metrics_agree_with_rewards():
    task = tasks.make("recommend-v1", seed=1, cart_reward=0.0, click_reward=1.0, purchase_reward=10.0)
    data = task.log(episodes=500, seed=1)
    click, purchase, revenue, _, satisfaction = data.metrics.T
    assert np.array_equal(data.rewards, click + 10 * purchase)
    assert (purchase <= click).all()
    assert purchase.sum() > 0
    assert np.array_equal(revenue, purchase * task.catalogue.price[data.actions])
    assert np.array_equal(satisfaction, click * task.catalogue.quality[data.actions])
    column = data.observation_names.index("last_click")
    follows = ~np.isin(np.arange(len(data)), data.episode_starts)
    assert np.array_equal(data.observations[follows, column], click[:-1][follows[1:]])


def test_catalogue_has_the_traits_it_was_asked_for():
    items = make_catalogue(30, 6, appeal_spread=2.0, bait=0.3, price_median=20.0, price_spread=0.0, seed=4)
    assert items.appeal.mean() == pytest.approx(0, abs=1e-6)
    assert items.appeal.std() == pytest.approx(2.0, rel=1e-6)
    assert items.quality.std() == pytest.approx(1.0, rel=1e-6)
    assert np.corrcoef(items.appeal, items.quality)[0, 1] == pytest.approx(-0.3, abs=1e-6)
    assert np.bincount(items.category).tolist() == [5] * 6
    assert np.allclose(items.price, 20.0)


def test_a_ranking_scores_as_it_says():
    task = tasks.make("recommend-v1", items=4, categories=2)
    states = np.zeros((1, task.layout.size), np.float32)
    states[0, :4] = [1.0, 2.0, 0.5, -0.5]
    scores = task.score(LinearRanker(appeal=2.0, quality=1.0, clicks=4.0, satiation=-1.0))(states)
    fixed = 2.0 * task.catalogue.appeal + task.catalogue.quality
    by_category = np.array([4 * 0.5 - 1.0, 4 * -0.5 - 2.0])
    assert scores[0] == pytest.approx(fixed + by_category[[0, 1, 0, 1]], rel=1e-6)


def test_noise_belongs_to_the_shop():
    noisy = LinearRanker(noise=1.0)
    first, again = (tasks.make("recommend-v1", seed=s).score(noisy).fixed for s in (6, 6))
    other = tasks.make("recommend-v1", seed=7).score(noisy).fixed
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize(
    ("config", "names"),
    [
        ({"gamma": 1.5}, "gamma"),
        ({"horizon": 0}, "horizon"),
        ({"drift": -0.1}, "drift"),
        ({"satiation_decay": 1.0}, "satiation_decay"),
        ({"bait": 2}, "bait"),
        ({"items": 3}, "categories"),
        ({"click_reward": float("nan")}, "click_reward"),
        ({"leave_bass": -1.0}, "leave_bass"),
        ({"ranker": {"tau": 0.0}}, "ranker.tau"),
        ({"ladder": {"mine": {"apeal": 1.0}}}, "ladder.mine.apeal"),
    ],
)
def test_config_out_of_range_is_refused(config, names):
    with pytest.raises(InputError, match=names):
        tasks.make("recommend-v1", **config)


def test_ladder_is_given_by_configuration():
    task = tasks.make("recommend-v1", ladder={"mine": {"appeal": 1.0, "tau": 2.0}})
    assert list(task.target_policies()) == ["random", "behaviour", "mine"]
    assert task.target_policies()["mine"].tau == 2.0


def test_the_behaviour_policy_beats_uniform_random_and_the_caring_one_beats_both():
    task = tasks.make("recommend-v1", seed=21)
    ladder = task.target_policies()
    random, behaviour, caring = (task.true_value(ladder[name]) for name in ("random", "behaviour", "caring"))
    assert behaviour.value - random.value > 3 * np.hypot(behaviour.std_error, random.std_error)
    assert caring.value - behaviour.value > 3 * np.hypot(behaviour.std_error, caring.std_error)
