"""Who beats the floor, and how often a policy that does not is said to."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from rlbench_rec.results.leaderboard import leaderboard
from rlbench_rec.results.row_names import is_floor
from rlbench_rec.results.scores import scores_of, truths
from rlbench_rec.results.useful import useful_table, usefulness
from rlbench_rec.statistics.aggregates import better
from tests.results.boards import board_of, floor_of

DQN = ("dqn", "mlp/greedy")
LOW = {"a-v1": [1.0, 2.0, 3.0], "b-v1": [1.0, 2.0, 3.0]}


def answers(runs):
    return usefulness(useful_table(truths(runs)))


def test_a_comparison_by_hand():
    runs = board_of(floor_of(LOW) | {DQN: {"a-v1": [11.0, 14.0, 14.0]}})
    table = useful_table(truths(runs)).set_index(["opponent", "opponent_variant"])
    row = table.loc[("mode", "mlp/greedy")]
    # Gains of 10, 12 and 11: a mean of 11 with a standard error of 1 / sqrt(3).
    error = 1.0 / np.sqrt(3)
    assert (row["n_replicates"], row["difference"], row["beats"]) == (3, 11.0, True)
    assert row["p"] == pytest.approx(stats.t.sf(11.0 / error, 2))
    assert row["ci_low"] == pytest.approx(11.0 - stats.t.ppf(0.95, 2) * error)
    assert row["detectable"] == pytest.approx((stats.t.ppf(0.95, 2) + stats.t.ppf(0.8, 2)) * error)
    assert len(table) == 6 and table["difference"].max() == 13.0


def test_useful_means_beating_every_one_of_the_floor():
    high = {"a-v1": [11.0, 14.0, 14.0], "b-v1": [11.0, 14.0, 14.0]}
    strong = floor_of(LOW) | {("constant", "fixed"): {"a-v1": LOW["a-v1"], "b-v1": [50.0, 50.0, 51.0]}}
    runs = board_of(strong | {DQN: high})
    assert answers(runs) == {("a-v1", *DQN): "yes", ("b-v1", *DQN): "no"}
    board = leaderboard(runs).set_index(["task", "algorithm"])["useful"]
    assert (board["a-v1", "dqn"], board["b-v1", "dqn"], board["a-v1", "mode"]) == ("yes", "no", "")


def test_a_policy_that_failed_in_a_replicate_is_not_useful_there():
    runs = board_of(floor_of(LOW) | {DQN: {"a-v1": [11.0, 14.0, 14.0], "b-v1": [11.0, None, 14.0]}})
    assert answers(runs) == {("a-v1", *DQN): "yes", ("b-v1", *DQN): "no"}


@pytest.mark.parametrize("left_out", [("constant", "fixed"), ("myopic", "mlp/frontier"), ("behaviour", "logged")])
def test_without_the_whole_floor_nothing_is_called_useful(left_out):
    floor = {row: values for row, values in floor_of(LOW).items() if row != left_out}
    runs = board_of(floor | {DQN: {"a-v1": [11.0, 14.0, 14.0]}})
    assert answers(runs) == {} and (leaderboard(runs)["useful"] == "").all()


def test_a_task_without_a_part_of_the_floor_is_not_asked():
    constant = {"a-v1": LOW["a-v1"], "b-v1": [None, None, None]}
    high = {"a-v1": [11.0, 14.0, 14.0], "b-v1": [11.0, 14.0, 14.0]}
    runs = board_of(floor_of(LOW) | {("constant", "fixed"): constant, DQN: high})
    assert answers(runs) == {("a-v1", *DQN): "yes"}


def test_checks_of_a_frontier_are_neither_contenders_nor_floor():
    high = {"a-v1": [11.0, 14.0, 14.0]}
    checks = {("dqn", "mlp/frontier/shuffled"): high, ("myopic", "mlp/frontier/negated"): {"a-v1": [99.0] * 3}}
    runs = board_of(floor_of({"a-v1": LOW["a-v1"]}) | checks | {DQN: high})
    assert answers(runs) == {("a-v1", *DQN): "yes"}
    assert not {*checks} & {*scores_of(runs).by_policy}


def test_a_difference_of_rounding_is_none():
    # 0.1 + 0.2 is 0.30000000000000004: a difference that never varies.
    runs = board_of(floor_of({"a-v1": [0.3] * 3}) | {DQN: {"a-v1": [0.1 + 0.2] * 3}})
    assert answers(runs) == {("a-v1", *DQN): "no"}
    scores = scores_of(runs).by_policy
    assert (better(scores[DQN], scores["constant", "fixed"]) == 0.5).all()


def test_one_replicate_is_not_a_test():
    runs = board_of(floor_of({"a-v1": [1.0]}) | {DQN: {"a-v1": [11.0]}})
    assert answers(runs) == {}


def test_rows_of_the_reward_serve_where_nothing_is_normalised():
    rows = floor_of(LOW) | {DQN: {"a-v1": [11.0, 14.0, 14.0]}}
    reward = board_of(rows, metric="reward")
    assert answers(reward) == {("a-v1", *DQN): "yes"}
    both = pd.concat([reward, board_of({**rows, DQN: {"a-v1": [0.0, 1.0, 0.0]}})])
    assert answers(both) == {("a-v1", *DQN): "no"}
    board = leaderboard(both).set_index(["algorithm", "metric"])["useful"]
    assert (board["dqn", "reward"], board["dqn", "normalised"]) == ("", "no")


def test_seeds_and_rows_in_another_order_change_nothing():
    runs = board_of(floor_of(LOW) | {DQN: {"a-v1": [11.0, 14.0, 14.0]}})
    split = runs[runs["algorithm"] == "dqn"]
    halves = [split.assign(value=split["value"] + step, seed=split["seed"] + 10 * step) for step in (-3, 3)]
    others = pd.concat([runs[runs["algorithm"] != "dqn"], *halves]).sample(frac=1.0, random_state=0)
    pd.testing.assert_frame_equal(useful_table(truths(runs)), useful_table(truths(others)))


def test_a_policy_as_good_as_the_best_of_the_floor_is_called_useful_in_one_of_twenty():
    # Each task is a draw: ten shops that differ by 20, a constant that is as good as the learner, and others far off.
    draws, tasks = np.random.default_rng(0), [f"shop-{number}-v1" for number in range(200)]
    shops = draws.normal(scale=20.0, size=(200, 10))
    levels = dict.fromkeys(floor_of(LOW), -30.0) | {("constant", "fixed"): 0.0, DQN: 0.0}
    values = {row: shops + level + draws.normal(size=shops.shape) for row, level in levels.items()}
    told = answers(board_of({row: dict(zip(tasks, of, strict=True)) for row, of in values.items()}))
    # 5 % and 2.5 standard errors of 200 tasks.
    assert len(told) == 200 and list(told.values()).count("yes") <= 17


def test_the_control_of_a_frontier_is_not_in_the_floor():
    assert is_floor("myopic", "mlp/frontier") and not is_floor("myopic", "mlp/frontier/shuffled")
    assert not is_floor("mode", "mlp/frontier/negated") and not is_floor("mode", "mlp/best/greedy")
