"""Help that fits a terminal, names that were not typed as they are written, and what a bare command says."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys

import pytest
from typer.core import TyperGroup

from rlbench_rec.cli.app import app
from rlbench_rec.cli.command_tree import command_of, command_tree

TREE = command_tree(app)


def commands(command, name=()):
    yield name, command
    for word, part in sorted(command.commands.items()) if isinstance(command, TyperGroup) else ():
        yield from commands(part, (*name, word))


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("line", [("verify",), ("submit",), ("ope",), ()], ids=" ".join)
def test_help_fills_the_lines_and_gives_flags_no_value(rlbench, monkeypatch, line, width):
    monkeypatch.setenv("COLUMNS", str(width))
    code, out, err = rlbench(*line, "--help")
    assert code == 0 and not err and "<bool>" not in out
    text = out.partition("╭")[0].splitlines()
    assert max(map(len, text)) <= width
    # A paragraph's line is short only where the next word does not fit, or where the paragraph ends.
    for this, following in itertools.pairwise(text):
        if this.strip() and following.strip() and "Usage" not in this:
            assert len(this.rstrip()) + 1 + len(following.split()[0]) > width - 2, this


def test_every_command_has_help_of_its_own():
    for name, command in commands(TREE):
        assert command.help, name


@pytest.mark.parametrize("line", [(), ("list",), ("data",), ("tasks",), ("perf",)], ids=" ".join)
def test_a_bare_group_answers_with_its_help(rlbench, line):
    code, out, err = rlbench(*line)
    assert code == 0 and "Usage: rlbench" in out and not err


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (["dtaa", "list"], "There is no command 'dtaa'. Did you mean 'data'? See rlbench --help."),
        (["data", "shwo"], "data: There is no command 'shwo'. Did you mean 'show'? See rlbench data --help."),
        (["run", "--jbos", "2"], "run: There is no option '--jbos'. Did you mean '--jobs'? See rlbench run --help."),
        (
            ["ope", "x", "--gmama=1", "--zzzzz", "--", "--no-such"],
            "ope: There is no option '--gmama'. Did you mean '--gamma'? There is no option '--zzzzz'. "
            "See rlbench ope --help.",
        ),
        (["--versoin"], "There is no option '--versoin'. Did you mean '--version'?"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_unknown_names_are_all_named_at_once(rlbench, line, said):
    code, out, err = rlbench(*line)
    assert code == 2 and not out and err.startswith(f"rlbench: {said}")


def test_a_wrong_value_is_typers_to_refuse(rlbench):
    code, _, err = rlbench("run", "--jobs", "two")
    assert code == 2 and "--jobs" in err


def test_the_command_that_a_line_names():
    assert command_of(TREE, ["data", "show", "taobao", "list"])[1] == ["data", "show"]
    assert command_of(TREE, ["--version"])[1] == [] and command_of(TREE, ["nothing", "data"])[1] == []


@pytest.mark.parametrize(
    ("typed", "offered"),
    [("rlbench fro", ["frontier"]), ("rlbench run --se", ["--seeds"])],
)
def test_a_shell_completes_commands_and_options(typed, offered):
    words = {"COMP_WORDS": typed, "COMP_CWORD": str(typed.count(" ")), "_RLBENCH_COMPLETE": "complete_bash"}
    code = "import sys; sys.argv = ['rlbench']; from rlbench_rec.cli.app import main; main()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ, **words})
    assert (done.returncode, done.stdout.split()) == (0, offered), done.stderr


def test_every_command_prints_json_too():
    leaves = [(name, command) for name, command in commands(TREE) if not isinstance(command, TyperGroup)]
    silent = [name for name, command in leaves if all("--json" not in option.opts for option in command.params)]
    assert not silent
