"""Pictures: there, readable as PNG, the same bytes for the same rows, and drawn to the scale of what is reliable."""

import numpy as np
import pandas as pd
import pytest

from rlbench_rec.errors import OutputError
from rlbench_rec.results.board_message import shown_rows
from rlbench_rec.results.headline import headlines
from rlbench_rec.results.leaderboard import leaderboard
from rlbench_rec.results.plots import curves as curve_plots
from rlbench_rec.results.plots import values
from rlbench_rec.results.schema import CURVES


@pytest.fixture(scope="module")
def runs(run, frame_of):
    """A data set with a counterpart and an unreliable row, and a task."""
    return frame_of(
        run("behaviour", 1.0, estimator="on-policy"),
        run("bts", 1.3, half=0.2, estimator="on-policy", variant="own-log"),
        run("bts", 1.2, half=0.3, true_value=1.3, verdict="weak", variant="whole-log"),
        run("dqn", 1.1, run_id="a"),
        run("cql", 50.0, half=40.0, verdict="unreliable", run_id="b"),
        run("bcq", np.nan, verdict="unreliable"),
        run("dqn", 2.0, dataset="", task="shop-v1", estimator="truth", run_id="c"),
    )


@pytest.fixture(scope="module")
def curves():
    """Two algorithms on the data set, one on the task, and behaviour cloning, which has no Q."""
    rows = [
        {"run_id": name, "step": step, "loss": 1.0, "td_error": 1.0 / step, "mean_q": step, "log_loss": np.nan}
        for name in "abc"
        for step in (10, 20, 30)
    ]
    cloned = [{"run_id": "d", "step": 10, "loss": 1.0, "td_error": np.nan, "mean_q": np.nan, "log_loss": 2.0}]
    return pd.DataFrame(rows + cloned, columns=list(CURVES))


def test_one_picture_of_each_kind_per_place(runs, curves, tmp_path):
    paths = values.plot_values(leaderboard(runs), runs, tmp_path) + curve_plots.plot_curves(curves, runs, tmp_path)
    names = ["curves-shop-v1.png", "curves-shop.png", "values-shop-v1.png", "values-shop.png"]
    assert sorted(path.name for path in paths) == names
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in paths)


def test_equal_rows_are_equal_bytes(runs, curves, tmp_path):
    runs = runs[runs["dataset"] == "shop"]
    board = leaderboard(runs)
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        values.plot_values(board, runs, tmp_path / name)
        curve_plots.plot_curves(curves.sample(frac=1.0, random_state=ord(name)), runs, tmp_path / name)
    found = list((tmp_path / "a").iterdir())
    assert len(found) == 2
    for path in found:
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes(), path.name


def test_a_panel_for_each_column_that_holds_numbers(runs, curves):
    points = curves[curves["run_id"] == "a"].assign(label="dqn")
    for unexplained, panels in ((np.nan, 2), (0.5, 3)):
        figure = curve_plots.curves_figure("shop", points.assign(unexplained=unexplained), {"dqn": 0})
        assert len(figure.axes) == panels


def test_nothing_to_show_draws_nothing(runs, curves, tmp_path):
    assert values.plot_values(leaderboard(runs.head(0)), runs.head(0), tmp_path) == []
    assert curve_plots.plot_curves(curves.tail(1), runs, tmp_path) == []
    assert curve_plots.plot_curves(curves.head(0), runs, tmp_path) == []
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(scope="module")
def shop(runs):
    """The place of the data set, and its board."""
    board = leaderboard(runs)
    return next(one for one in headlines(board) if one.place == "shop"), board


def texts(figure):
    """All that is written in the panels."""
    return [text.get_text() for axis in figure.axes for text in axis.texts]


def test_the_scale_is_set_by_what_is_reliable(runs, shop):
    shown, board = shop
    rows = shown_rows(shown)
    left, right = values.scale_limits(shown, rows, values.true_values(rows, board, runs))
    assert 0.7 < left < 0.9
    assert 1.5 < right < 1.7


