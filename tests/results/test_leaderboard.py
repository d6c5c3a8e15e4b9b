"""runs.csv -> leaderboard.csv on rows small enough to work out by hand."""

from math import sqrt

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from rlbench_rec.results.leaderboard import leaderboard
from rlbench_rec.results.read import load_runs
from rlbench_rec.results.schema import LEADERBOARD, RUNS
from rlbench_rec.results.write import write_table

Z = stats.norm.ppf(0.975)


def test_no_rows_make_an_empty_board_with_all_columns(board_of, run):
    assert list(board_of().columns) == list(LEADERBOARD)
    failed = run(status="failed: out of memory", value=np.nan)
    assert len(board_of(failed)) == 0


def test_one_seed_keeps_the_interval_of_its_run(board_of, run):
    row = board_of(run(value=2.0, ci_low=1.5, ci_high=3.5)).loc["dqn"]
    assert (row["n_seeds"], row["mean"], row["iqm"]) == (1, 2.0, 2.0)
    assert (row["ci_low"], row["ci_high"]) == (pytest.approx(1.5, abs=1e-12), pytest.approx(3.5, abs=1e-12))
    assert np.isnan(row["std"])
    assert (row["rank"], row["tie_group"]) == (1, "a")


def test_the_level_of_the_intervals_stays(frame_of, run):
    row = leaderboard(frame_of(run(value=2.0, half=0.5), run(value=2.0, half=0.5, seed=1)), confidence=0.8).iloc[0]
    assert (row["ci_low"], row["ci_high"]) == (pytest.approx(1.5, abs=1e-12), pytest.approx(2.5, abs=1e-12))


def test_seeds_that_agree_do_not_shrink_the_interval_of_the_log(board_of, run):
    row = board_of(*(run(value=2.0, half=0.3, seed=seed) for seed in range(10))).loc["dqn"]
    assert (row["ci_low"], row["ci_high"]) == (pytest.approx(1.7, abs=1e-12), pytest.approx(2.3, abs=1e-12))
    assert (row["n_seeds"], row["std"]) == (10, 0.0)


def test_spread_of_seeds_alone_is_students_interval(board_of, run):
    row = board_of(*(run(value=value, half=0.0, seed=seed) for seed, value in enumerate((1.0, 2.0, 3.0)))).loc["dqn"]
    low, high = stats.t.interval(0.95, 2, loc=2.0, scale=1.0 / sqrt(3))
    assert (row["ci_low"], row["ci_high"]) == (pytest.approx(low, abs=1e-9), pytest.approx(high, abs=1e-9))
    assert row["std"] == 1.0


def test_both_doubts_combine_side_by_side(board_of, run):
    rows = [run(value=v, ci_low=v - 0.6, ci_high=v + 1.2, seed=s) for s, v in enumerate((1.0, 2.0, 3.0))]
    row = board_of(*rows).loc["dqn"]
    for half, end, sign in ((0.6, "ci_low", -1), (1.2, "ci_high", 1)):
        seeds = 1.0 / 3
        variance = (half / Z) ** 2 + seeds
        degrees = variance**2 / (seeds**2 / 2)
        assert row[end] == pytest.approx(2.0 + sign * stats.t.ppf(0.975, degrees) * sqrt(variance), abs=1e-9)


def test_ranks_and_equal_values_share_a_rank(board_of, run):
    board = board_of(run("bc", 1.0), run("cql", 3.0), run("dqn", 3.0), run("random", 0.5))
    assert board["rank"].to_dict() == {"cql": 1, "dqn": 1, "bc": 3, "random": 4}
    assert list(board.index) == ["cql", "dqn", "bc", "random"]


def test_lower_is_better_turns_the_ranking_and_the_probability(board_of, run):
    board = board_of(
        run("behaviour", 2.0, higher_is_better=False),
        run("dqn", 1.0, higher_is_better=False),
        run("bc", 3.0, higher_is_better=False),
    )
    assert list(board.index) == ["dqn", "behaviour", "bc"]
    assert board.loc["dqn", "delta_vs_behaviour"] == -1.0
    assert board.loc["dqn", "prob_improvement"] > 0.999
    assert board.loc["bc", "prob_improvement"] < 0.001


