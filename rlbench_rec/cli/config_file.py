"""`--config FILE`: options of a command from a TOML file; what is typed wins."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, time
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperOption

from ..errors import InputError, did_you_mean

LISTS = ("A,B,…", "LOW,HIGH")
"""Metavars of options that take several names, or numbers, in one text; a file may give them as a list."""
NOT_IN_FILES = ("config", "help")
_READ: dict[Path, dict[str, Any]] = {}
"""File -> its content: what comes through a pipe can be read once."""


def _defaults(context: typer.Context, path: Path | None) -> Path | None:
    """Give the options of a file to the command as its defaults."""
    if path is not None:
        _READ[path] = read_options(path)
        context.default_map = options_of(path, _READ[path], context)
    return path


Config = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE.toml",
        callback=_defaults,
        is_eager=True,
        help="Options from a TOML file, under their names without dashes in front; what is typed wins.",
    ),
]


def read_options(path: Path) -> dict[str, Any]:
    """What a file of options holds.

    Raises:
        MissingFileError, InputError: there is no such file, or it is not TOML.
    """
    from ..parsing import read_toml

    return read_toml(path, "file of options")


def options_of(path: Path, content: Mapping[str, Any], context: typer.Context) -> dict[str, Any]:
    """The options that a file sets, by the names of the command's parameters.

    Args:
        path: the file, for messages.
        content: of it: `target-propensity = "p_new"`, `metric = ["revenue", "orders"]`, `explain = true`. A dash may be
            written as an underscore.
        context: of the command.

    Raises:
        InputError: it holds names or values that are not those of options; all are named.
    """
    options = {
        each.opts[0].removeprefix("--"): each for each in context.command.params if isinstance(each, TyperOption)
    }
    known = {name: option for name, option in options.items() if name not in NOT_IN_FILES}
    given: dict[str, Any] = {}
    wrong = []
    for key, value in content.items():
        name = key.replace("_", "-")
        option = known.get(name)
        if option is None:
            wrong.append(f"There is no option '{key}'. {did_you_mean(name, known)}".rstrip())
        elif option.name in given:
            wrong.append(f"{key}: is there twice, with a dash and with an underscore.")
        elif (problem := _misfit(option, value, context)) is not None:
            wrong.append(f"{key}: must be {problem} (got {_as_written(value)}).")
        else:
            joined = isinstance(value, list) and not option.multiple
            given[str(option.name)] = ",".join(map(str, value)) if joined else value
    if wrong:
        raise InputError(" ".join(wrong), where=str(path), hint="The options are those of the command's --help.")
    return given


def with_options(record: Mapping[str, Any], path: Path | None) -> dict[str, Any]:
    """A JSON result, and what the file of options held that it was made with: None where there was none."""
    config = None if path is None else {"file": str(path), "options": _READ.get(path) or read_options(path)}
    return {**record, "config": config}


def _misfit(option: TyperOption, value: object, context: typer.Context) -> str | None:
    """What the value of an option must be, where it is not."""
    texts = isinstance(value, list) and all(isinstance(each, str) for each in value)
    if option.is_flag:
        return None if isinstance(value, bool) else "true or false"
    if option.multiple:
        return None if texts else "a list of texts"
    if isinstance(value, list) and option.metavar in LISTS and all(map(_is_plain, value)):
        return None
    if not _is_plain(value):
        return "a text or a number"
    try:
        option.process_value(context, value)
    except typer.BadParameter as error:
        from ..model_errors import reworded

        said = reworded(error.message)
        return said.removeprefix("must be ") if said.startswith("must be ") else "a value that the option takes"
    return None


def _is_plain(value: object) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool)


def _as_written(value: object) -> str:
    """A value as a message shows it: times as TOML writes them, not as Python does."""
    return str(value) if isinstance(value, date | time) else repr(value)
