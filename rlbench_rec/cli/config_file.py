"""`--config FILE`: options of a command from a TOML file; what is typed wins."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperOption

from ..errors import InputError, did_you_mean

LISTS = "A,B,…"
"""Metavar of options that take several names in one text; a file may give them as a list."""
NOT_IN_FILES = ("config", "help")


def _defaults(context: typer.Context, path: Path | None) -> Path | None:
    """Give the options of a file to the command as its defaults."""
    if path is not None:
        context.default_map = options_of(path, context.command.params)
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


def options_of(path: Path, parameters: list[Any]) -> dict[str, Any]:
    """The options that a file sets, by the names of the command's parameters.

    Args:
        path: the file: `target-propensity = "p_new"`, `metric = ["revenue", "orders"]`, `explain = true`. A dash may be
            written as an underscore.
        parameters: of the command.

    Raises:
        MissingFileError, InputError: there is no such file, it is not TOML, or it holds names or values that are not
            those of options; all are named.
    """
    from ..parsing import read_toml

    content = read_toml(path, "file of options")
    options = {each.opts[0].removeprefix("--"): each for each in parameters if isinstance(each, TyperOption)}
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
        elif (problem := _misfit(option, value)) is not None:
            wrong.append(f"{key}: must be {problem} (got {value!r}).")
        else:
            given[str(option.name)] = ",".join(value) if isinstance(value, list) and not option.multiple else value
    if wrong:
        raise InputError(" ".join(wrong), where=str(path), hint="The options are those of the command's --help.")
    return given


def with_options(record: Mapping[str, Any], path: Path | None) -> dict[str, Any]:
    """A JSON result, and what the file of options held that it was made with: None where there was none."""
    from ..parsing import read_toml

    config = None if path is None else {"file": str(path), "options": read_toml(path, "file of options")}
    return {**record, "config": config}


def _misfit(option: TyperOption, value: object) -> str | None:
    """What the value of an option must be, where it is not."""
    texts = isinstance(value, list) and all(isinstance(each, str) for each in value)
    if option.is_flag:
        return None if isinstance(value, bool) else "true or false"
    if option.multiple:
        return None if texts else "a list of texts"
    if texts and option.metavar == LISTS:
        return None
    return None if isinstance(value, str | int | float) and not isinstance(value, bool) else "a text or a number"