def test_unreliable_and_not_identified_rows_stand_below_without_rank(board_of, run):
    board = board_of(
        run("behaviour", 1.0, estimator="on-policy"),
        run("bc", 1.0),
        run("dqn", 9.0, verdict="unreliable"),
        run("cql", 5.0, identification="not-identified"),
        run("nfq", np.nan),
    )
    assert list(board[board["estimator"] == "snips"].index) == ["bc", "dqn", "cql", "nfq"]
    unranked = board.loc[["dqn", "cql", "nfq"]]
    assert unranked["rank"].isna().all()
    assert (unranked["tie_group"] == "").all()
    # The number is there; what would be a claim is not.
    assert unranked["delta_vs_behaviour"].tolist()[:2] == [8.0, 4.0]
    assert unranked[["p_adjusted", "prob_improvement"]].isna().all(axis=None)


def test_the_worst_verdict_of_the_seeds_counts(board_of, run):
    board = board_of(run(seed=0), run(seed=1, verdict="weak"), run(seed=2))
    assert board.loc["dqn", "verdict"] == "weak"


def test_a_seed_without_a_value_leaves_the_mean_undefined(board_of, run):
    row = board_of(run(seed=0), run(seed=1, value=np.nan)).loc["dqn"]
    assert row["n_seeds"] == 2
    assert row[["mean", "iqm", "ci_low", "ci_high", "std", "delta_vs_behaviour"]].isna().all()
    assert pd.isna(row["rank"])


def test_failed_seeds_do_not_count(board_of, run):
    row = board_of(run(seed=0, value=1.0), run(seed=1, value=5.0, status="failed: diverged")).loc["dqn"]
    assert (row["n_seeds"], row["mean"]) == (1, 1.0)


def test_against_the_logging_policy_by_hand(board_of, run):
    board = board_of(run("behaviour", 1.0, half=0.3), run("dqn", 1.5, half=0.4), run("bc", 0.9, half=0.4))
    error = sqrt(0.3**2 + 0.4**2) / Z
    p = {name: 2 * stats.norm.sf(abs(delta) / error) for name, delta in (("dqn", 0.5), ("bc", -0.1))}
    assert board.loc["dqn", "delta_vs_behaviour"] == 0.5
    assert board.loc["dqn", "p_adjusted"] == pytest.approx(2 * p["dqn"], rel=1e-9)
    assert board.loc["bc", "p_adjusted"] == pytest.approx(max(2 * p["dqn"], p["bc"]), rel=1e-9)
    assert board.loc["dqn", "prob_improvement"] == pytest.approx(1 - p["dqn"] / 2, rel=1e-9)
    own = board.loc["behaviour", ["delta_vs_behaviour", "p_adjusted", "prob_improvement"]]
    assert own.isna().all()


def test_p_and_interval_tell_the_same_story(board_of, run):
    """Against a value known exactly, p is 0.05 where the interval ends."""
    seeds = (1.0, 2.0, 3.0)
    low = board_of(*(run(value=v, half=0.7, seed=s) for s, v in enumerate(seeds))).loc["dqn", "ci_low"]
    rows = [run(value=v, half=0.7, seed=s) for s, v in enumerate(seeds)]
    board = board_of(*rows, run("behaviour", low, half=0.0))
    assert board.loc["dqn", "p_adjusted"] == pytest.approx(0.05, abs=1e-9)


def test_the_sides_that_face_each_other_count(board_of, run):
    near = board_of(run("behaviour", 1.0, ci_low=-9.0, ci_high=1.1), run("dqn", 2.0, ci_low=1.8, ci_high=20.0))
    error = sqrt(0.1**2 + 0.2**2) / Z
    assert near.loc["dqn", "p_adjusted"] == pytest.approx(2 * stats.norm.sf(1.0 / error), rel=1e-6)


def test_truth_is_compared_with_truth_and_estimates_with_the_log(board_of, run):
    board = board_of(
        run("behaviour", 1.0, estimator="truth"),
        run("behaviour", 1.2, estimator="on-policy"),
        run("dqn", 2.0, estimator="truth"),
        run("dqn", 2.0, estimator="dr"),
        run("dqn", 2.0, estimator="ranking", identification="imitation"),
    )
    delta = board.loc["dqn"].set_index("estimator")["delta_vs_behaviour"]
    assert (delta["truth"], delta["dr"]) == (1.0, 0.8)
    assert np.isnan(delta["ranking"])


def test_boards_do_not_mix(board_of, run):
    board = board_of(
        run("behaviour", 1.0, dataset="a", estimator="on-policy"),
        run("dqn", 2.0, dataset="a"),
        run("dqn", 3.0, dataset="b"),
        run("dqn", 4.0, dataset="a", metric="CTR"),
    )
    assert (board.loc["dqn", "rank"] == 1).all()
    assert board.loc["dqn"].set_index(["dataset", "metric"])["delta_vs_behaviour"].notna().to_dict() == {
        ("a", "CTR"): False,
        ("a", "reward"): True,
        ("b", "reward"): False,
    }


