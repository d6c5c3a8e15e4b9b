"""What is read off a board of estimators."""

from __future__ import annotations

from itertools import product

import pandas as pd
import pytest

from studies import ope_conclusions as study


def test_groups_are_strata():
    found = study.with_groups(pd.DataFrame({"task": ["ads-v1", "ads-v1/real", "cart-v1/delayed"]}))
    assert list(found["group"]) == ["easy", "real", "delayed"]
    assert list(found["shop"]) == ["ads-v1", "ads-v1", "cart-v1"]


def test_errors_are_medians_over_places_and_wins_are_counted():
    rmse = {("a-v1", "ips"): 0.3, ("b-v1", "ips"): 0.1, ("c-v1", "ips"): 0.2}
    rmse |= {("a-v1", "snips"): 0.2, ("b-v1", "snips"): 0.4, ("c-v1", "snips"): 0.1}
    rmse |= {(task, name): 0.9 for task in ("a-v1", "b-v1", "c-v1") for name in ("dr", "sndr", "dm")}
    where = {"group": "easy", "policies": "all", "n_episodes": 1_000}
    scores = pd.DataFrame([where | {"task": task, "estimator": name, "rmse": at} for (task, name), at in rmse.items()])
    found = pd.DataFrame(list(study.errors(scores))).set_index(["quantity", "estimator"]).sort_index()
    assert list(found.loc[("rmse", "ips"), ["value", "low", "high", "n"]]) == [0.2, 0.1, 0.3, 3]
    assert list(found.loc["smallest in", "value"].loc[["ips", "snips"]]) == [1, 2]


def test_pairs_are_compared_place_by_place():
    rmse = {"ips": (0.3, 0.1), "snips": (0.2, 0.2), "dr": (0.4, 0.4), "sndr": (0.5, 0.1), "dm": (0.1, 0.2)}
    where = {"group": "easy", "policies": "all", "n_episodes": 1_000}
    places = ("a-v1", "b-v1")
    rows = [
        where | {"task": task, "estimator": name, "rmse": of[at]}
        for name, of in rmse.items()
        for at, task in enumerate(places)
    ]
    found = pd.DataFrame(list(study.errors(pd.DataFrame(rows))))
    ahead = found[found["quantity"] == "smaller in"].set_index(["estimator", "other"])["value"]
    assert ahead.to_dict() == {("snips", "ips"): 1, ("sndr", "dr"): 1, ("sndr", "snips"): 1, ("dm", "sndr"): 1}


def test_a_pair_that_is_the_easy_shops_number_for_number_counts_once():
    easy = {"task": "a-v1", "policy": "one", "n_episodes": 1_000, "log_seed": 1, "value": 2.0, "true_value": 3.0}
    rows = [easy | {"task": task, "estimator": name} for task in ("a-v1/partial", "a-v1") for name in ("snips", "dr")]
    rows += [row | {"policy": "two", "value": 2.5 if row["task"] == "a-v1" else 2.6} for row in rows]
    rows += [row | {"policy": "three", "value": None} for row in rows[:4]]
    kept = study.without_copies(study.with_groups(pd.DataFrame(rows)))
    assert kept.groupby("policy")["task"].size().to_dict() == {"one": 2, "two": 4, "three": 4}
    assert set(kept[kept["policy"] == "one"]["group"]) == {"easy"}


def test_verdicts_are_of_pairs_and_of_how_many_logs():
    found = pd.DataFrame(list(study.gate(_estimates()))).set_index(["group", "n_episodes", "quantity", "verdict"])
    assert found.loc[("all", "all", "pairs", "trusted"), "value"] == 4
    assert found.loc[("all", "all", "logs", "trusted"), "value"] == 2
    assert found.loc[("real", "all", "median error", "weak"), "value"] == pytest.approx(0.5)
    assert ("easy", "all", "pairs", "weak") not in found.index


def test_coverage_is_of_the_estimators_own_verdict_with_limits_over_logs():
    found = pd.DataFrame(list(study.coverage(_estimates()))).set_index(["group", "n_episodes", "verdict", "estimator"])
    trusted = found.loc[("easy", 1_000, "trusted", "snips")]
    # Both policies of one log hold, none of the other's: the limits are those of two logs.
    assert list(trusted[["value", "low", "high", "n"]]) == [0.5, 0.0, 1.0, 4]
    assert found.loc[("real", "all", "weak", "snips"), "value"] == 0, "an interval that is not defined holds nothing"
    assert found.loc[("all", "all", "", "snips"), "value"] == pytest.approx(2 / 6)


def test_logs_of_one_seed_in_two_strata_are_one():
    estimates = _estimates()
    found = pd.DataFrame(list(study.coverage(estimates))).set_index(["group", "n_episodes", "verdict", "estimator"])
    everywhere = found.loc[("all", "all", "", "snips")]
    # Of the log of seed 1 two of four hold, of that of seed 2 none of two.
    assert (everywhere["low"], everywhere["high"]) == (0.0, 0.5)


def _estimates() -> pd.DataFrame:
    """Two policies of two logs of an easy shop, and of one log of a real one, whose intervals are not defined."""
    rows = []
    for place, policy, seed in product(("a-v1", "a-v1/real"), ("one", "two"), (1, 2)):
        real = place.endswith("real")
        truth, value = 10.0, 15.0 if real else 10.0
        low, high = (None, None) if real else (9.0, 11.0 if seed == 1 else 9.5)
        key = {"task": place, "policy": policy, "n_episodes": 1_000, "log_seed": seed, "estimator": "snips"}
        row = key | {"value": value, "ci_low": low, "ci_high": high, "true_value": truth, "behaviour_value": 10.0}
        rows += [row | {"verdict": "weak" if real else "trusted"}] if not (real and seed == 2) else []
    return study.with_groups(pd.DataFrame(rows))
