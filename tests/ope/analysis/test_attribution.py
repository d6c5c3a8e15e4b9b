"""Purchases that arrive late."""

from __future__ import annotations

import numpy as np
import pytest

from rlbench_rec import ope
from rlbench_rec.errors import InputError


def test_by_hand():
    # Windows of 5 after decisions at 0, 4 and 8; the log ends at 10, so the last window is open.
    found = ope.analysis.attribute(
        [0, 4, 8], [1, 5, 6, 9, 12, -1], [10, 20, 30, 40, 50, 60], window=5, log_end=10, rows=[0, 0, 0, 2, 1, 0]
    )
    assert found.rewards.tolist() == [30, 0, 0] and found.kept.tolist() == found.complete.tolist() == [
        True,
        True,
        False,
    ]
    assert found.censored_share == pytest.approx(1 / 3) and found.largest_factor == 1
    expected = {"counted": 2, "late": 1, "before": 1, "unmatched": 0, "after_end": 1, "dropped": 1}
    assert found.outcomes == expected and sum(found.outcomes.values()) == 6
    assert "33.3% of 3 decisions" in found.summary() and "left out" in found.summary()


def test_weighing_by_hand():
    # Observed for 10, 6 and 2: of the three, all were observed for a delay of 1, two for 5, and one for more than 6.
    given = {"window": 5, "log_end": 10, "rows": [0, 0, 2], "censored": "weigh"}
    found = ope.analysis.attribute([0, 4, 8], [1, 5, 9], [10, 20, 40], **given)
    assert found.rewards.tolist() == pytest.approx([10 + 20 * 3 / 2, 0, 40]) and found.kept.all()
    assert found.largest_factor == 1.5 and "up to 1.5 times" in found.summary()


def test_the_last_decision_of_the_same_user_gets_the_credit():
    decided, users = [10, 20, 30, 15], ["ann", "ann", "bob", "bob"]
    happened, buyers = [19, 20, 22, 14, 31, 40], ["ann", "ann", "ann", "bob", "bob", "cid"]
    found = ope.analysis.attribute(decided, happened, window=10, log_end=100, users=users, outcome_users=buyers)
    # At 19 ann's first; at 20 her second, made at that moment; bob's 14 came before any, his 31 after the later one.
    assert found.rewards.tolist() == [1, 2, 1, 0]
    expected = {"counted": 4, "before": 1, "unmatched": 1, "late": 0, "after_end": 0, "dropped": 0}
    assert found.outcomes == expected


def test_dates():
    days = np.datetime64("2025-01-01") + np.array([0, 10, 28])
    bought = np.array(["2025-01-03", "2025-01-12"], dtype="datetime64[s]")
    found = ope.analysis.attribute(
        days, bought, window=np.timedelta64(7, "D"), log_end=np.datetime64("2025-01-31"), rows=[0, 1]
    )
    assert found.rewards.tolist() == [1, 1, 0] and found.complete.tolist() == [True, True, False]


def shop(seed: int, n: int = 4_000):
    """Decisions over 30 days, purchases after a delay of five days on average; the window is 10 days, and the second
    action's purchases take longer. True values within the window: chance x P(delay <= 10)."""
    rng = np.random.default_rng(seed)
    decided, arm = rng.uniform(0, 30, n), rng.integers(0, 2, n)
    buys = np.flatnonzero(rng.random(n) < 0.3)
    pace = np.where(arm == 1, 8.0, 2.0)
    happened = decided[buys] + rng.exponential(pace[buys])
    known = happened <= 30
    return decided, arm, buys[known], happened[known]


@pytest.mark.parametrize("how", ["drop", "weigh"])
def test_both_ways_are_unbiased_and_counting_nothing_is_not(how):
    truth = 0.3 * (0.1 * (1 - np.exp(-10 / 2)) + 0.9 * (1 - np.exp(-10 / 8)))
    found, naive = [], []
    for seed in range(100):
        decided, arm, rows, happened = shop(seed)
        one = ope.analysis.attribute(decided, happened, window=10, log_end=30, rows=rows, censored=how)
        target = np.where(arm, 0.9, 0.1)
        log = ope.EvaluationLog(one.rewards, np.full(4_000, 0.5), target)
        found.append(ope.estimate(ope.analysis.subset(log, one.kept), "snips", interval="none").value)
        counted = np.bincount(rows[happened - decided[rows] <= 10], minlength=4_000)
        naive.append(ope.estimate(ope.EvaluationLog(counted, log.propensities, target), "snips", interval="none").value)
    error = np.std(found) / np.sqrt(100)
    assert abs(np.mean(found) - truth) < 4 * error < truth - np.mean(naive)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"window": 0}, "window: 0; it must be positive"),
        ({"window": 50}, "No decision was observed for 50; the longest was for 10"),
        ({"log_end": 3}, "decided: Row 1 was decided after log_end"),
        ({"rows": [0, 2]}, "rows: 1 values are not rows of the 2 decisions"),
        ({"rows": [0]}, "2 row numbers are needed"),
        ({"rows": None}, "Give rows=, or users="),
        ({"rows": None, "users": ["a"], "outcome_users": ["a", "b"]}, "users: 1 and 2 entries"),
        ({"values": [1.0, np.nan]}, "values: 1 values are not a finite number"),
        ({"happened": [1.0, np.nan]}, "happened: 1 times are missing; the first at 1"),
        ({"window": np.timedelta64(1, "D")}, "must be of one kind"),
        ({"censored": "ignore"}, "censored: 'ignore' is not one of drop, weigh"),
        ({"decided": []}, "There are no decisions"),
        ({"decided": ["1", "2"]}, "numbers or datetime64"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_bad_input(change, words):
    given = {"decided": [0.0, 4.0], "happened": [1.0, 5.0], "window": 5, "log_end": 10, "rows": [0, 1]} | change
    with pytest.raises(InputError, match=words):
        ope.analysis.attribute(**given)


def test_no_outcomes_are_rewards_of_0():
    found = ope.analysis.attribute([0.0, 1.0], np.array([]), window=1, log_end=5, rows=np.array([], dtype=int))
    assert found.rewards.tolist() == [0, 0] and "Outcomes: none" in found.summary()
    none = ope.analysis.attribute([0.0], np.array([]), window=1, log_end=5, users=["a"], outcome_users=[])
    assert none.rewards.tolist() == [0]
