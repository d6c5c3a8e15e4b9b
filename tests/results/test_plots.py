"""Pictures: there, readable as PNG, the same bytes for the same rows, and drawn to the scale of what is reliable."""

import numpy as np
import pandas as pd
import pytest

from rlbench_rec.errors import OutputError
from rlbench_rec.results.headline import headlines
from rlbench_rec.results.leaderboard import leaderboard
from rlbench_rec.results.plots import run_plots
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
    paths = run_plots.plot_values(leaderboard(runs), runs, tmp_path) + run_plots.plot_curves(curves, runs, tmp_path)
    names = ["curves-shop-v1.png", "curves-shop.png", "values-shop-v1.png", "values-shop.png"]
    assert sorted(path.name for path in paths) == names
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in paths)


def test_equal_rows_are_equal_bytes(runs, curves, tmp_path):
    runs = runs[runs["dataset"] == "shop"]
    board = leaderboard(runs)
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        run_plots.plot_values(board, runs, tmp_path / name)
        run_plots.plot_curves(curves.sample(frac=1.0, random_state=ord(name)), runs, tmp_path / name)
    found = list((tmp_path / "a").iterdir())
    assert len(found) == 2
    for path in found:
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes(), path.name


def test_a_panel_for_each_column_that_holds_numbers(runs, curves):
    points = curves[curves["run_id"] == "a"].assign(label="dqn")
    for unexplained, panels in ((np.nan, 2), (0.5, 3)):
        figure = run_plots._curves("shop", points.assign(unexplained=unexplained), {"dqn": 0})
        assert len(figure.axes) == panels


def test_nothing_to_show_draws_nothing(runs, curves, tmp_path):
    assert run_plots.plot_values(leaderboard(runs.head(0)), runs.head(0), tmp_path) == []
    assert run_plots.plot_curves(curves.tail(1), runs, tmp_path) == []
    assert run_plots.plot_curves(curves.head(0), runs, tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_the_scale_is_set_by_what_is_reliable(runs):
    board = leaderboard(runs)
    shown = next(one for one in headlines(board) if one.place == "shop")
    truths = run_plots._truths(shown, board, runs)
    left, right = run_plots._limits(shown, truths)
    assert 0.7 < left < 0.9
    assert 1.5 < right < 1.7


def test_the_other_policys_own_log_is_the_truth_with_its_interval(runs):
    board = leaderboard(runs)
    shown = next(one for one in headlines(board) if one.place == "shop")
    truths = run_plots._truths(shown, board, runs).set_index(shown.rows["algorithm"])
    assert truths.loc["bts", ["ci_low", "ci_high", "mean"]].tolist() == pytest.approx([1.1, 1.5, 1.3])
    assert truths.drop(index="bts").isna().all(axis=None)


def test_every_row_is_named_and_numbered(runs):
    board = leaderboard(runs)
    shown = next(one for one in headlines(board) if one.place == "shop")
    axis = run_plots._values(shown, run_plots._truths(shown, board, runs)).axes[0]
    names = [label.get_text() for label in axis.get_yticklabels()]
    assert names == ["1.  bts  whole-log", "2.  dqn  mlp/greedy", "cql  mlp/greedy", "bcq  mlp/greedy"]
    numbers = [text.get_text() for text in axis.texts]
    assert numbers == ["1.20  [0.90, 1.50]", "1.10  [1.00, 1.20]", "50  [10, 90]", "not defined"]


@pytest.mark.parametrize(
    ("variant", "several", "label"),
    [
        ("mlp/greedy", False, ""),
        ("mlp/gamma-0/best/softmax-0.3", False, " gamma-0"),
        ("gru/greedy", True, " gru"),
        ("gru/gamma-0/greedy", True, " gru gamma-0"),
    ],
)
def test_curves_of_different_training_have_different_names(variant, several, label):
    assert run_plots._label(variant, several) == label


def test_a_folder_that_is_not_there(runs, tmp_path):
    with pytest.raises(OutputError, match="cannot be written"):
        run_plots.plot_values(leaderboard(runs), runs, tmp_path / "none")


def test_a_dollar_sign_is_no_formula(run, frame_of, tmp_path):
    runs = frame_of(run(dataset="$\\foo$", variant="mlp/$\\bar$"))
    (path,) = run_plots.plot_values(leaderboard(runs), runs, tmp_path)
    assert path.read_bytes().startswith(b"\x89PNG")


def test_no_picture_overwrites_another(run, frame_of, tmp_path):
    runs = frame_of(run(dataset="a/b"), run(dataset="a-b"))
    paths = run_plots.plot_values(leaderboard(runs), runs, tmp_path)
    assert [path.name for path in paths] == ["values-a-b.png", "values-a-b-2.png"]
    assert sorted(tmp_path.iterdir()) == sorted(paths)


def test_ranking_metrics_are_not_per_episode(run, frame_of):
    runs = frame_of(run(metric="NDCG@10", estimator="ranking", identification="imitation"))
    board = leaderboard(runs)
    (shown,) = headlines(board)
    axis = run_plots._values(shown, run_plots._truths(shown, board, runs)).axes[0]
    assert axis.get_xlabel() == "NDCG@10 (ranking, imitation), with intervals"
