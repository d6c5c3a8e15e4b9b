"""A page for each command, from the help that `rlbench COMMAND --help` prints."""

from __future__ import annotations

import inspect
from typing import Any

from docstrings import as_typed, code, first_sentence, table
from typer.main import get_command

from rlbench_rec.cli.app import app


def pages() -> dict[str, str]:
    """Place in the site -> Markdown: one page for each command, groups with all that is in them on one."""
    group: Any = get_command(app)
    rows = [
        [f"[rlbench {name}](rlbench-{name}.md)", as_typed(summary(command))] for name, command in group.commands.items()
    ]
    listed = table(["command", "what it does"], rows)
    index = "\n".join(["# Commands\n", listed, OPTIONS_OF_ALL, options(group, "rlbench"), EXIT_CODES])
    return {"commands/index.md": index} | {
        f"commands/rlbench-{name}.md": page(command, f"rlbench {name}", 1) for name, command in group.commands.items()
    }


OPTIONS_OF_ALL = """
## Options of all commands

They stand anywhere in the command line.
"""
EXIT_CODES = """
## Exit codes

0: fine. 1: a regression, a failed check, or a policy that is worse. 2: wrong use, or bad input. 3: `ope` cannot tell,
or `perf` measured nothing. More in [robustness.md](../robustness.md).
"""


def page(command: Any, name: str, level: int) -> str:
    """Usage, what it does, arguments and options; then the commands inside it."""
    with command.context_class(command, info_name=name) as context:
        usage = command.get_usage(context).removeprefix("Usage: ")
    text = f"{'#' * level} {name}\n\n{code(usage)}\n\n{described(command.help or '')}\n\n{options(command, name)}\n"
    inner = getattr(command, "commands", {})
    return text + "\n".join(page(part, f"{name} {title}", level + 1) for title, part in inner.items())


def options(command: Any, name: str) -> str:
    """Tables of its arguments and options, in its help's own words."""
    rows = {"argument": [], "option": []}  # type: dict[str, list[list[str]]]
    with command.context_class(command, info_name=name) as context:
        for parameter in command.params:
            record = parameter.get_help_record(context)
            if record is not None and record[0] != "--help":
                rows[parameter.param_type_name].append([f"`{record[0]}`", as_typed(record[1])])
    return "\n".join(table([kind, "what it is"], cells) for kind, cells in rows.items() if cells)


def described(text: str) -> str:
    """Help with lines that are laid out by hand (after a `\\b`) as they are."""
    parts = inspect.cleandoc(text).split("\n\n")
    return "\n\n".join(code(part.strip("\b\n")) if part.startswith("\b") else as_typed(part) for part in parts)


def summary(command: Any) -> str:
    return first_sentence(inspect.cleandoc(command.help or ""))
