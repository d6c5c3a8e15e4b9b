"""What is tried next depends on the earlier trials alone."""

from __future__ import annotations

import math

from rlbench_rec.tuning.sampling import next_settings
from rlbench_rec.tuning.space import FORM, Range, Space

RATES = Space({"rate": Range(low=1e-4, high=1.0, log=True), "width": [[32], [64], [128]]}, {"rate": 0.1, "width": [32]})


def searched(space, trials, worth, name="shop/cql"):
    done = []
    while len(done) < trials:
        settings = next_settings(space, done, trials, name)
        done.append((settings, worth(settings)))
    return done


def nearness(settings):
    return -abs(math.log10(settings.get("rate", 0.1)) + 3.0) + (settings.get("width") == [128])


def test_few_settings_are_all_tried_once():
    space = Space({"width": [32, 64, 128], "deep": [False, True]}, {"width": 64, "deep": False})
    tried = [settings for settings, _ in searched(space, 6, lambda _: 0.0)]
    assert tried[0] == {} and len({str(settings) for settings in tried}) == 6
    assert {"width": 64, "deep": False} not in tried


def test_a_search_that_goes_on_tries_what_it_would_have_tried():
    whole = searched(RATES, 12, nearness)
    for stop in (1, 5, 11):
        assert next_settings(RATES, whole[:stop], 12, "shop/cql") == whole[stop][0]


def test_searches_of_other_names_try_other_settings():
    assert searched(RATES, 4, nearness, "shop/dqn")[1:] != searched(RATES, 4, nearness)[1:]


def test_later_trials_gather_where_earlier_ones_did_well():
    done = searched(RATES, 30, nearness)
    early, late = done[1:11], done[20:]
    assert sum(worth for _, worth in late) / len(late) > sum(worth for _, worth in early) / len(early)


def test_only_the_order_of_worths_counts():
    by_worth = searched(RATES, 8, nearness)
    by_rank = searched(RATES, 8, lambda settings: math.exp(3.0 * nearness(settings)))
    assert [settings for settings, _ in by_worth] == [settings for settings, _ in by_rank]


def test_failed_trials_are_passed_over():
    assert len(searched(RATES, 8, lambda settings: None)) == 8


def test_temperatures_are_set_for_the_forms_that_have_them():
    space = Space({FORM: ["greedy", "softmax"], "softmax": Range(low=0.01, high=1.0, log=True)})
    tried = [settings for settings, _ in searched(space, 10, lambda _: 0.0)[1:]]
    assert {settings[FORM] for settings in tried} == {"greedy", "softmax"}
    assert all(("softmax" in settings) == (settings[FORM] == "softmax") for settings in tried)
