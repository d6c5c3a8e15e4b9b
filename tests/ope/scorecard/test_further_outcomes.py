"""Ratios, guardrails and slices of a user's own table."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from rlbench_rec import ope
from rlbench_rec.cli.render.scorecard import scorecard_text
from rlbench_rec.errors import InputError
from rlbench_rec.ope import scorecard
from rlbench_rec.ope.analysis import Guardrail


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """A file of 6,000 decisions over 14 days; the third item sells most, in small baskets."""
    rng = np.random.default_rng(0)
    behaviour, target = np.array([0.5, 0.3, 0.2]), np.array([0.2, 0.3, 0.5])
    items = rng.choice(3, 6_000, p=behaviour)
    orders = (rng.random(6_000) < np.array([0.10, 0.20, 0.30])[items]).astype(int)
    frame = pd.DataFrame(
        {
            "reward": orders * np.array([30.0, 25.0, 20.0])[items],
            "propensity": behaviour[items],
            "target_propensity": target[items],
            "orders": orders,
            "device": rng.choice(["phone", "desk"], 6_000),
            "hour": rng.integers(0, 3, 6_000),
            "time": pd.Timestamp("2025-03-01") + pd.to_timedelta(np.sort(rng.uniform(0, 14, 6_000)), unit="D"),
            "session": np.arange(6_000) // 2,
        }
    )
    path = tmp_path_factory.mktemp("shop") / "log.csv"
    frame.to_csv(path, index=False)
    frame.to_parquet(path.with_suffix(".parquet"))
    return path


def test_ratios_stand_beside_the_metrics(shop):
    read = scorecard.read_log(shop, metrics=["orders"])
    report = scorecard.score(read, ratios=["reward/orders"], n_resamples=200)
    basket = report.metrics[1]
    assert [one.column for one in report.metrics] == ["orders", "reward/orders"]
    alone = ope.lift(read.log, "snips", metric=(None, 0), n_resamples=200)
    assert basket.scores[0].lift.value == pytest.approx(alone.value, rel=1e-12)
    assert basket.behaviour.value == pytest.approx(read.log.rewards.sum() / read.log.metrics.sum(), rel=1e-12)
    assert "metric: reward/orders" in scorecard_text(report)
    with pytest.raises(InputError, match="'clicks' is not an outcome that was read"):
        scorecard.score(read, ratios=["reward/clicks"])


@pytest.mark.parametrize(
    ("times", "outcome", "code"),
    [(3.0, "better", 0), (0.0, "broken", 1), (1.03, "not-shown", 3), (0.999999, "not-shown", 3)],
)
def test_guardrails_decide(shop, times, outcome, code):
    read = scorecard.read_log(shop, metrics=["orders"])
    # The basket is seen to shrink by this share; a tolerance of just as much tells nothing.
    lift, own = ope.lift(read.log, metric=(None, 0)), ope.estimate(read.log, "on-policy", metric=(None, 0))
    rail = Guardrail(None, -times * lift.value / own.value, relative=True)
    report = scorecard.score(read, guardrails={"reward/orders": rail}, interval="normal")
    assert (report.decision.outcome, report.decision.exit_code) == (outcome, code)
    text = scorecard_text(report, scorecard.advice(report))
    assert "Guardrails" in text and report.guardrails[0].state in text
    told = {"better": "BETTER", "broken": "BROKEN: do not ship", "not-shown": "NOT SHOWN by snips: guardrail"}
    assert told[outcome] in text
    assert ("Log more for guardrail reward/orders" in text) == (times == 1.03)
    assert ("Widen its tolerance" in text) == (times == 0.999999)


def test_a_worse_headline_is_worse_whatever_the_guards(shop):
    read = scorecard.read_log(shop, metrics=["orders"])
    report = scorecard.score(read, guardrails={"orders": Guardrail(None)}, lower_is_better=True, interval="normal")
    assert report.decision.outcome == "worse"


def test_segments_numbers_and_days(shop):
    device = scorecard.score(scorecard.read_log(shop, by="device"), interval="normal")
    assert [one.label for one in device.slices] == ["desk", "phone"] and device.by_day is None
    hours = scorecard.score(scorecard.read_log(shop, by="hour"), interval="none")
    assert [one.label for one in hours.slices] == [0.0, 1.0, 2.0] and "\n  2 " in scorecard_text(hours)
    for path in (shop, shop.with_suffix(".parquet")):
        days = scorecard.score(scorecard.read_log(path, by="time"), interval="none")
        assert [days.slices[at].label for at in (0, -1)] == ["2025-03-01", "2025-03-14"] and len(days.slices) == 14
        assert days.by_day.verdict == "trusted" and days.by_day.interval == "normal"
        assert "whole days resampled" in scorecard_text(days)


def test_a_session_belongs_to_the_slice_of_its_first_row(shop):
    read = scorecard.read_log(shop, {"episode": "session", "step": "time"}, by="device")
    frame = pd.read_csv(shop)
    assert read.slices.tolist() == frame.groupby("session")["device"].first().tolist()


def test_many_slices_keep_to_one_screen(shop):
    read = scorecard.read_log(shop)
    report = scorecard.score(replace(read, slices=np.arange(6_000) % 40), interval="none")
    text = scorecard_text(report)
    assert "… and 26 smaller ones" in text and len(report.slices) == 40


def test_the_plan_speaks_of_days(shop):
    read = scorecard.read_log(shop, by="time")
    low = ope.lift(read.log, "snips", interval="normal").ci_low
    report = scorecard.score(read, min_lift=1.05 * low, interval="normal")
    text = " ".join(scorecard.advice(report))
    assert report.decision.outcome == "not-shown" and " days) of this kind" in text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("clicks", ("clicks", Guardrail(None))),
        ("returns:0.01:lower", ("returns", Guardrail(None, 0.01, lower_is_better=True))),
        ("returns:lower", ("returns", Guardrail(None, lower_is_better=True))),
        ("a/b:2%", ("a/b", Guardrail(None, 0.02, relative=True))),
    ],
)
def test_guardrails_as_typed(text, expected):
    assert scorecard.guardrail(text) == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [("", "not a guardrail"), ("a:1:2", "not a guardrail"), ("a:x", "not a number"), ("a:-1", "0 or more")],
)
def test_bad_guardrails(text, words):
    with pytest.raises(InputError, match=words):
        scorecard.guardrail(text)


@pytest.mark.parametrize(("text", "limits"), [("0,1", (0, 1)), ("-1, 1", (-1, 1)), ("-1e3,0.5", (-1000, 0.5))])
def test_known_limits_of_the_reward(text, limits):
    assert scorecard.reward_range(text) == limits


@pytest.mark.parametrize("text", ["", "1", "0,1,2", "a,b", "1,0", "1,1", "nan,1"])
def test_limits_that_are_none(text):
    with pytest.raises(InputError, match="--reward-range"):
        scorecard.reward_range(text)


def test_columns_that_outcomes_need():
    assert scorecard.outcome_columns(["a/b", "c"], ["c/d"], ["reward/e", "f"], "reward") == ("a/b", "c", "d", "e", "f")
    for bad in ("a/b/c", "/b", "a/", "a"):
        with pytest.raises(InputError, match="not a ratio of two"):
            scorecard.outcome_columns([], [bad], [], "reward")


def test_what_cannot_be_sliced(shop, tmp_path):
    with pytest.raises(InputError, match=r"column 'session': 3,000 different values; at most 400"):
        scorecard.read_log(shop, by="session")
    with pytest.raises(InputError, match="Is it --by device"):
        scorecard.read_log(shop, by="devise")
    frame = pd.read_csv(shop).head(20)
    frame.loc[3, "device"] = None
    frame.to_csv(tmp_path / "gap.csv", index=False)
    with pytest.raises(InputError, match="column 'device': a value is missing, in line 5"):
        scorecard.read_log(tmp_path / "gap.csv", by="device")
