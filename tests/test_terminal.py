"""What a file says is shown on a terminal, never obeyed."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.progress import Progress, TextColumn
from rich.table import Table
from rich.text import Text

import rlbench_rec
from rlbench_rec.errors import InputError
from rlbench_rec.terminal import printable, say, stderr_console, stdout_console

PACKAGE = Path(rlbench_rec.__file__).parent
OBEYED = ("\x1b[2J", "\x1b]0;x\x07", "\x9b31m", "\r", "\x08", "\x7f", "\u202e", "\u2066", "\u200b", "\udce9")


@pytest.mark.parametrize("mark", OBEYED)
def test_every_way_to_print_shows_what_a_terminal_would_obey(mark, capsys, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    say(f"a{mark}b")
    say(f"a{mark}b", error=True)
    table = Table(f"a{mark}b", title=f"a{mark}b")
    table.add_row(f"a{mark}b")
    table.add_row(Text(f"a{mark}b"))
    for console in (stdout_console(), stderr_console()):
        console.print(table)
        console.print(f"a{mark}b")
        with Progress(TextColumn("{task.description}"), console=console) as bar:
            bar.add_task(f"a{mark}b")
    shown = capsys.readouterr()
    assert f"a{mark}b" not in shown.out + shown.err
    assert f"\\u{ord(mark[0]):04x}" in shown.out and f"\\u{ord(mark[0]):04x}" in shown.err


@pytest.mark.parametrize("text", ["", "plain", "Größe", "商品　一覧", "می‌خواهم", "👩‍👩‍👧", "a\tb\n", "[red]"])
def test_what_people_write_stays_as_it_is(text):
    assert printable(text) == text


@given(st.dictionaries(st.text(), st.text()))
def test_json_stays_the_same_json(value):
    text = json.dumps(value, ensure_ascii=False)
    assert json.loads(printable(text)) == value
    assert printable(printable(text)) == printable(text)


def test_an_error_says_what_it_quotes_without_obeying_it():
    error = InputError("There is no column '\x1b[31mx'.", where="\x1b]0;a\x07.csv")
    assert "\x1b" not in str(error) and "\x07" not in str(error)
    assert str(error).startswith("\\u001b]0;a\\u0007.csv: ")


def test_nothing_else_prints():
    """A line that prints by another way would be a way around."""
    for path in sorted(PACKAGE.rglob("*.py")):
        if path.name == "terminal.py":
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                assert called not in ("print", "typer.echo", "typer.secho", "Console", "rich.print"), (
                    f"{path}: {called}"
                )
