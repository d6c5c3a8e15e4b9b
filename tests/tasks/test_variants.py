"""One shop to choose on, another to judge on."""

from __future__ import annotations

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


def test_an_unknown_variant_is_refused():
    with pytest.raises(UnknownNameError, match="Did you mean 'judge'"):
        tasks.make("pricing-v1", variant="judged")
