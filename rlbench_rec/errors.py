"""Every error a user can meet: what happened, where, and what to do about it.

The command line turns an `RlbenchError` into one message on stderr and exit code 2; in Python each of them is also the
built-in exception one would expect (`ValueError`, `KeyError`, …), so ordinary `except` clauses keep working.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .spelling import nearest
from .terminal import printable


class RlbenchError(Exception):
    """Base of every error that is the input's or the caller's to correct.

    Args:
        what: what happened, one sentence.
        where: the file, line, column or field it happened in.
        hint: what to do about it.

    Attributes:
        place: keys and numbers of entries, from the top of a TOML file, where it came from one; see `toml_places`.
    """

    place: tuple[int | str, ...] = ()

    def __init__(self, what: str, *, where: str | None = None, hint: str | None = None):
        self.what, self.where, self.hint = what, where, hint
        super().__init__(str(self))

    def __str__(self) -> str:
        message = f"{self.where}: {self.what}" if self.where else self.what
        # It quotes names and cells of files, and is printed by the code that catches it.
        return printable(f"{message} {self.hint}" if self.hint else message)

    def __reduce__(self) -> tuple[Any, ...]:
        # Exceptions cross process boundaries (worker -> runner); keyword-only arguments need this.
        return _rebuild, (type(self), self.what, self.where, self.hint)


def _rebuild(cls: type[RlbenchError], what: str, where: str | None, hint: str | None) -> RlbenchError:
    error = cls.__new__(cls)
    RlbenchError.__init__(error, what, where=where, hint=hint)
    return error


class InputError(RlbenchError, ValueError):
    """A file, column, row, array or option that cannot be used."""


class InapplicableError(InputError):
    """A log that a policy cannot be made of, though nothing is wrong with either."""


class MissingFileError(RlbenchError, FileNotFoundError):
    """A file or folder that is not where it was said to be."""


class OutputError(RlbenchError, OSError):
    """A place that cannot be written."""


class MissingExtraError(RlbenchError, ImportError):
    """A feature whose optional packages are not installed."""


class UnknownNameError(RlbenchError, KeyError):
    """A name that is not registered; the message suggests the nearest one and lists all.

    Args:
        kind: what is named, in the singular.
        name: what was asked for.
        available: the names that there are.
        pluggable: whether a plugin may bring it; where no name is near, the message then says how.
        where: whose names these are, where not everything of the kind has the same.
    """

    def __init__(
        self, kind: str, name: str, available: Iterable[str], *, pluggable: bool = False, where: str | None = None
    ):
        names = sorted(available)
        guess = did_you_mean(str(name), names)
        yours = " To add your own, name its module with --plugin, or in the suite's `plugins`."
        plugins = yours if pluggable and not guess else ""
        hint = f"{guess}Available: {', '.join(names) or 'none'}.{plugins}"
        super().__init__(f"Unknown {kind} '{name}'.", where=where, hint=hint)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The question whether the nearest of the known names was meant, with a blank after it; "" where none is near."""
    near = nearest(name, known)
    return "" if near is None else f"Did you mean '{near}'? "


class DataWarning(UserWarning):
    """Something of the data is not there, and the work goes on without it."""
