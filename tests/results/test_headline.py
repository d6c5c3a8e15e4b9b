"""What is shown first."""

import numpy as np
import pytest

from rlbench_rec.results.headline import formatted, headlines


def test_truth_before_snips_before_other_estimators(board_of, run):
    board = board_of(
        *(run(dataset="", task="shop-v1", estimator=name) for name in ("truth", "snips", "dr")),
        *(run(dataset="b", estimator=name) for name in ("snips", "dr")),
        *(run(dataset="c", estimator=name) for name in ("dr", "ips")),
        run("behaviour", 0.7, dataset="c", estimator="on-policy"),
        run("behaviour", 0.8, dataset="", task="shop-v1", estimator="truth"),
    )
    found = {one.place: one for one in headlines(board)}
    assert {place: one.estimator for place, one in found.items()} == {"shop-v1": "truth", "b": "snips", "c": "dr"}
    assert found["b"].behaviour is None
    assert (found["c"].behaviour["mean"], found["shop-v1"].behaviour["mean"]) == (0.7, 0.8)


def test_values_that_are_not_identified_give_way_to_imitation(board_of, run):
    board = board_of(
        run(identification="not-identified"),
        run(metric="NDCG@10", estimator="ranking", identification="imitation"),
        run(metric="NDCG@10-new", estimator="ranking", identification="imitation"),
    )
    (shown,) = headlines(board)
    assert (shown.metric, shown.estimator, len(shown.rows)) == ("NDCG@10", "ranking", 1)
    assert headlines(board_of(run(identification="not-identified"))) == []


@pytest.mark.parametrize(
    ("mean", "low", "high", "text"),
    [
        (3.03606, 2.959, 3.1131, ("3.036", "[2.959, 3.113]")),
        (0.00525, 0.0029, 0.0083, ("0.0053", "[0.0029, 0.0083]")),
        (4.2, -8.2, 16.2, ("4", "[-8, 16]")),
        (12345.6, 11345.6, 13345.6, ("12346", "[11346, 13346]")),
        (0.0147, -0.00005, 0.049, ("0.015", "[0.000, 0.049]")),
        (1e-9, -1e-9, 1e-9, ("0.00000", "[0.00000, 0.00000]")),
        (1.0, 1.0, 1.0, ("1", "[1, 1]")),
        (1.5, np.nan, np.nan, ("1.5", "")),
        (np.nan, np.nan, np.nan, ("", "")),
    ],
)
def test_numbers_have_the_digits_their_interval_supports(mean, low, high, text):
    assert formatted({"mean": mean, "ci_low": low, "ci_high": high}) == text


def test_a_model_alone_is_looked_at_last(board_of, run):
    (shown,) = headlines(board_of(run(estimator="dm"), run(estimator="sndr")))
    assert shown.estimator == "sndr"


def test_a_lift_is_no_headline(board_of, run):
    board = board_of(run("dqn", estimator="snips-lift"), run("dqn", estimator="dm"))
    assert headlines(board)[0].estimator == "dm"
    assert headlines(board[board["estimator"] == "snips-lift"]) == []
