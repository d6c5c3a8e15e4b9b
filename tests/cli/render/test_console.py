"""What a file says is shown on a terminal, never obeyed; and only one module prints."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from rich.progress import Progress, TextColumn
from rich.table import Table
from rich.text import Text

import rlbench_rec
from rlbench_rec.cli.render.console import say, stderr_console, stdout_console

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


def test_nothing_else_prints():
    """A line that prints by another way would be a way around."""
    for path in sorted(PACKAGE.rglob("*.py")):
        if path == PACKAGE / "cli" / "render" / "console.py":
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                assert called not in ("print", "typer.echo", "typer.secho", "Console", "rich.print"), (
                    f"{path}: {called}"
                )


def test_rich_is_used_under_render_alone():
    for path in sorted(PACKAGE.rglob("*.py")):
        if PACKAGE / "cli" / "render" in path.parents:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
            assert not [name for name in names if name.partition(".")[0] == "rich"], path