def test_an_unreliable_value_near_the_others_is_on_the_scale(run, frame_of):
    rows = (run("dqn", 1.0, half=0.5), run("cql", 1.7, verdict="unreliable"), run("bcq", 9.0, verdict="unreliable"))
    runs = frame_of(*rows)
    board = leaderboard(runs)
    (shown,) = headlines(board)
    rows = shown_rows(shown)
    left, right = values.scale_limits(shown, rows, values.true_values(rows, board, runs))
    assert left < 0.5 and 1.7 < right < 2.0


def test_the_other_policys_own_log_is_the_truth_with_its_interval(runs, shop):
    shown, board = shop
    truths = values.true_values(shown.rows, board, runs).set_index(shown.rows["algorithm"])
    assert truths.loc["bts", ["ci_low", "ci_high", "mean"]].tolist() == pytest.approx([1.1, 1.5, 1.3])
    assert truths.drop(index="bts").isna().all(axis=None)


def test_the_mean_of_another_log_is_not_called_the_truth(runs, shop, run, frame_of):
    shown, board = shop
    labels = values.values_figure(shown, board, runs).axes[0].get_legend_handles_labels()[1]
    assert values.OTHER_LOG in labels and values.TRUE_VALUE not in labels
    runs = frame_of(run("dqn", 1.0, dataset="", task="shop-v1", true_value=1.1))
    board = leaderboard(runs)
    (shown,) = headlines(board)
    labels = values.values_figure(shown, board, runs).axes[0].get_legend_handles_labels()[1]
    assert values.TRUE_VALUE in labels and values.OTHER_LOG not in labels


def test_every_row_is_named_and_numbered_and_found_in_the_tables(runs, shop):
    shown, board = shop
    written = texts(values.values_figure(shown, board, runs))
    names = ["Thompson sampling on the whole log", "DQN, greedy", "CQL, greedy", "BCQ, greedy"]
    assert [text for text in written if text in names] == names
    # As many decimals in each row, with both digits of the median half-width of what is reliable.
    for column in (
        ["1.20", "1.10", "50.00", "not defined"],
        ["[0.90,", "[1.00,", "[10.00,"],
        ["1.50]", "1.20]", "90.00]"],
    ):
        assert [text for text in written if text in column] == column
    assert [text for text in written if text in ("1.", "2.", "3.")] == ["1.", "2."]
    assert "bts whole-log" in written and "dqn mlp/greedy" in written


def test_what_lies_off_the_scale_has_a_marker_at_the_edge_with_its_value(runs, shop):
    shown, board = shop
    axis = values.values_figure(shown, board, runs).axes[0]
    right = axis.get_xlim()[1]
    at_edge = [line for line in axis.lines if line.get_marker() == ">"]
    assert [(line.get_xdata()[0], line.get_ydata()[0]) for line in at_edge] == [(right, 2)]
    assert "50" in texts(axis.figure)


def test_best_checkpoints_and_controls_are_left_out_and_ranks_are_among_the_rest(run, frame_of):
    names = ("mlp/best/greedy", "mlp/greedy", "mlp/frontier", "mlp/frontier/shuffled")
    runs = frame_of(*(run("dqn", 9.0 - i, variant=variant) for i, variant in enumerate(names)))
    (shown,) = headlines(leaderboard(runs))
    rows = shown_rows(shown)
    assert rows["variant"].tolist() == ["mlp/greedy", "mlp/frontier"]
    assert rows["rank"].tolist() == [1, 2]


def test_curves_of_different_training_have_different_names(runs, curves, tmp_path):
    named = runs.assign(variant=["gru/gamma-0/greedy"] * len(runs))
    seen = []
    patch = pytest.MonkeyPatch()
    with patch.context() as context:
        context.setattr(curve_plots, "save", lambda figure, *_: seen.append(figure))
        curve_plots.plot_curves(curves, named, tmp_path)
    labels = {label for figure in seen for label in figure.axes[0].get_legend_handles_labels()[1]}
    assert labels == {"DQN with a GRU without looking ahead", "CQL with a GRU without looking ahead"}


