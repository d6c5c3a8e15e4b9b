"""Tables that went wrong for others, with the right answers; beside the repository, or where RLBENCH_CASES says."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rlbench_rec.cli.render.scorecard import scorecard_text
from rlbench_rec.errors import InputError
from rlbench_rec.ope.scorecard import advice, read_log, score

BESIDE = Path(__file__).resolve().parents[4] / "shared" / "cases"
CASES = Path(os.environ.get("RLBENCH_CASES", BESIDE)) / "ope"

pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason="the cases are not beside the repository")


def said(name: str, columns=None, **options):
    """The report, and all that is said of it in one line."""
    report = score(read_log(CASES / name, columns, **options), ["snips"], n_resamples=500)
    return report, " ".join(scorecard_text(report, advice(report)).split())


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("c02_logprob_target.csv", "column 'target_propensity': 3,000 values .* line 2 .*logarithms"),
        ("c03_density.csv", "look like densities"),
        ("c06_zero_propensity.csv", "column 'propensity': 2 values .* line 19 "),
        ("c15_log.dsjson", r"Vowpal Wabbit's decision service \(dsjson\)"),
        ("c23_twice_named.csv", "2 columns are named 'reward'"),
        ("c27_not_pmf.csv", "column 'target_propensity': 2 values .* line 7 "),
    ],
)
def test_refused(name, words):
    with pytest.raises(InputError, match=words):
        read_log(CASES / name)


@pytest.mark.parametrize(
    ("name", "columns", "value"),
    [
        ("c11_once.csv", {}, 0.111398),
        ("c11_twice.csv", {}, 0.111398),
        ("c13_ns_steps.csv", {"episode": "session", "step": "event_ns"}, 0.720731),
        ("c18_minus_one.csv", {}, -0.684313),
    ],
)
def test_values(name, columns, value):
    assert said(name, columns)[0].reward.scores[0].value.value == pytest.approx(value, abs=1e-6)


def test_the_same_decisions_once_and_four_times():
    (once, _), (twice, text) = said("c11_once.csv"), said("c11_twice.csv")
    assert once.reward == twice.reward and "3,600 rows repeat a 'decision_id'" in text


def test_users_that_are_the_text_null():
    report, text = said("c12_null_users.csv")
    assert report.log.n_units == 2_399 and "1,571 of 4,000 rows have no 'user'" in text


def test_forms_that_are_read():
    rows = {"c07_float32.csv": 400, "c17_excel_sep.csv": 500, "c21_utf16.csv": 300, "c22_spaces.csv": 300}
    for name, count in (rows | {"c25_t_f.csv": 300}).items():
        assert read_log(CASES / name).log.n_rows == count
    assert sorted(set(read_log(CASES / "c20_hive", by="day").slices)) == ["2025-03-01", "2025-03-02", "2025-03-03"]


def test_outcomes():
    assert said("c18_minus_one.csv")[0].reward.scores[0].lift.value == pytest.approx(0.063687, abs=5e-7)
    for name in ("c19_constant.csv", "c30_constant_fee.csv"):
        report, text = said(name)
        lift = report.reward.scores[0].lift
        assert (lift.value, lift.ci_low, lift.ci_high) == (0, 0, 0) and "no difference at all" in text
        assert (report.decision.outcome, report.decision.exit_code) == ("not-shown", 3)
    assert "inf" not in said("c28_huge.csv")[1]


def test_what_is_said_of_hidden_confounding():
    report, text = said("c29_confounded.csv")
    assert report.decision.exit_code == 0 and f"a factor of {report.breaking_factor:.3g} explains the lift away" in text
    report, text = said("c05_all_ones.csv")
    assert report.decision.exit_code == 3 and "nothing bounds it" in text and "explain" not in text


def test_arms_fixed_by_user_are_no_fault_of_the_propensities():
    report, text = said("c09_sticky_users.csv")
    assert report.reward.scores[0].lift.verdict != "unreliable" and "Check the propensities" not in text
    assert report.diagnostics.mean_weight_z == pytest.approx(1.6, abs=0.05)


def test_an_offset_of_the_reward_changes_no_verdict():
    outcome, bought = (said("c31_plus_minus_one.csv", {"reward": name})[0] for name in ("outcome", "bought"))
    assert outcome.decision == bought.decision and bought.decision.exit_code == 3
