"""Adding up what is known of parts of a log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, Self, TypeVar

from ..data.bounds import Range


class Mergeable(Protocol):
    """What is known of a part of a log, and can be added up."""

    def merged(self, other: Self) -> Self:
        """What is known of both parts together."""
        ...


M = TypeVar("M", bound=Mergeable)


def all_merged(first: list[M], second: list[M]) -> list[M]:
    """Both lists merged entry by entry; what only one of them has stays as it is."""
    both = [a.merged(b) for a, b in zip(first, second, strict=False)]
    return [*both, *first[len(both) :], *second[len(both) :]]


def both(first: Mapping[str, list[M]], second: Mapping[str, list[M]]) -> dict[str, list[M]]:
    """The entries of both, by name."""
    return {name: all_merged(first.get(name, []), second.get(name, [])) for name in {**first, **second}}


def wider(a: Range | None, b: Range | None) -> Range | None:
    """The range of both, where both are known."""
    return None if a is None or b is None else (min(a[0], b[0]), max(a[1], b[1]))
