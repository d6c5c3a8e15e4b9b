"""Frontiers on a terminal."""

import io
import json

import pandas as pd
import pytest
import rich.console

from rlbench_rec.cli.render.finished_run import show
from rlbench_rec.cli.render.frontier import WIDTH, drawn, show_curves
from rlbench_rec.results.frontier import advise, load_frontier
from rlbench_rec.results.leaderboard import leaderboard
from rlbench_rec.results.row_names import is_frontier_control
from rlbench_rec.results.schema import FRONTIER, LEADERBOARD, RUNS
from rlbench_rec.results.write import write_table
from rlbench_rec.suite import load_suite
from rlbench_rec.suite.finished_run import FinishedRun

RUN_ID = "shop.dqn.mlp.seed0"


def _row(algorithm, variant, estimator, value, half=0.1, **cells):
    names = {"run_id": RUN_ID, "dataset": "shop", "algorithm": algorithm, "variant": variant, "estimator": estimator}
    fixed = {"schema_version": 5, "seed": 0, "metric": "reward", "higher_is_better": True, "status": "ok"}
    labels = {"verdict": "trusted", "identification": "identified", "true_value": None, "n_episodes": 100}
    interval = {"value": value, "ci_low": value - half, "ci_high": value + half}
    return dict.fromkeys(RUNS, "") | names | fixed | labels | interval | cells


def _step(variant, divergence, lift, **cells):
    names = {"run_id": RUN_ID, "dataset": "shop", "algorithm": "dqn", "variant": variant, "seed": 0, "base": "logged"}
    step = {"contender": "dqn", "dial": "tilted", "parameter": 1 / divergence, "divergence": divergence}
    step |= {"value": 3.0 + lift, "lift": lift}
    limits = {"ci_low": lift - 0.1, "ci_high": lift + 0.1, "verdict": "trusted", "concentration": 90.0}
    rest = {"eligible": True, "reasons": "", "chosen": False, "log_needed": 1.0}
    return dict.fromkeys(FRONTIER) | names | {"task": ""} | step | limits | rest | cells


@pytest.fixture
def finished(tmp_path):
    """A run with a frontier on one log, and another log on which users chose."""
    rows = [
        _row("behaviour", "logged", "on-policy", 2.0),
        _row("dqn", "mlp/greedy", "snips", 2.5),
        _row("dqn", "mlp/frontier", "snips", 2.3),
        _row("dqn", "mlp/frontier", "snips-lift", 0.3),
        _row("dqn", "mlp/frontier/shuffled", "snips", 2.1),
        _row("dqn", "mlp/frontier/shuffled", "snips-lift", 0.1),
        _row("dqn", "mlp/frontier/negated", "snips-lift", 0.0, 0.0),
        _row("dqn", "mlp/greedy", "snips", 9.0, dataset="choices", identification="not-identified"),
    ]
    steps = [
        _step("mlp/frontier", 0.1, 0.2),
        _step("mlp/frontier", 0.4, 0.4, chosen=True),
        _step("mlp/frontier", 2.4, 0.5, eligible=False, verdict="weak", log_needed=1234.0),
        _step("mlp/frontier/negated", 0.1, -0.2, log_needed=None),
    ]
    runs = pd.DataFrame(rows, columns=list(RUNS))
    write_table(runs, RUNS, tmp_path / "runs.csv")
    write_table(pd.DataFrame(steps, columns=list(FRONTIER)), FRONTIER, tmp_path / "frontier.csv")
    write_table(leaderboard(runs), LEADERBOARD, tmp_path / "leaderboard.csv")
    return FinishedRun(load_suite("quick"), tmp_path, [], 1.0)


def test_the_frontier_comes_first_and_its_controls_stand_beside_it_alone(finished, capsys):
    show(finished)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "shop: frontier (lift of the reward an episode on the test side, mean over seeds)"
    assert lines[3].split() == ["dqn", "mlp/frontier", "0.30", "[0.20,", "0.40]", "trusted"]
    assert lines[4] == "A/B test DQN tilted by 0.4 nats a session: +15.0 % [10.0, 20.0] on the test side, trusted."
    assert lines[5] == "The same dial gains +5.0 % [0.0, 10.0] (trusted) on a Q of shuffled rewards and nothing on -Q."
    assert lines[7] == "shop: reward (snips)"
    assert not any("mlp/frontier/" in line for line in lines)
    assert "No frontier on choices: users chose the items themselves, so no policy's lift is known." in lines


def test_json_has_the_frontier_first_and_the_sentence_beside_it(finished, capsys):
    show(finished, as_json=True)
    rows = json.loads(capsys.readouterr().out)
    assert list(rows[0]) == [*LEADERBOARD, "advice"] and len(rows) == 8
    assert (rows[0]["variant"], rows[0]["estimator"]) == ("mlp/frontier", "snips-lift")
    assert rows[0]["advice"].startswith("A/B test DQN") and not any(row["advice"] for row in rows[1:])


def test_curves_are_drawn_step_by_step(finished):
    runs, steps = load_frontier(finished.folder)
    console = rich.console.Console(file=io.StringIO(), width=100)
    show_curves(console, steps, advise(runs, steps)[0])
    lines = [line.rstrip() for line in console.file.getvalue().splitlines()]
    assert lines[0] == "dqn mlp/frontier, seed 0"
    chosen = [line for line in lines if line.startswith(">")]
    assert len(chosen) == 1 and chosen[0].split()[:6] == [">", "dqn", "tilted", "0.4", "3.40", "0.40"]
    assert any(line.endswith("1,200x") for line in lines) and "dqn mlp/frontier/negated, seed 0" in lines


def test_a_step_that_lacks_the_margin_is_told_from_one_that_may_be_chosen(finished):
    runs, steps = load_frontier(finished.folder)
    console = rich.console.Console(file=io.StringIO(), width=120)
    show_curves(console, steps.assign(verdict="trusted", eligible=steps["chosen"]), advise(runs, steps)[0])
    lines = console.file.getvalue().splitlines()
    assert sum("trusted, not eligible" in line for line in lines) == len(steps) - 1
    assert not any("not eligible" in line for line in lines if line.startswith(">"))


def test_a_line_of_text_for_the_limits():
    row = {"lift": 0.5, "ci_low": 0.25, "ci_high": 0.75}
    assert drawn(row, -1.0, 1.0) == "            |  ---o---   "
    assert drawn(row | {"ci_low": -3.0, "ci_high": 3.0}, -1.0, 1.0) == "<-----------+-----o----->"
    nothing = drawn(dict.fromkeys(row, float("nan")), 0.0, 1.0)
    assert nothing == "|" + " " * (WIDTH - 1)


def test_controls_are_told_by_their_name():
    names = ["mlp/frontier/shuffled", "frontier-best/negated", "mlp/frontier", "mlp/shuffled/greedy", "shuffled"]
    assert [is_frontier_control(name) for name in names] == [True, True, False, False, False]
