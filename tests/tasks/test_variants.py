"""One shop to choose on, another to judge on."""

from __future__ import annotations

import itertools

import pytest

from rlbench_rec import tasks
from rlbench_rec.errors import UnknownNameError
from rlbench_rec.tasks.variants import SPREAD


def test_parameters_move_a_little_and_stay_in_range():
    plain = tasks.make("recommend-v1").config
    for variant in ("train", "judge"):
        for seed in range(20):
            config = tasks.make("recommend-v1", seed, variant=variant).config
            assert config.gamma == plain.gamma
            assert config.click_reward == plain.click_reward
            assert config.satiation_decay < 1
            assert abs(config.drift / plain.drift - 1) <= SPREAD + 1e-12
            assert config.drift != plain.drift


def test_what_is_given_is_kept():
    task = tasks.make("recommend-v1", 3, variant="judge", drift=0.5, items=12)
    assert (task.config.drift, task.config.items) == (0.5, 12)


def test_the_control_stays_a_control():
    config = tasks.make("recommend-myopic-v1", 3, variant="judge").config
    assert config.satiation_click == config.leave_quality == config.engagement_gain == 0.0


def test_seeds_differ_between_shops_and_variants():
    seeds = {
        tasks.make("pricing-v1", seed, variant=variant).seed for seed in range(20) for variant in ("train", "judge")
    }
    assert len(seeds) == 40


@pytest.mark.parametrize("variant", ["train", "judge"])
def test_no_two_tasks_share_their_draws(variant):
    shops = [tasks.make(name, 3, variant=variant) for name in tasks.TASKS]
    assert len({shop.seed for shop in shops}) == len(shops)
    moved = [_factors(shop) for shop in shops]
    assert all(moved)
    assert not any(factors & others for factors, others in itertools.combinations(moved, 2))


def _factors(shop):
    """What the variant multiplied the parameters by, those apart that were cut to a bound."""
    usual = {name: value for name, value in tasks.make(shop.id).config if isinstance(value, float) and value}
    factors = {getattr(shop.config, name) / value for name, value in usual.items()}
    return {round(factor, 9) for factor in factors if factor != 1.0}


def test_a_variant_is_the_same_shop_on_every_machine():
    shop = tasks.make("pricing-v1", 3, variant="judge")
    assert shop.seed == 1362922501
    assert (round(shop.config.cost, 12), round(shop.config.loss, 12)) == (0.564813188059, 7.107805401508)


def test_an_unknown_variant_is_refused():
    with pytest.raises(UnknownNameError, match="Did you mean 'judge'"):
        tasks.make("pricing-v1", variant="judged")