def test_the_mean_return_is_named_once_a_level(curves):
    points = curves[curves["run_id"].isin(["a", "b"])]
    points = points.assign(label=points["run_id"].map({"a": "DQN", "b": "CQL"}), mean_return=2.0, overestimation=15.0)
    figure = curve_plots.curves_figure("shop", points, {"CQL": 0, "DQN": 1})
    assert texts(figure) == ["mean return of the log"]
    apart = points.assign(mean_return=points["run_id"].map({"a": 2.0, "b": 1.0}))
    figure = curve_plots.curves_figure("shop", apart, {"CQL": 0, "DQN": 1})
    assert texts(figure) == ["mean return of the log, for CQL", "mean return of the log, for DQN"]


def test_the_title_of_curves_says_what_q_promises(curves):
    points = curves[curves["run_id"].isin(["a", "b"])].assign(mean_return=2.0)
    points = points.assign(label=points["run_id"].map({"a": "DQN", "b": "CQL"}))
    ratio = points["run_id"].map({"a": 1.1, "b": 3.0})
    assert curve_plots.curves_message("shop", points.assign(overestimation=ratio)) == (
        "The Q of CQL promises 3 times what the log earned in shop"
    )
    assert curve_plots.curves_message("shop", points.assign(overestimation=1.1)) == (
        "No Q promises much more than the log earned in shop"
    )
    assert curve_plots.curves_message("shop", points) == "Learning curves in shop"


def test_a_folder_that_is_not_there(runs, tmp_path):
    with pytest.raises(OutputError, match="cannot be written"):
        values.plot_values(leaderboard(runs), runs, tmp_path / "none")


def test_a_dollar_sign_is_no_formula(run, frame_of, tmp_path):
    runs = frame_of(run(dataset="$\\foo$", variant="mlp/$\\bar$"))
    (path,) = values.plot_values(leaderboard(runs), runs, tmp_path)
    assert path.read_bytes().startswith(b"\x89PNG")


def test_no_picture_overwrites_another(run, frame_of, tmp_path):
    runs = frame_of(run(dataset="a/b"), run(dataset="a-b"))
    paths = values.plot_values(leaderboard(runs), runs, tmp_path)
    assert [path.name for path in paths] == ["values-a-b.png", "values-a-b-2.png"]
    assert sorted(tmp_path.iterdir()) == sorted(paths)


def test_ranking_metrics_are_not_per_episode(run, frame_of):
    runs = frame_of(run(metric="NDCG@10", estimator="ranking", identification="imitation"))
    board = leaderboard(runs)
    (shown,) = headlines(board)
    axis = values.values_figure(shown, board, runs).axes[0]
    assert axis.get_xlabel() == "NDCG@10"
    assert "imitation" in axis.figure.texts[-1].get_text()


def test_pictures_come_in_the_format_that_is_asked_for(runs, curves, tmp_path):
    (values_path,) = values.plot_values(leaderboard(runs[runs["task"] != ""]), runs, tmp_path, "svg")
    (curves_path, _) = curve_plots.plot_curves(curves, runs, tmp_path, "pdf")
    assert values_path.name == "values-shop-v1.svg" and values_path.read_bytes().startswith(b"<?xml")
    assert curves_path.name == "curves-shop.pdf" and curves_path.read_bytes().startswith(b"%PDF")


def test_the_log_earned_more_than_a_young_q_promises_and_its_line_is_in_the_panel(curves):
    points = curves[curves["run_id"] == "a"].assign(label="dqn", mean_q=[0.1, 0.2, 0.3], mean_return=1.9)
    figure = curve_plots.curves_figure("shop", points, {"dqn": 0})
    low, high = figure.axes[1].get_ylim()
    assert low < 0.1 and 1.9 < high < 2.1