def test_tie_groups_gather_what_cannot_be_told_from_the_best(board_of, run):
    board = board_of(
        run("cql", 5.0, half=0.2),
        run("dqn", 4.7, half=0.2),
        run("bc", 4.0, half=0.1),
        run("nfq", 3.9, half=2.0),
        run("bcq", 3.85, half=0.1),
        run("random", 1.0, half=0.1),
    )
    # The wide row overlaps the best, so it belongs to it although the narrow row above it does not.
    groups = {"cql": "a", "dqn": "a", "bc": "b", "nfq": "a", "bcq": "b", "random": "c"}
    assert board["tie_group"].to_dict() == groups


def test_a_row_without_interval_cannot_be_told_from_the_best(board_of, run):
    board = board_of(run("cql", 5.0), run("dqn", 1.0, ci_low=np.nan, ci_high=np.nan))
    assert board["tie_group"].to_dict() == {"cql": "a", "dqn": "a"}


def test_values_that_differ_in_the_last_digit_alone_are_a_tie(board_of, run):
    rows = [
        run(algorithm="behaviour", variant="none", estimator="on-policy", value=0.3, ci_low=0.3, ci_high=0.3),
        run(algorithm="a", value=0.1 + 0.2, ci_low=0.1 + 0.2, ci_high=0.1 + 0.2),
        run(algorithm="b", value=0.3, ci_low=0.3, ci_high=0.3),
        run(algorithm="c", value=0.4, ci_low=0.4, ci_high=0.4),
    ]
    board = board_of(*rows).set_index("algorithm")
    assert board.loc["a", "tie_group"] == board.loc["b", "tie_group"] != board.loc["c", "tie_group"]
    assert board.loc["a", "delta_vs_behaviour"] == 0.0
    assert board.loc["a", "prob_improvement"] == 0.5 and board.loc["a", "p_adjusted"] == 1.0
    assert board.loc["c", "prob_improvement"] == 1.0


def test_tie_groups_go_on_after_z(board_of, run):
    board = board_of(*(run(f"p{i:02}", 100.0 - i, half=0.1) for i in range(28)))
    assert board["tie_group"].tolist()[24:] == ["y", "z", "aa", "ab"]


def test_order_of_the_rows_leaves_no_trace(board_of, run):
    rows = [run(name, 1.0, seed=seed) for name in ("bc", "cql", "dqn") for seed in (0, 1)]
    pd.testing.assert_frame_equal(board_of(*rows), board_of(*rows[::-1]))


def test_names_that_pandas_read_as_nan_lose_no_row(tmp_path, run, frame_of):
    write_table(frame_of(run("behaviour"), run(), run(dataset="", task="shop-v1")), RUNS, tmp_path / "runs.csv")
    pd.testing.assert_frame_equal(
        leaderboard(pd.read_csv(tmp_path / "runs.csv")), leaderboard(load_runs(tmp_path / "runs.csv"))
    )


def test_an_unreliable_logging_policy_is_no_ground_for_a_test(board_of, run):
    row = board_of(run("behaviour", 0.5, estimator="on-policy", verdict="unreliable"), run()).loc["dqn"]
    assert (row["rank"], row["delta_vs_behaviour"]) == (1, 0.5)
    assert row[["p_adjusted", "prob_improvement"]].isna().all()


def p_of(board):
    rows = board.set_index(["algorithm", "variant"])["p_adjusted"]
    return {key: p for key, p in rows.items() if not np.isnan(p)}


def test_one_policy_is_one_hypothesis(board_of, run):
    """The best checkpoint that is the last one adds nothing to the family; one that is another policy does."""

    def board(*best):
        rows = [run("behaviour", 1.0), run("bc", 1.1, half=0.2)]
        rows += [run("dqn", value, seed=seed) for seed, value in enumerate((1.2, 1.4))]
        rows += [run("dqn", value, seed=seed, variant="mlp/best/greedy") for seed, value in enumerate(best)]
        return p_of(board_of(*rows).reset_index(drop=True))

    alone, twin, other = board(), board(1.2, 1.4), board(1.2, 1.5)
    assert twin[("dqn", "mlp/best/greedy")] == twin[("dqn", "mlp/greedy")] == alone[("dqn", "mlp/greedy")]
    assert twin[("bc", "mlp/greedy")] == alone[("bc", "mlp/greedy")]
    assert other[("bc", "mlp/greedy")] > alone[("bc", "mlp/greedy")]


