"""The table that says what to act on, the key of its names, and a line that can be pasted."""

from __future__ import annotations

import io
import math

import pytest
from rich.console import Console

from rlbench_rec.cli.render.actions import export_line, show_actions
from rlbench_rec.results.actions import Action
from rlbench_rec.results.frontier_words import Lift
from tests.results.test_actions import advice_of, place_of

TEST = Action("open-bandit-sample/random-all", "A/B test", "dqn", "mlp/frontier", "+8.6 %", "[3.1, 14.0]", "trusted")
KEEP = Action("ads-v1", "keep", why="no gain is shown; 3.1 times this log would")
UNKNOWN = Action("retailrocket", "cannot be told", why="users chose the items themselves")


def drawn(actions, width=80):
    stream = io.StringIO()
    show_actions(Console(file=stream, width=width), actions)
    return stream.getvalue()


def test_one_table_for_all_places_with_a_key():
    shown = drawn([TEST, KEEP, UNKNOWN])
    lines = shown.splitlines()
    assert max(map(len, lines)) <= 80 and "[3.1, 14.0]" in shown and "cannot be told" in shown
    assert lines[2].split() == ["place", "do", "policy", "gain", "interval", "why"]
    assert "In the files: DQN, frontier = dqn/mlp/frontier." in lines
    assert "docs/data.md#what-to-log" in shown and "what-to-log" not in drawn([TEST, KEEP])


def test_columns_that_say_nothing_are_left_out():
    shown = drawn([KEEP, UNKNOWN], 100)
    assert shown.splitlines()[2].split() == ["place", "do", "why"] and "In the files" not in shown
    (line,) = (line for line in shown.splitlines() if "cannot be told" in line)
    assert not any(character.isdigit() for character in line.partition("cannot be told")[2])
    assert drawn([]) == ""


@pytest.fixture
def folder(tmp_path):
    """A run whose name has a blank, with two trainings of DQN and a frontier beside one of them."""
    run = tmp_path / "my run"
    for name in ("shop.dqn.mlp.seed0", "shop.dqn.mlp.seed1"):
        (run / "models" / name).mkdir(parents=True)
    (run / "models" / "shop.dqn.mlp.seed0" / "frontier.json").touch()
    return run


RUNS = [
    {"algorithm": "dqn", "variant": "mlp/greedy", "dataset": "", "task": "shop", "run_id": f"shop.dqn.mlp.seed{seed}"}
    for seed in (7, 1)
]
RANKED = place_of(
    [
        ("dqn", "mlp/softmax-0.3", 6.0, 5.0, 7.0, "trusted", 1),
        ("dqn", "mlp/best/greedy", 5.5, 5.0, 6.0, "trusted", 2),
        ("dqn", "mlp/greedy", 5.0, 4.0, 6.0, "trusted", 3),
    ]
)


def test_the_frontier_that_is_advised_is_exported(folder):
    line = export_line(folder, [RANKED], {"shop": advice_of(Lift(0.4, 0.2, 0.6, "trusted", math.nan))}, RUNS)
    path = f"'{folder}/models/shop.dqn.mlp.seed0'"
    assert line == f"As one file to serve: rlbench export {path} --form frontier"


def test_else_the_best_row_that_one_file_can_hold_and_that_is_stored(folder):
    keep = {"shop": advice_of(Lift(0.0, 0.0, 0.0, "weak", math.nan), step="")}
    line = export_line(folder, [RANKED], keep, [{"status": "failed"}, *RUNS])
    assert line == f"A trained policy as one file: rlbench export '{folder}/models/shop.dqn.mlp.seed1'"
    assert export_line(folder, [RANKED], keep, []) == "" == export_line(folder / "nowhere", [RANKED], keep, RUNS)
