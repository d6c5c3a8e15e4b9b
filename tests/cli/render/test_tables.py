"""Rows on a terminal of any width, in a pipe, and as JSON."""

from __future__ import annotations

import json

import pytest

from rlbench_rec.cli.render import tables
from rlbench_rec.suite.listings import datasets

ROWS = [
    {"id": "item-knn", "neighbours": 100, "what it is": "Nearest neighbours,\tcalibrated."},
    {"id": "popularity", "neighbours": None, "what it is": "What earned most.\nIn all."},
]


def on_a_terminal(monkeypatch, width):
    from rich.console import Console

    monkeypatch.setattr(tables, "stdout_console", lambda: Console(force_terminal=True, width=width, color_system=None))


def test_in_a_pipe_cells_are_separated_by_tabs(capsys):
    tables.print_rows(ROWS)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("\t") for line in lines] == [
        ["id", "neighbours", "what it is"],
        ["item-knn", "100", "Nearest neighbours, calibrated."],
        ["popularity", "", "What earned most. In all."],
    ]


def test_json_is_not_touched(capsys):
    tables.print_rows(ROWS, as_json=True)
    assert json.loads(capsys.readouterr().out) == ROWS


@pytest.mark.parametrize("width", [60, 80, 200])
def test_on_a_terminal_no_line_is_wider_and_no_name_is_folded(capsys, monkeypatch, width):
    on_a_terminal(monkeypatch, width)
    tables.print_rows(datasets())
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= width
    firsts = {line.split()[0] for line in lines if line[0] not in " ─"} - {"id"}
    assert firsts == {row["id"] for row in datasets()}


def test_words_stay_whole_where_they_fit_side_by_side(capsys, monkeypatch):
    on_a_terminal(monkeypatch, 40)
    tables.print_rows([{"id": "a", "x": "identified not-identified", "y": "words of a sentence " * 3}])
    assert "not-identified" in capsys.readouterr().out


def test_no_rows(capsys, monkeypatch):
    tables.print_rows([])
    on_a_terminal(monkeypatch, 80)
    tables.print_rows([])
    assert not capsys.readouterr().out.strip()