def test_alike_in_numbers_alone_is_not_the_same_policy(board_of, run):
    # Two algorithms, or two forms of one: each was a hypothesis of its own, whatever came out.
    one = p_of(board_of(run("behaviour", 1.0), run("dqn", 1.1)).reset_index(drop=True))
    for cells in ({"algorithm": "cql"}, {"variant": "mlp/softmax-1"}, {"variant": "gru/best/greedy"}):
        two = p_of(board_of(run("behaviour", 1.0), run("dqn", 1.1), run(value=1.1, **cells)).reset_index(drop=True))
        assert list(two.values()) == pytest.approx([min(2 * one[("dqn", "mlp/greedy")], 1.0)] * 2)


def test_the_reference_is_no_contender(board_of, run):
    rows = [run("behaviour", 1.0), run("dqn", 1.1), run("bc", 1.05)]
    without = board_of(*rows)
    found = board_of(*rows, run("reference", 3.0, variant="ppo/greedy"))
    assert np.isnan(found.loc["reference", "p_adjusted"]) and found.loc["reference", "rank"] == 1
    assert found.loc["reference", "delta_vs_behaviour"] == 2.0
    assert (found.loc[["dqn", "bc"], "p_adjusted"] == without.loc[["dqn", "bc"], "p_adjusted"]).all()


def test_a_diverging_run_is_ranked_by_its_truth_alone(board_of, run):
    rows = [run("dqn", 2.0, seed=seed, status=("ok", "diverging")[seed]) for seed in (0, 1)]
    board = board_of(run("behaviour"), *rows, run("cql", 1.5))
    assert board["status"].to_dict() == {"behaviour": "ok", "dqn": "diverging", "cql": "ok"}
    assert board["rank"].isna().to_dict() == {"behaviour": False, "dqn": True, "cql": False}
    assert np.isnan(board.loc["dqn", "p_adjusted"]) and board.loc["dqn", "delta_vs_behaviour"] == 1.0
    truths = board_of(run("cql", 1.5, estimator="truth"), run("dqn", 2.0, estimator="truth", status="diverging"))
    assert truths["rank"].to_dict() == {"dqn": 1, "cql": 2}


def test_a_lift_is_held_against_0_on_a_board_of_its_own(board_of, run):
    behaviour = run("behaviour", 5.0, estimator="on-policy")
    lift = run("dqn", 0.5, half=0.196, estimator="snips-lift", variant="mlp/frontier", base="service")
    board = board_of(behaviour, run("dqn", 5.4), lift)
    row = board[board["estimator"] == "snips-lift"].iloc[0]
    assert (row["rank"], row["delta_vs_behaviour"], row["base"]) == (1, 0.5, "service")
    # 0.5 is five standard errors.
    assert row["p_adjusted"] == pytest.approx(5.733e-7, rel=1e-3) and row["prob_improvement"] > 0.999999
    assert board[board["estimator"] == "snips"]["delta_vs_behaviour"].iloc[0] == pytest.approx(0.4)


def test_imitation_is_not_trusted_even_where_an_older_file_trusts_it(board_of, run):
    choices = {"estimator": "ranking", "identification": "imitation"}
    verdicts = {"dqn": "trusted", "cql": "unreliable"}
    board = board_of(*(run(name, verdict=verdict, **choices) for name, verdict in verdicts.items()))
    assert board.set_index("algorithm")["verdict"].to_dict() == {"dqn": "weak", "cql": "unreliable"}


@pytest.mark.parametrize(
    ("rows", "covered"),
    [
        ([{}], "log"),
        ([{"estimator": "truth"}], ""),
        ([{}, {"seed": 1}], "log+seeds"),
        ([{"estimator": "truth"}, {"estimator": "truth", "seed": 1}], "seeds"),
        ([{"estimator": "truth"}, {"estimator": "truth", "log": 1}], "log"),
        ([{"estimator": "truth"}, {"estimator": "truth", "replicate": 1, "seed": 1}], "replicates"),
    ],
)
def test_a_row_says_what_its_interval_covers(rows, covered, run, frame_of):
    row = leaderboard(frame_of(*(run(**cells) for cells in rows))).iloc[0]
    assert row["uncertainty"] == covered
    assert row["n_replicates"] == len({cells.get("replicate", 0) for cells in rows})
