"""Name -> thing. Heavy targets are written as "package.module:attribute" and imported on first use."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from typing import Generic, TypeVar

from .errors import InputError, UnknownNameError

T = TypeVar("T")


class Registry(Generic[T]):
    """A table of named things of one kind.

    Args:
        kind: what the things are, in the singular; used in error messages ("Unknown estimator 'drs'").
        targets: name -> the thing, or the "package.module:attribute" where it lives.
        aliases: other name -> name.

    Raises:
        UnknownNameError: on looking up a name that is not there.
        InputError: on registering a name twice.
    """

    def __init__(
        self,
        kind: str,
        targets: Mapping[str, T | str] | None = None,
        aliases: Mapping[str, str] | None = None,
    ):
        self.kind = kind
        self._targets: dict[str, T | str] = dict(targets or {})
        self._aliases: dict[str, str] = dict(aliases or {})

    def register(self, name: str, target: T | str) -> None:
        """Add a name; `target` is the thing itself or "package.module:attribute"."""
        if name in self._targets or name in self._aliases:
            raise InputError(f"The {self.kind} '{name}' is registered already.", hint="Choose another name.")
        self._targets[name] = target

    def canonical(self, name: str) -> str:
        """The name itself, or the name that an alias stands for."""
        name = self._aliases.get(name, name)
        if name not in self._targets:
            raise UnknownNameError(self.kind, name, [*self._targets, *self._aliases])
        return name

    def __getitem__(self, name: str) -> T:
        name = self.canonical(name)
        target = self._targets[name]
        if isinstance(target, str):
            module, attribute = target.split(":")
            target = getattr(importlib.import_module(module), attribute)
            self._targets[name] = target
        return target  # type: ignore[return-value]

    def __contains__(self, name: str) -> bool:
        return name in self._targets or name in self._aliases

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._targets))

    def __len__(self) -> int:
        return len(self._targets)

    def names(self) -> list[str]:
        """Every registered name, sorted, without aliases."""
        return sorted(self._targets)
