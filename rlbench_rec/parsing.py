"""Small text files, and the fields in them: read whole, or refused in one sentence that says where."""

from __future__ import annotations

import json
import re
import reprlib
import sys
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from .errors import InputError, MissingFileError, UnknownNameError, did_you_mean

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
        InputError: it does not fit; names the first wrong field, and its value if that is a string or number.
    """
    try:
        return model.model_validate(content)
    except ValidationError as error:
        errors = error.errors(include_url=False, include_context=False)
        # A key that is missing may be there under a misspelt name.
        misspelt = (
            [each for each in errors if each["type"] == "extra_forbidden"] if errors[0]["type"] == "missing" else []
        )
        first = [*misspelt, *errors][0]
        path, value = first["loc"], first["input"]
        if first["type"] == "extra_forbidden":
            known = [name for fields in _within(model, path[:-1]) for name in fields.model_fields]
            hint = f"{did_you_mean(str(path[-1]), known)}{hint or ''}".strip() or None
            raise InputError(f"There is no key '{_joined(path)}'.", where=where, hint=hint) from error
        reason = first["msg"].removeprefix("Value error, ")
        what = f"{reason}{_got(value, reason)}."
        raise InputError(f"{_joined(path)}: {what}" if path else what, where=where, hint=hint) from error


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


def _joined(path: tuple[int | str, ...]) -> str:
    # A field of several types has the type that failed as a further step (`literal['a','b']`), which nobody wrote.
    return ".".join(str(step) for step in path if not str(step).startswith(("literal[", "list[")))


def _within(model: type[BaseModel], path: tuple[int | str, ...]) -> list[type[BaseModel]]:
    """The models that can stand at a path inside a model: of a list or a table of models, that of an element."""
    models = [model]
    for step in path:
        fields = [fields for each in models if (fields := each.model_fields.get(str(step)))]
        models = [part for each in fields for part in _models(each.annotation)] if fields else models
    return models


def _models(annotation: object) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models(part)]


def _got(value: object, reason: str) -> str:
    """The value, where it is short and the reason does not say it."""
    if not isinstance(value, str | int | float | None):
        return ""
    try:
        shown = reprlib.repr(value)
        return "" if shown in reason else f" (got {shown})"
    except ValueError:
        # A whole number of more digits than Python writes; TOML can give one in hexadecimal.
        return " (got a number of thousands of digits)"


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
            raise InputError(f"Not a {form} file ({error}).", where=str(path)) from error
        line = text.replace("_", "").count("\n", 0, digits.start()) + 1
        raise InputError("A number has too many digits.", where=f"{path}:{line}") from error


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
