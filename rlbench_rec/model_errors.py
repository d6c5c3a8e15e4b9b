"""What does not fit a pydantic model, in words of our own: every problem at once, each with its place in the file."""

from __future__ import annotations

import re
import reprlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from .errors import did_you_mean
from .toml_lines import Place, line_of

MOST = 8
"""Problems that are named; of more their number."""
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
NAMES = ("id", "name", "task", "dataset")
"""Keys that tell one entry of a list from others, likeliest first."""
PATTERNS = {
    r"^[a-z0-9][a-z0-9-]*$": "must be of lower-case letters, digits and dashes, and not begin with a dash",
    r"^[a-z0-9][a-z0-9-]{0,59}$": "must be of at most 60 lower-case letters, digits and dashes, not a dash first",
    r"^[a-z][a-z0-9-]*$": "must be of lower-case letters, digits and dashes, and begin with a letter",
    r"^[A-Za-z0-9._-]*$": "must be of letters, digits, dots, dashes and underscores",
}
"""Regular expression of a field -> what it asks for."""
WORDS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "missing": lambda _: "is missing",
    "finite_number": lambda _: "must be a finite number",
    "greater_than": lambda context: f"must be greater than {_number(context['gt'])}",
    "greater_than_equal": lambda context: f"must be at least {_number(context['ge'])}",
    "less_than": lambda context: f"must be less than {_number(context['lt'])}",
    "less_than_equal": lambda context: f"must be at most {_number(context['le'])}",
    "too_short": lambda context: f"must have at least {_entries(context['min_length'])}",
    "too_long": lambda context: f"must have at most {_entries(context['max_length'])}",
    "literal_error": lambda context: f"must be {context['expected']}",
    "enum": lambda context: f"must be {context['expected']}",
    "string_pattern_mismatch": lambda context: PATTERNS.get(
        context["pattern"], f"must match the pattern {context['pattern']}"
    ),
}
"""Type of error -> what is said of it."""
KINDS = {
    "string": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "list": "a list",
    "tuple": "a list",
    "set": "a list",
    "dict": "a table",
    "model": "a table",
    "none": "left out",
    "path": "a path",
    "date": "a date",
}
"""How a type of error begins, where the value is of another kind -> what it must be."""
SENTENCES = {
    r"Input should be a valid integer.*": "must be a whole number",
    r"Input should be a valid number.*": "must be a number",
    r"Input should be a valid boolean.*": "must be true or false",
    r"Input should be greater than or equal to (\S+)": r"must be at least \1",
    r"Input should be less than or equal to (\S+)": r"must be at most \1",
    r"Input should be": "must be",
    r"Value error, ": "",
}
"""Pydantic's sentences -> ours; of those that options of a command line meet."""


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong.

    Attributes:
        what: one sentence, with the key.
        guess: the key or value that was meant, as a question with a blank after it; empty where none is near.
        place: of the value, or of what holds the key.
    """

    what: str
    guess: str = ""
    place: Place = ()


def problems(error: ValidationError, content: object, model: type[BaseModel]) -> list[Problem]:
    """Everything that is wrong, in the order of the model's fields, keys that do not exist first.

    Of several types that a field may have all are named, but where the value is of one of them it alone.

    Args:
        error: what pydantic says.
        content: what it says it of.
        model: what the content should be.
    """
    found: dict[Place, list[dict[str, Any]]] = {}
    for each in error.errors(include_url=False):
        found.setdefault(_place(each, content), []).append(dict(each))
    unknown = {place: of for place, of in found.items() if of[0]["type"] == "extra_forbidden"}
    said = {place: _unknown_key(place, content, model) for place in unknown}
    # A key that is missing is there, under a misspelt name.
    misspelt = {(*place[:-1], name) for place, problem in said.items() for name in re.findall(r"'(.+)'", problem.guess)}
    for place, of in found.items():
        inside = any(len(other) > len(place) and other[: len(place)] == place for other in found)
        if place not in said and not (inside and _of_a_union(of[0])) and not (_missing(of) and place in misspelt):
            said[place] = _problem(place, of, content)
    return list(said.values())


def in_one(
    found: Sequence[Problem], where: str, hint: str | None, lines: Mapping[Place, int]
) -> tuple[str, str, str | None]:
    """What is wrong, where, and what to do about it: for an error. Several problems are a line each.

    Args:
        found: the problems.
        where: the file.
        hint: what to do.
        lines: of the file, by place; empty where they are not known.
    """
    if len(found) == 1:
        line = line_of(found[0].place, lines)
        return found[0].what, f"{where}:{line}" if line else where, f"{found[0].guess}{hint or ''}".strip() or None
    said = []
    for problem in found[:MOST]:
        line = line_of(problem.place, lines)
        said.append(f"\n  {f'line {line}: ' if line else ''}{problem.what} {problem.guess}".rstrip())
    more = f"\n  ... and {len(found) - MOST} more" if len(found) > MOST else ""
    return f"{len(found)} things are wrong:{''.join(said)}{more}" + ("\n " if hint else ""), where, hint


def reworded(message: str) -> str:
    """A message of pydantic's in our words, where another library shows it as it is: `Input should be a valid integer,
    unable to parse string as an integer` is "must be a whole number"."""
    for theirs, ours in SENTENCES.items():
        message = re.sub(theirs, ours, message)
    return message


def _place(error: Mapping[str, Any], content: object) -> Place:
    """Where in the content; pydantic also names the types that were tried (`list[str]`), which nobody wrote."""
    steps: list[int | str] = []
    for step in error["loc"]:
        last = step == error["loc"][-1] and error["type"] == "missing"
        inside = isinstance(content, Mapping) and step in content
        if inside or last or (isinstance(step, int) and isinstance(content, Sequence)):
            steps.append(step)
            content = _inside(content, step)
    return tuple(steps)


def _inside(content: Any, step: int | str) -> object:
    try:
        return content[step]
    except (LookupError, TypeError):
        return None


def _of_a_union(error: Mapping[str, Any]) -> bool:
    return bool(error["loc"]) and str(error["loc"][-1]).startswith(("literal[", "list[", "str", "int", "float", "bool"))


def _missing(errors: Sequence[Mapping[str, Any]]) -> bool:
    return errors[0]["type"] == "missing"


def _unknown_key(place: Place, content: object, model: type[BaseModel]) -> Problem:
    known = [name for fields in _models_at(model, place[:-1]) for name in fields.model_fields]
    last = max((step for step in range(len(place)) if isinstance(place[step], int)), default=-1) + 1
    key, inside = ".".join(map(str, place[last:])), in_words(place[:last], content)
    what = f"{inside}: there is no key '{key}'." if inside else f"There is no key '{key}'."
    return Problem(what, did_you_mean(str(place[-1]), known), place)


def _problem(place: Place, errors: Sequence[Mapping[str, Any]], content: object) -> Problem:
    reasons = list(dict.fromkeys(map(_reason, errors)))
    shared = "must be "
    if all(reason.startswith(shared) for reason in reasons):
        said = shared + " or ".join(reason.removeprefix(shared) for reason in reasons)
    else:
        said = "; or ".join(reasons)
    value = errors[0]["input"]
    expected = re.findall(r"'([^']*)'", " ".join(str(each.get("ctx", {}).get("expected", "")) for each in errors))
    guess = did_you_mean(value, expected) if isinstance(value, str) and expected else ""
    got = "" if _missing(errors) else _got(value, said)
    return Problem(f"{in_words(place, content)}: {said}{got}." if place else f"{said}{got}.", guess, place)


def _reason(error: Mapping[str, Any]) -> str:
    kind, context = str(error["type"]), error.get("ctx") or {}
    if kind in WORDS:
        return WORDS[kind](context)
    if kind.endswith(("_type", "_parsing", "_from_float", "_attributes_type")):
        wanted = next((words for start, words in KINDS.items() if kind.startswith(start)), None)
        if wanted is not None:
            return f"must be {wanted}"
    return str(error["msg"]).removeprefix("Value error, ").replace("Input should be", "must be")


def _number(number: float) -> str:
    return f"{number:,}" if isinstance(number, int) else f"{number:g}"


def _entries(count: int) -> str:
    return "one entry" if count == 1 else f"{count:,} entries"


def in_words(place: Place, content: object) -> str:
    """`algorithms, second entry (dqn): config.steps`: entries are counted as people do, and named where they say what
    they are."""
    parts, keys = [], ""
    for step in place:
        content = _inside(content, step)
        if isinstance(step, int):
            number = f"{ORDINALS[step]} entry" if step < len(ORDINALS) else f"entry {step + 1}"
            parts.append(f"{keys}, {number}{_named(content)}" if keys else f"{number}{_named(content)}")
            keys = ""
        else:
            keys += f".{step}" if keys else step
    return ": ".join([*parts, keys] if keys else parts)


def _named(entry: object) -> str:
    names = (entry.get(name) for name in NAMES) if isinstance(entry, Mapping) else ()
    name = next((name for name in names if isinstance(name, str) and name), "")
    return f" ({reprlib.repr(name)[1:-1]})" if name else ""


def _models_at(model: type[BaseModel], place: Place) -> list[type[BaseModel]]:
    """The models that can stand at a place inside a model: of a list or a table of models, that of an element."""
    models = [model]
    for step in place:
        fields = [field for each in models if (field := each.model_fields.get(str(step)))]
        models = [part for field in fields for part in _models(field.annotation)] if fields else models
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
