"""From the parameter that the library names in an error to the option that was typed."""

from __future__ import annotations

from collections.abc import Sequence

import typer
from typer.core import TyperOption

from .command_tree import command_of, command_tree


def option_of(parameter: str | None, app: typer.Typer, arguments: Sequence[str]) -> str | None:
    """The option that sets a parameter, `--min-lift` for `min_lift`; None where the command has no such option.

    Args:
        parameter: as the library names it; options are declared under the same names.
        app: the whole command line.
        arguments: as typed.
    """
    command, _ = command_of(command_tree(app), arguments)
    options = {option.name: option.opts[0] for option in command.params if isinstance(option, TyperOption)}
    return options.get(parameter or "")
