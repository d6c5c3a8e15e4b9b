"""A board over all tasks on a terminal: what comes first, what it covers, and why nothing is called useful."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from rlbench_rec.cli.render.board_summary import show_summary
from rlbench_rec.results.summary_tables import write_summary_tables
from tests.results.boards import board_of, floor_of

DQN = ("double-dqn", "transformer/softmax-0.3")
LOW = {"a-v1": [1.0, 2.0, 3.0], "b-v1": [1.0, 2.0, 3.0]}
HIGH = {"a-v1": [61.0, 64.0, 64.0], "b-v1": [-300.0, 1.0, 2.0]}


@pytest.fixture
def screen(tmp_path):
    """What is shown of runs, on so many columns."""

    def show(runs, width=80):
        write_summary_tables(runs, tmp_path, tmp_path)
        stream = io.StringIO()
        show_summary(Console(file=stream, width=width), tmp_path)
        return stream.getvalue()

    return show


def test_useful_in_comes_first_then_the_interquartile_mean_and_the_worst_task(screen):
    lines = screen(board_of(floor_of(LOW) | {DQN: HIGH}), 100).splitlines()
    assert lines[1].split()[:5] == ["algorithm", "variant", "useful", "in", "IQM"]
    first = lines[3].split()
    assert first[:5] == ["double-dqn", "transformer/softmax", "1", "of", "2"]
    assert first[-2:] == ["-99", "b-v1"]
    assert "Limits (95 %) cover 3 replicates a task: shops, logs and training seeds." in lines
    assert not any("not tested" in line for line in lines)


def test_lines_fit_a_narrow_terminal_with_numbers_whole(screen):
    shown = screen(board_of(floor_of(LOW) | {DQN: HIGH}))
    assert max(map(len, shown.splitlines())) <= 80 and "1 of 2" in shown


def test_an_incomplete_floor_is_named(screen):
    floor = {row: values for row, values in floor_of(LOW).items() if row[0] != "constant" and row[1] != "mlp/frontier"}
    text = " ".join(screen(board_of(floor | {DQN: HIGH})).split())
    assert "useful in" not in text
    assert "Which are useful is not tested: the floor lacks constant, the frontier of myopic." in text


def test_one_replicate_says_that_limits_cover_seeds_alone(screen):
    text = " ".join(screen(board_of(floor_of(LOW) | {DQN: HIGH}, replicate=0)).split())
    assert "Limits cover training seeds alone: one shop and one log a task." in text
    assert "Which are useful is not tested: there is one replicate." in text


def test_a_run_without_a_summary_shows_none(tmp_path):
    stream = io.StringIO()
    show_summary(Console(file=stream), tmp_path)
    assert stream.getvalue() == ""
