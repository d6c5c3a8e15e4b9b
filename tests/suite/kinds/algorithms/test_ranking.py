"""Suites on logs of users' own choices: ranking.csv, and the rows of runs.csv that come from it."""

from __future__ import annotations

import pytest

from rlbench_rec.cli.render.finished_run import show
from rlbench_rec.results.ranking import load_ranking, next_item
from rlbench_rec.results.read import load_leaderboard, load_runs
from rlbench_rec.suite import Suite, run_suite

CARD = """
id = "corner-shop"
title = "Views and purchases of users, without propensities"
licence = "own"
citation = "none"
time_unit = "s"
session = "gap"
action_source = "choice"
propensity = "none"
reward_weights = { view = 0.2, purchase = 1.0 }
columns = { timestamp = "time", user = "user", item = "item", event = "event" }
events = { view = "view", purchase = "purchase" }
files = [{ pattern = "log.csv" }]
"""
SESSIONS, STEPS = 60, 4


def card_of(folder):
    """Sessions of four views of a cycle of six items; every other session buys what it saw last."""
    (folder / "card.toml").write_text(CARD)
    lines = ["time,user,item,event"]
    for session in range(SESSIONS):
        start, user = 1_700_000_000 + 86_400 * session, session % 9
        lines += [f"{start + 60 * step},{user},{(session + step) % 6},view" for step in range(STEPS)]
        if session % 2:
            lines.append(f"{start + 60 * STEPS},{user},{(session + STEPS - 1) % 6},purchase")
    (folder / "log.csv").write_text("\n".join(lines) + "\n")
    return str(folder / "card.toml")


@pytest.fixture(scope="module")
def finished(tmp_path_factory, jobs_in_this_process, no_pictures):
    folder = tmp_path_factory.mktemp("choices")
    suite = Suite(
        name="mine",
        # Two of the six items have no action of their own.
        sources=[{"dataset": card_of(folder), "data": str(folder), "mdp": {"top_k": 4}}],
        algorithms=[{"id": "popularity"}, {"id": "bc"}],
        seeds=[0],
        steps=5,
        batch_size=32,
        fqe_steps=5,
        n_resamples=100,
        estimators=["snips"],
    )
    with jobs_in_this_process(), no_pictures():
        return run_suite(suite, folder / "out", device="cpu")


def test_ranking_csv_has_every_figure_of_every_policy(finished):
    table = load_ranking(finished.folder)
    assert set(table["algorithm"]) == {"popularity", "bc"} and set(table["dataset"]) == {"card"}
    names = set(table["metric"])
    for name in ("HR", "recall", "NDCG", "MRR", "MAP", "coverage", "novelty", "Gini", "ILD"):
        assert {f"{name}@{k}" for k in (1, 5, 10, 20)} <= names
    assert {"all", "new", "click", "purchase", "known-user", "head", "tail"} - set(table["steps"]) == {"click"}
    predicted = table[table["target"] != ""]
    assert set(predicted["identification"]) == {"imitation"} and set(predicted["verdict"]) <= {"weak", "unreliable"}
    assert (predicted["value"] <= predicted["ceiling"] + 1e-12).all()


def test_the_boards_figures_are_those_of_ranking_csv(finished):
    runs, table = load_runs(finished.folder / "runs.csv"), load_ranking(finished.folder)
    shown = runs[runs["estimator"] == "ranking"]
    assert set(shown["metric"]) == {"HR@10", "NDCG@10", "HR@10-new", "NDCG@10-new"}
    for row in shown.to_dict("records"):
        metric, _, new = row["metric"].partition("-")
        same = table[
            (table["variant"] == row["variant"])
            & (table["algorithm"] == row["algorithm"])
            & (table["metric"] == metric)
            & (table["steps"] == (new or "all"))
            & (table["target"] == "next")
            & (table["vocabulary"] == "all")
            & (table["list"] == "full")
        ]
        assert same["value"].tolist() == [row["value"]]


def test_no_board_trusts_imitation_and_the_screen_has_the_ceiling(finished, capsys):
    board = load_leaderboard(finished.folder / "leaderboard.csv")
    assert "trusted" not in set(board.loc[board["estimator"] == "ranking", "verdict"])
    table = load_ranking(finished.folder)
    (ceiling,) = set(next_item(table, "card", "NDCG@10")["ceiling"])
    assert 0.5 < ceiling < 1
    show(finished)
    screen = capsys.readouterr().out
    assert "card: NDCG@10 (ranking, imitation)" in screen
    assert f"not what a policy would earn. The best list reaches {ceiling:.2g}:" in " ".join(screen.split())
    (row,) = (line.split() for line in screen.splitlines() if " popularity " in line)
    known = next_item(table, "card", "NDCG@10", "known")["value"]["popularity", "fixed"]
    assert row[-2:] == [f"{known:.2g}", "weak"]
