"""A contract: the checks that a thing of some kind must pass, each by its name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ..errors import InputError


@dataclass(frozen=True)
class Check:
    """One promise of a contract.

    Attributes:
        name: what is promised.
        run: raises an AssertionError that says what does not hold, and what to do.
    """

    name: str
    run: Callable[[], None]


def require(checks: Iterable[Check]) -> None:
    """Run checks one after the other.

    Raises:
        AssertionError: the first that does not hold, with the check's name.
        InputError: Python runs without assertions.
    """
    refuse_without_assertions()
    for check in checks:
        try:
            check.run()
        except AssertionError as error:
            raise AssertionError(f"{check.name}: {error}") from error


def refuse_without_assertions() -> None:
    """Raise an InputError where Python leaves assertions out, since every check would then pass.

    Raises:
        InputError: it does.
    """
    if not __debug__:
        hint = "Leave out -O, and unset PYTHONOPTIMIZE."
        raise InputError("Python runs without assertions, so a contract cannot be checked.", hint=hint)
