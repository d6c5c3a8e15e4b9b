"""Leaderboards over replicates: the unit is the replicate, comparisons are paired within it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from rlbench_rec.results.leaderboard import leaderboard

SHOPS = (10.0, 20.0, 60.0)


@pytest.fixture
def replicated(run):
    """`replicated("dqn", [1, 2, 3])`: a run of each replicate on its true value."""

    def make(algorithm, values, **cells):
        same = {"estimator": "truth", "half": 0.1} | cells
        return [run(algorithm, value, replicate=r, seed=r, **same) for r, value in enumerate(values)]

    return make


def test_seeds_and_logs_are_averaged_before_replicates_are(board_of, run):
    runs = [run(value=value, replicate=0, seed=seed, half=5.0) for seed, value in enumerate((1.0, 3.0))]
    runs += [run(value=value, replicate=1, log=log, seed=2, half=5.0) for log, value in enumerate((4.0, 8.0))]
    row = board_of(*runs, run(value=7.0, replicate=2, seed=4, half=5.0)).loc["dqn"]
    # Means of 2, 6 and 7; their runs' own errors are in the spread.
    half = stats.t.ppf(0.975, 2) * np.std([2, 6, 7], ddof=1) / np.sqrt(3)
    assert (row["mean"], row["n_seeds"], row["n_replicates"]) == (5.0, 5, 3)
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((5.0 - half, 5.0 + half))
    assert row["std"] == pytest.approx(np.std([2, 6, 7], ddof=1)) and row["uncertainty"] == "replicates"


def test_the_difference_from_the_behaviour_policy_is_paired(board_of, replicated):
    # Shops differ by 50, the gain in each is 1, 2 and 3.
    board = board_of(*replicated("behaviour", SHOPS), *replicated("dqn", [11.0, 22.0, 63.0]))
    row = board.loc["dqn"]
    t = 2.0 / (1.0 / np.sqrt(3))
    assert row["delta_vs_behaviour"] == pytest.approx(2.0)
    assert row["p_adjusted"] == pytest.approx(2 * stats.t.sf(t, 2))
    assert row["prob_improvement"] == pytest.approx(stats.t.cdf(t, 2))
    assert row["ci_high"] - row["ci_low"] > 100.0


def test_a_cost_is_better_where_it_is_less(board_of, replicated):
    cost = {"higher_is_better": False, "metric": "spend"}
    board = board_of(*replicated("behaviour", SHOPS, **cost), *replicated("dqn", [9.0, 18.0, 57.0], **cost))
    assert board.loc["dqn", "prob_improvement"] > 0.95 and board["rank"].to_dict() == {"dqn": 1, "behaviour": 2}


def test_estimates_are_paired_with_the_log_of_their_replicate(board_of, replicated):
    on_policy = replicated("behaviour", SHOPS, estimator="on-policy")
    row = board_of(*on_policy, *replicated("dqn", [11.0, 22.0, 63.0], estimator="snips")).loc["dqn"]
    assert row["delta_vs_behaviour"] == pytest.approx(2.0) and row["p_adjusted"] < 0.1


def test_a_lift_over_replicates_is_held_against_zero(board_of, replicated):
    row = board_of(*replicated("dqn", [1.0, 2.0, 3.0], estimator="snips-lift")).loc["dqn"]
    assert row["p_adjusted"] == pytest.approx(stats.ttest_1samp([1.0, 2.0, 3.0], 0.0).pvalue)


def test_a_policy_that_lacks_a_replicate_has_no_rank(board_of, replicated):
    board = board_of(*replicated("behaviour", SHOPS), *replicated("dqn", [11.0, 22.0]), *replicated("bc", SHOPS))
    assert pd.isna(board.loc["dqn", "rank"]) and board.loc["bc", "rank"] == 1
    assert board.loc["dqn", "delta_vs_behaviour"] == pytest.approx(1.5)
    assert pd.isna(board.loc["dqn", "p_adjusted"])


def test_one_common_replicate_is_not_a_test(board_of, replicated):
    board = board_of(*replicated("behaviour", SHOPS), *replicated("dqn", [11.0]))
    assert board.loc["dqn", "delta_vs_behaviour"] == 1.0 and pd.isna(board.loc["dqn", "p_adjusted"])


def test_ties_come_from_paired_tests(board_of, replicated):
    # Intervals overlap widely, but `b` is below `a` by 1, 1.1 and .9 in each shop; `c` is not always below.
    shops = np.array(SHOPS)
    board = board_of(
        *replicated("a", shops),
        *replicated("b", shops - [1.0, 1.1, 0.9]),
        *replicated("c", shops - [0.0, 9.0, -1.0]),
    )
    assert board["tie_group"].to_dict() == {"a": "a", "b": "b", "c": "a"}


def test_group_a_holds_the_truly_best_policy_in_19_of_20_boards():
    from rlbench_rec.results.ties import tie_groups

    draws, missed, boards = np.random.default_rng(0), 0, 300
    for _ in range(boards):
        # Five policies that are equally good: the first is as best as any, and the leader is whoever was lucky.
        values = draws.normal(size=(5, 8)) + draws.normal(size=8)
        means = values.mean(axis=1)
        rows = pd.DataFrame({"algorithm": list("abcde"), "variant": "v", "mean": means, "better": means})
        rows["higher_is_better"] = True
        rows["units"] = [dict(enumerate(of)) for of in values.tolist()]
        rows["numbers"] = [tuple(of) for of in values.tolist()]
        rows = rows.sort_values("better", ascending=False)
        missed += dict(zip(rows["algorithm"], tie_groups(rows), strict=True))["a"] != "a"
    # One-sided at 5 % / 4 for each of four leaders: at most 5 %, and 2.4 standard errors of 300 draws.
    assert missed <= boards * (0.05 + 2.4 * np.sqrt(0.05 * 0.95 / boards))


def test_rows_that_differ_in_scale_alone_are_ranked_and_tested_alike(frame_of, replicated):
    rows = [*replicated("behaviour", SHOPS), *replicated("a", [11.0, 22.0, 63.0]), *replicated("b", [9.0, 25.0, 70.0])]
    large = [row | {name: 1e6 * row[name] for name in ("value", "ci_low", "ci_high")} for row in rows]
    one, other = leaderboard(frame_of(*rows)), leaderboard(frame_of(*large[::-1]))
    same = ["rank", "tie_group", "algorithm", "n_replicates", "uncertainty"]
    pd.testing.assert_frame_equal(one[same], other[same])
    np.testing.assert_allclose(one["p_adjusted"], other["p_adjusted"])
