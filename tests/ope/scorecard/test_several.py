"""Several policies on one table: joint intervals, one verdict each, pairs, and a plan for each."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from rlbench_rec import ope
from rlbench_rec.errors import InputError
from rlbench_rec.ope.inference import Inference
from rlbench_rec.ope.scorecard import (
    Goal,
    PlanOptions,
    compare_policies,
    comparison_record,
    guardrail,
    planned_lift,
    read_several,
)

LOGGING = np.array([0.5, 0.3, 0.2])
POLICIES = {"best": [0.2, 0.3, 0.5], "near": [0.22, 0.3, 0.48], "worse": [0.8, 0.15, 0.05], "same": [0.5, 0.3, 0.2]}
CHANCES = np.array([0.04, 0.06, 0.12])


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    rng = np.random.default_rng(0)
    items = rng.choice(3, 8_000, p=LOGGING)
    frame = pd.DataFrame({"reward": (rng.random(8_000) < CHANCES[items]).astype(float), "propensity": LOGGING[items]})
    frame["returns"] = (rng.random(8_000) < np.array([0.01, 0.01, 0.05])[items]).astype(float)
    frame["cost"] = -frame["reward"]
    for name, policy in POLICIES.items():
        frame[name] = np.array(policy)[items]
    path = tmp_path_factory.mktemp("several") / "log.parquet"
    frame.to_parquet(path)
    return path


def compared(path, targets, goal=None, columns=None, **options):
    read = read_several(path, targets, columns or {}, metrics=["returns"])
    return compare_policies(read, goal=goal, inference=Inference(n_resamples=200), **options)


def test_the_best_comes_first_and_each_has_a_verdict(table):
    found = compared(table, list(POLICIES))
    outcomes = {policy.name: policy.decision.outcome for policy in found.policies}
    assert outcomes == {"best": "better", "near": "better", "worse": "worse", "same": "not-shown"}
    assert found.policies[0].name == "best" and found.exit_code == 0
    assert found.chosen.name == "best" and sum(p.candidate.p_best for p in found.policies) == pytest.approx(1)


def test_joint_intervals_are_wider_and_values_are_those_of_one_policy(table):
    found = compared(table, list(POLICIES))
    for policy in found.policies:
        log = read_several(table, [policy.name], {}, metrics=["returns"])[policy.name].log
        alone = ope.lift(log, interval="normal")
        assert policy.lift.value == pytest.approx(alone.value, abs=1e-15)
        if policy.name != "same":
            assert policy.lift.ci_high - policy.lift.ci_low > 1.05 * (alone.ci_high - alone.ci_low)


def test_pairs_are_taken_on_the_same_rows(table):
    found = compared(table, list(POLICIES))
    assert len(found.differences) == 6
    lifts = {policy.name: policy.lift.value for policy in found.policies}
    for pair in found.differences:
        assert pair.estimate.value == pytest.approx(lifts[pair.first] - lifts[pair.second], abs=1e-12)
        assert pair.estimate.ci_low < pair.estimate.value < pair.estimate.ci_high
    shown = {frozenset((pair.first, pair.second)): pair for pair in found.differences}
    close, far = shown[frozenset(("best", "near"))], shown[frozenset(("best", "worse"))]
    # Two policies that nearly agree differ little, and what is known of the difference is known well.
    assert close.estimate.std_error < 0.1 * far.estimate.std_error and far.shown


def test_costs_put_the_cheapest_first(table):
    columns = {"reward": "cost"}
    found = compared(table, ["worse", "best"], Goal(lower_is_better=True), columns)
    assert found.policies[0].name == "best" and found.policies[0].candidate.p_best > 0.99
    assert found.policies[0].decision.outcome == "better" and found.policies[1].decision.outcome == "worse"


def test_guardrails_hold_for_each_at_a_level_for_all(table):
    rails = dict([guardrail("returns:0.001:lower")])
    found = compared(table, ["best", "worse"], Goal(rails))
    by_name = {policy.name: policy for policy in found.policies}
    assert by_name["best"].decision.outcome == "broken" and by_name["best"].guardrails[0].state == "broken"
    assert by_name["worse"].guardrails[0].state == "holds" and by_name["worse"].decision.outcome == "worse"
    assert found.exit_code == 1 and found.chosen is None and found.not_told_apart == ()
    assert by_name["best"].guardrails[0].lift.confidence == pytest.approx(0.975)


def test_plans_differ_in_the_log_and_agree_in_the_test(table):
    plan = PlanOptions(*planned_lift("10%"), per_day=1_000, traffic=0.5)
    found = compared(table, ["best", "worse"], plan=plan)
    one, other = (policy.plan for policy in found.policies)
    assert one.lift == pytest.approx(0.1 * found.behaviour.value) and one.test.units == other.test.units
    assert one.log.times != other.log.times and one.test.assurance > 0.95 > 0.05 > other.test.assurance
    assert one.test_days == pytest.approx(one.test.episodes / 500)
    assert one.log_days == pytest.approx(one.times * 8_000 / 1_000)


def test_the_record_is_json(table):
    made = comparison_record(compared(table, ["best", "worse"], plan=PlanOptions(0.01)))
    assert json.loads(json.dumps(made, allow_nan=False)) == made
    assert made["decision"]["policy"] == "best" and made["policies"][1]["decision"]["outcome"] == "worse"
    assert made["policies"][0]["plan"]["test"]["unit"] == "decisions"


@pytest.mark.parametrize(
    ("targets", "columns", "words"),
    [
        (["best", "best"], {}, "named twice"),
        (["best", "worse"], {"q": "reward"}, "q: It belongs to one target policy"),
        (["best", "worse"], {"weights": "reward"}, "weights: It belongs to one"),
        (["best"], {}, "Two policies or more"),
        (["best", "none such"], {}, "no column 'none such'"),
    ],
)
def test_what_cannot_be_compared(table, targets, columns, words):
    with pytest.raises(InputError, match=words):
        compared(table, targets, columns=columns)


@pytest.mark.parametrize("text", ["five", "0", "-1%", "inf", "nan%"])
def test_a_planned_lift_is_a_number_above_0(text):
    with pytest.raises(InputError, match="--plan"):
        planned_lift(text)
    assert planned_lift("5%") == (0.05, True) and planned_lift("0.002") == (0.002, False)


@pytest.mark.parametrize("given", [{"power": 1.0}, {"treated": 0.0}, {"traffic": 1.5}, {"per_day": 0.0}])
def test_plan_options_out_of_range(given):
    with pytest.raises(InputError, match=next(iter(given))):
        PlanOptions(0.05, **given)
