"""Small text files, and the fields in them: read whole, or refused in one sentence that says where."""

from __future__ import annotations

import json
import re
import sys
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from .errors import InputError, MissingFileError, UnknownNameError
from .model_errors import in_one, problems
from .toml_lines import Place, lines_of

Model = TypeVar("Model", bound=BaseModel)
LARGEST = 256 << 20
"""Bytes; a larger file is refused."""


def read_toml(path: Path, kind: str, hint: str | None = None) -> dict[str, Any]:
    """The content of a TOML file, with or without a byte order mark.

    Args:
        path: the file.
        kind: what it is, for errors: `card`, `suite`.
        hint: what to do if it does not exist.

    Raises:
        MissingFileError: there is no such file.
        InputError: it cannot be read, or is not TOML; says in which line where that is known.
    """
    return _parsed(tomllib.loads, path, kind, "TOML", hint)


def read_json(path: Path, kind: str, hint: str | None = None) -> Any:
    """The content of a JSON file; see `read_toml`."""
    return _parsed(json.loads, path, kind, "JSON", hint)


def validated(content: object, model: type[Model], where: str, hint: str | None = None) -> Model:
    """The content of a file, or what a caller gave, as a pydantic model.

    Args:
        content: its fields by name.
        model: what it should be.
        where: the file, or what the fields are of, for errors.
        hint: what to do about an error.

    Raises:
        InputError: it does not fit; names every wrong field, and its value if that is a string or number.
    """
    try:
        return model.model_validate(content)
    except ValidationError as error:
        what, place, advice = in_one(problems(error, content, model), where, hint, _lines(where))
        raise InputError(what, where=place, hint=advice) from error


def _lines(where: str) -> dict[Place, int]:
    """Of a TOML file, by place; of anything else nothing is known."""
    if not where.endswith(".toml"):
        return {}
    try:
        return lines_of(Path(where).read_text(encoding="utf-8-sig"))
    except (OSError, ValueError):
        return {}


def with_overrides(overrides: Mapping[str, object] | None, model: type[Model], where: str) -> Model:
    """A config with some of its fields given, and defaults for the others.

    Args:
        overrides: field -> value; None for none.
        model: the config.
        where: what the fields are of, for errors.

    Raises:
        InputError: a field that it does not have (the message lists all), or a value that it cannot take.
    """
    for name in overrides or {}:
        if name not in model.model_fields and model.model_config.get("extra") != "allow":
            unknown = UnknownNameError("field", name, model.model_fields)
            raise InputError(unknown.what, where=where, hint=unknown.hint)
    return validated(dict(overrides or {}), model, where)


def _parsed(parse: Callable[[str], Any], path: Path, kind: str, form: str, hint: str | None) -> Any:
    text = _text(path, kind, hint)
    try:
        return parse(text)
    except RecursionError as error:
        raise InputError(f"The {kind} is nested too deeply.", where=str(path)) from error
    except ValueError as error:
        # Python's message for a number of thousands of digits does not say where.
        digits = re.search(rf"\d{{{sys.get_int_max_str_digits() or 4300},}}", text.replace("_", ""))
        if isinstance(error, json.JSONDecodeError | tomllib.TOMLDecodeError) or not digits:
            raise _not_such_a_file(error, path, form) from error
        line = text.replace("_", "").count("\n", 0, digits.start()) + 1
        raise InputError("A number has too many digits.", where=f"{path}:{line}") from error


def _not_such_a_file(error: ValueError, path: Path, form: str) -> InputError:
    """What a parser says, with the line in front, where editors look for it."""
    place = re.search(r" ?\((?:at )?line (\d+),? column (\d+)[^)]*\)|: line (\d+) column (\d+) .*", str(error))
    reason = str(error)[: place.start()] if place else str(error)
    line, column = [group for group in place.groups() if group] if place else ("", "")
    where = f"{path}:{line}" if line else str(path)
    return InputError(f"Not a {form} file: {reason}{f', in column {column}' if column else ''}.", where=where)


def _text(path: Path, kind: str, hint: str | None) -> str:
    try:
        with path.open("rb") as stream:
            content = stream.read(LARGEST + 1)
    except FileNotFoundError as error:
        raise MissingFileError(f"There is no such {kind}.", where=str(path), hint=hint) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"The {kind} cannot be read ({reason}).", where=str(path), hint=hint) from error
    if len(content) > LARGEST:
        raise InputError(f"More than {LARGEST >> 20} MiB: this is not a {kind}.", where=str(path))
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InputError("The file is in UTF-16.", where=str(path), hint="Save it as UTF-8.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InputError("The file is not UTF-8.", where=f"{path}:{line}", hint="Save it as UTF-8.") from error
