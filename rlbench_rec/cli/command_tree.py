"""The whole command line as typer builds it, with help that reads well at any width; and what a line names of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TypeAlias

import typer
from typer.core import TyperCommand, TyperGroup, TyperOption

from ..errors import InputError, did_you_mean

Command: TypeAlias = TyperCommand | TyperGroup


def command_tree(app: typer.Typer) -> Command:
    """The commands of an app.

    Typer keeps the line breaks of a docstring, and says `<bool>` after a flag: here paragraphs break where the terminal
    ends, and a flag takes no value.

    Args:
        app: the whole command line.
    """
    tree = _ours(typer.main.get_command(app))
    for command in _all(tree):
        command.help = _unwrapped(command.help)
        for option in [*command.params, command.get_help_option(typer.Context(command))]:
            if isinstance(option, TyperOption) and option.is_flag:
                option.metavar = ""
    return tree


def command_of(tree: Command, arguments: Sequence[str]) -> tuple[Command, list[str]]:
    """The command that a line names, as far as it names one, and the words that name it: `["data", "show"]`."""
    command, name = tree, []
    for word in _words(arguments):
        if not isinstance(command, TyperGroup) or word not in command.commands:
            break
        command = _ours(command.commands[word])
        name.append(word)
    return command, name


def refuse_unknown_names(tree: Command, arguments: Sequence[str]) -> None:
    """Raise an InputError where a line holds a command or options that there are not: all of them, with the likeliest.

    Args:
        tree: the whole command line.
        arguments: as typed.
    """
    command, name = command_of(tree, arguments)
    where, hint = " ".join(name) or None, f"See {' '.join(['rlbench', *name])} --help."
    further = _words(arguments)[len(name) :]
    if isinstance(command, TyperGroup) and further:
        guess = did_you_mean(further[0], command.commands)
        raise InputError(f"There is no command '{further[0]}'.", where=where, hint=f"{guess}{hint}")
    words = arguments[: arguments.index("--")] if "--" in arguments else arguments
    options = [option for each in command.params for option in (*each.opts, *each.secondary_opts)] + ["--help"]
    unknown = [word for word in words if word.startswith("--") and word.partition("=")[0] not in options]
    if unknown:
        # A misspelt option may be a value that begins with two dashes; typer has refused the line already.
        names = list(dict.fromkeys(word.partition("=")[0] for word in unknown))
        guesses = " ".join(f"There is no option '{each}'. {did_you_mean(each, options)}".rstrip() for each in names)
        raise InputError(guesses, where=where, hint=hint)


def _words(arguments: Sequence[str]) -> list[str]:
    """What is not an option; groups of commands have none that take a value."""
    return [word for word in arguments if not word.startswith("-")]


def _ours(command: object) -> Command:
    assert isinstance(command, TyperCommand | TyperGroup)
    return command


def _all(command: Command) -> Iterator[Command]:
    yield command
    for part in command.commands.values() if isinstance(command, TyperGroup) else ():
        yield from _all(_ours(part))


def _unwrapped(text: str | None) -> str | None:
    """A line break alone is a blank; an empty line begins a paragraph."""
    return None if text is None else re.sub(r"(?<!\n)\n(?!\n)", " ", text.strip())
