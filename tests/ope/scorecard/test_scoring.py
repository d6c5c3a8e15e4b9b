"""What is decided of a table: when a lift is shown, and when it is not."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from rlbench_rec import ope
from rlbench_rec.cli.render.scorecard import scorecard_text
from rlbench_rec.errors import InputError, UnknownNameError
from rlbench_rec.ope.scorecard import picture, record
from rlbench_rec.ope.scorecard.weights_plot import weights_figure

PAGE = Path(__file__).resolve().parents[3] / "docs" / "ope-command.md"


def test_a_trusted_lift_above_zero_is_better_and_its_costs_are_worse(clicks, report_on):
    rewards, *policies = clicks
    good = report_on(rewards, *policies)
    assert (good.decision.outcome, good.decision.exit_code, good.decision.reasons) == ("better", 0, ())
    # The same log read as costs: the policy costs more.
    bad = report_on(rewards, *policies, lower_is_better=True)
    assert (bad.decision.outcome, bad.decision.exit_code) == ("worse", 1)
    costs = report_on(-rewards, *policies, lower_is_better=True)
    assert costs.decision.outcome == "better"
    assert report_on(-rewards, *policies).decision.outcome == "worse"


def test_the_lift_must_exceed_min_lift_in_the_good_direction(clicks, report_on):
    rewards, *policies = clicks
    low = report_on(rewards, *policies).reward.scores[0].lift.ci_low
    assert low > 0
    assert report_on(rewards, *policies, min_lift=0.99 * low).decision.outcome == "better"
    missed = report_on(rewards, *policies, min_lift=1.01 * low)
    assert missed.decision.outcome == "not-shown" and "not wholly above" in missed.decision.reasons[0]
    costs = report_on(-rewards, *policies, min_lift=1.01 * low, lower_is_better=True)
    assert costs.decision.outcome == "not-shown" and "not wholly below -" in costs.decision.reasons[0]


def test_what_is_not_trusted_is_never_shown(clicks, report_on):
    few = report_on(*(column[:100] for column in clicks))
    assert few.decision.outcome == "not-shown" and "weak" in few.decision.reasons[0] + few.reward.scores[0].lift.verdict
    guessed = report_on(*clicks, propensity_source="estimated")
    assert guessed.decision.outcome == "not-shown" and guessed.reward.scores[0].lift.ci_low > 0
    clipped = report_on(*clicks, estimators=["ips-clip:2", "snips"])
    assert clipped.decision.outcome == "not-shown" and clipped.decision.estimator == "ips-clip2"
    silent = report_on(*clicks, interval="none")
    assert silent.decision.outcome == "not-shown" and "not defined" in silent.decision.reasons[0]


def test_the_first_estimator_decides_and_dr_comes_first_where_there_is_q(clicks, report_on):
    rewards, propensities, target = clicks
    q = np.full(len(rewards), rewards.mean())
    with_q = report_on(rewards, propensities, target, q_logged=q, v_target=q)
    assert [one.value.estimator for one in with_q.reward.scores] == ["dr", "snips", "ips"]
    assert with_q.decision.estimator == "dr"
    alone = ope.lift(with_q.log, "dr", n_resamples=300)
    assert with_q.reward.scores[0].lift.value == pytest.approx(alone.value, rel=1e-12)


def test_the_relative_lift_is_never_over_a_value_that_may_be_0(clicks, report_on):
    rewards, *policies = clicks
    sure = report_on(rewards, *policies)
    first = sure.reward.scores[0]
    assert sure.reward.relative(first) == pytest.approx(first.lift.value / rewards.mean(), rel=1e-12)
    costs = report_on(-rewards, *policies).reward
    assert costs.relative(costs.scores[0]) == pytest.approx(-sure.reward.relative(first), rel=1e-9)
    around = report_on(rewards - rewards.mean(), *policies).reward
    assert np.isnan(around.relative(around.scores[0]))
    none = report_on(np.zeros(len(rewards)), *policies)
    assert np.isnan(none.reward.relative(none.reward.scores[0])) and none.decision.outcome == "not-shown"


@pytest.mark.parametrize(
    ("name", "label"), [("ips-clip:10", "ips-clip10"), ("ips-clip:slope", "ips-clip"), ("magic:4:50:1", "magic4-50-1")]
)
def test_estimators_with_parameters(clicks, report_on, name, label):
    rewards, propensities, target = (column[:500] for column in clicks)
    zeros = np.zeros(500)
    found = report_on(rewards, propensities, target, [name], q_logged=zeros, v_target=zeros)
    assert found.reward.scores[0].value.estimator.startswith(label)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("ips-clip", "ips-clip:slope"),
        ("ips-clip:x", "is not a number"),
        ("snips:3", "takes no parameters"),
        ("dr", "needs q_logged and v_target"),
    ],
)
def test_estimators_that_cannot_be_used(clicks, report_on, name, words):
    with pytest.raises(InputError, match=re.escape(words)):
        report_on(*clicks, estimators=[name])


def test_unknown_estimators_and_negative_min_lift(clicks, report_on):
    with pytest.raises(UnknownNameError, match="snips"):
        report_on(*clicks, estimators=["snisp"])
    with pytest.raises(InputError, match="min_lift"):
        report_on(*clicks, min_lift=-0.1)


def test_metrics_stand_beside_the_reward(clicks, report_on):
    found = report_on(*clicks, metrics=["revenue"], estimators=["ips", "snips"])
    (metric,) = found.metrics
    assert metric.column == "revenue" and [one.value.estimator for one in metric.scores] == ["ips"]
    assert metric.scores[0].lift == found.reward.scores[0].lift
    assert "metric: revenue" in scorecard_text(found)


def test_one_screen_says_all(clicks, report_on):
    text = scorecard_text(report_on(*clicks), ["Do this."])
    assert len(text.splitlines()) < 40 and max(map(len, text.splitlines())) <= 110
    for words in ("snips", "lift over behaviour", "BETTER", "effective sample size", "Hidden confounding", "Do this."):
        assert words in text
    starts = np.arange(0, 6_000, 2)
    assert "no band for sessions" in scorecard_text(report_on(*clicks, episode_starts=starts))


@pytest.mark.parametrize("factor", [1e-9, 1.0, 1e9])
def test_rounding_is_shown_as_no_lift(report_on, factor):
    rng, lifts = np.random.default_rng(0), []
    for _ in range(4):
        rewards = np.repeat(factor * rng.random(300), 2)  # the same with either action
        found = report_on(rewards, np.tile([0.6, 0.4], 300), np.tile([0.55, 0.45], 300), ["snips"])
        lifts.append(found.reward.scores[0].lift.value)
        assert "  +0 (+0.0%)  " in scorecard_text(found)
    assert any(lifts)


def test_a_lift_of_few_rows_is_not_shown_though_the_value_is_known(report_on):
    rng = np.random.default_rng(0)
    target = np.full(5_000, 0.5)
    target[:40] = np.tile([0.9, 0.1], 20)
    rewards = (rng.random(5_000) < 0.4).astype(float)
    rewards[:40] = np.tile([1.0, 0.0], 20)
    found = report_on(rewards, np.full(5_000, 0.5), target, ["ips"])
    assert found.reward.scores[0].lift.ci_low > 0 and found.decision.outcome == "not-shown"
    assert "trusted, lift unreliable" in scorecard_text(found) and "where the policies differ" in scorecard_text(found)


def keys(value):
    """All keys of nested dicts and lists, but for the names of columns."""
    for key, inner in value.items() if isinstance(value, dict) else ():
        yield key
        for one in inner if isinstance(inner, list) else [inner]:
            yield from keys(one) if key != "columns" else ()


def test_the_json_has_the_documented_keys_and_no_nan(clicks, report_on):
    found = report_on(*clicks, metrics=["revenue"], calibration_error=0.01)
    made = record(found, ["Do this."])
    assert json.loads(json.dumps(made, allow_nan=False)) == made
    assert made["diagnostics"]["unsupported_mass"] is None and made["metrics"][0]["column"] == "revenue"
    documented = set(re.findall(r"`([a-z_]+)`", PAGE.read_text(encoding="utf-8")))
    assert set(keys(made)) <= documented


def test_the_picture_is_a_png_and_the_same_twice(clicks, report_on):
    made = picture(report_on(*clicks))
    assert made.startswith(b"\x89PNG") and made == picture(report_on(*clicks))
    rewards, propensities, _ = clicks
    assert picture(report_on(rewards, propensities, np.zeros(len(rewards)))).startswith(b"\x89PNG")


def test_the_picture_says_how_few_weights_carry_half_of_the_sum(report_on):
    rewards, propensities = np.tile([0.0, 1.0], 50), np.full(100, 0.5)
    # Weights of 2 on ten rows and of 0.2 on the others, 38 in all: the ten, which are 20, carry more than half.
    target = np.where(np.arange(100) < 10, 1.0, 0.1)
    title, notes = (text.get_text() for text in weights_figure(report_on(rewards, propensities, target)).texts)
    assert title.replace("\n", " ").endswith("; 10 of 100 weights carry half of their sum")
    assert notes == "Dotted on the left: a weight of 1. 0.0 % of the weights are 0."


@pytest.mark.parametrize(("confidence", "least"), [(0.9, 19), (0.95, 39), (0.99, 199)])
@pytest.mark.parametrize("interval", ["bootstrap", "bca", "studentised"])
def test_limits_take_draws_beyond_them(clicks, report_on, confidence, least, interval):
    columns = [column[:500] for column in clicks]
    settings = {"confidence": confidence, "interval": interval}
    with pytest.raises(InputError, match=f"{least - 1}; an interval of {confidence} needs {least} or more"):
        report_on(*columns, n_resamples=least - 1, **settings)
    first = report_on(*columns, n_resamples=least, **settings).reward.scores[0].value
    assert first.ci_low < first.value < first.ci_high
    assert report_on(*columns, n_resamples=1, interval="normal").reward.scores[0].value.ci_low < first.value
