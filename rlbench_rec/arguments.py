"""What a public function was given in place of what it takes: said by its own name, before anything is done."""

from __future__ import annotations

import os
from pathlib import Path

from .errors import InputError

MADE_BY = {
    "EventLog": "`rb.events.load` gives one.",
    "TransitionDataset": "`rb.mdp.build` makes one of an event log, a task's `log` simulates one.",
    "EvaluationLog": "See `rb.ope.EvaluationLog`; `rb.evaluation.evaluation_log` makes one of data and a policy.",
    "Frontier": "`rb.frontier.trace` gives one.",
    "Policy": "`rb.policies.make` and the `policy` of a trained run give one.",
    "Run": "`rb.training.fit` and `rb.training.load` give one.",
}
"""Name of a type -> where one comes from."""


def path_of(value: object, name: str, called: str = "a path") -> Path:
    """The path that an argument names.

    Args:
        value: of the argument.
        name: of the argument.
        called: what the argument may be, in words.

    Raises:
        InputError: it is not a path.
    """
    if isinstance(value, str | os.PathLike) and isinstance(os.fspath(value), str):
        return Path(value)
    raise _other(value, called, name)


def expect(value: object, wanted: type, name: str, called: str = "") -> None:
    """Refuse what is not of a type.

    Args:
        value: of the argument.
        wanted: its type.
        name: of the argument.
        called: what the argument may be, in words; empty: the type.

    Raises:
        InputError: it is of another type.
    """
    if not isinstance(value, wanted):
        article = "an" if wanted.__name__[0] in "AEIOU" else "a"
        raise _other(value, called or f"{article} {wanted.__name__}", name, MADE_BY.get(wanted.__name__))


def expect_text(value: object, name: str) -> None:
    """Refuse what is not text; see `expect`."""
    if not isinstance(value, str):
        raise _other(value, "text", name)


def _other(value: object, wanted: str, name: str, hint: str | None = None) -> InputError:
    given = "None" if value is None else f"of type {type(value).__name__}"
    return InputError(f"It is {given}, not {wanted}.", where=name, hint=hint)
