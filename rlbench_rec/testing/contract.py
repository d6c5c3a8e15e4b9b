"""A contract: the checks that a thing of some kind must pass, each by its name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass


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
    """
    for check in checks:
        try:
            check.run()
        except AssertionError as error:
            raise AssertionError(f"{check.name}: {error}") from error
