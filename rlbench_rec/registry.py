"""Name -> thing. Heavy targets are written as "package.module:attribute" and imported on first use."""

from __future__ import annotations

import functools
import importlib
import re
import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from .errors import InputError, UnknownNameError
from .extras import require

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

T = TypeVar("T")


class Registry(Generic[T]):
    """A table of named things of one kind.

    Args:
        kind: what the things are, in the singular; used in error messages ("Unknown estimator 'drs'").
        targets: name -> the thing, or the "package.module:attribute" where it lives.
        aliases: other name -> name.
        group: group of entry points under which installed packages add things of this kind. They are read once a name
            is asked for that is not here, or all names are. None: there is no such group.
        named_by: attribute of a thing that holds its name.
        extra: of this package, without which the targets given here cannot be imported (see `extras`).
        families: prefix -> the "package.module:attribute" of a function. A name that begins with the prefix and goes on
            (`file:recs.csv`) is the function with the rest (`recs.csv`) as its first argument. Such names are not
            listed.

    Attributes:
        modules: name -> the module that brings it, for names from outside.

    Raises:
        UnknownNameError: on looking up a name that is not there.
        MissingExtraError: on looking up one whose extra is not installed.
        InputError: on registering a name twice, or a thing that has another name, or where a package's thing cannot be
            imported.
    """

    def __init__(
        self,
        kind: str,
        targets: Mapping[str, T | str] | None = None,
        aliases: Mapping[str, str] | None = None,
        *,
        group: str | None = None,
        named_by: str | None = None,
        extra: str | None = None,
        families: Mapping[str, str] | None = None,
    ):
        self.kind, self.group, self.named_by, self.extra = kind, group, named_by, extra
        self.modules: dict[str, str] = {}
        self._packages: dict[str, str] = {}
        self._targets: dict[str, T | str] = dict(targets or {})
        self._aliases: dict[str, str] = dict(aliases or {})
        self._families: dict[str, str] = dict(families or {})
        self._has_read_entry_points = False

    def register(self, name: str, target: T | str, *, module: str | None = None) -> None:
        """Add a name.

        Args:
            name: not yet registered.
            target: the thing itself, or "package.module:attribute".
            module: what registers it; None: the caller.
        """
        if name in self._targets or name in self._aliases:
            raise InputError(f"The {self.kind} '{name}' is registered already.", hint="Choose another name.")
        if not isinstance(target, str):
            self._check_name(name, target)
        elif not re.fullmatch(r"[\w.]+:\w+", target):
            what = f"The {self.kind} '{name}' cannot be at {target!r}."
            raise InputError(what, hint='Give the thing itself, or "package.module:attribute".')
        self._targets[name] = target
        self.modules[name] = module or sys._getframe(1).f_globals.get("__name__", "__main__")

    def canonical(self, name: str) -> str:
        """The name itself, or the name that an alias stands for."""
        if name not in self:
            raise UnknownNameError(self.kind, name, [*self._targets, *self._aliases], pluggable=self.group is not None)
        return self._aliases.get(name, name)

    def __getitem__(self, name: str) -> T:
        name = self.canonical(name)
        prefix = self._family(name)
        if prefix:
            function: Any = self._load(name, self._families[prefix])
            member: Any = functools.partial(function, name.removeprefix(prefix))
            return cast(T, member)
        target = self._targets[name]
        if isinstance(target, str):
            target = self._load(name, target)
            self._targets[name] = target
        return target

    def __contains__(self, name: object) -> bool:
        if not isinstance(name, str):
            return False
        if self._family(name):
            return True
        if name not in self._targets and name not in self._aliases:
            self._read_entry_points()
        return name in self._targets or name in self._aliases

    def _family(self, name: str) -> str:
        """The prefix of the family that a name is of; empty where it is of none."""
        return next((prefix for prefix in self._families if name.startswith(prefix) and name != prefix), "")

    def __iter__(self) -> Iterator[str]:
        return iter(self.names())

    def __len__(self) -> int:
        return len(self.names())

    def names(self) -> list[str]:
        """Every registered name, sorted, without aliases."""
        self._read_entry_points()
        return sorted(self._targets)

    def _load(self, name: str, target: str) -> T:
        module, attribute = target.split(":")
        if name not in self._packages:
            if self.extra and module.startswith(f"{__package__}."):
                require(self.extra, f"The {self.kind} '{name}'")
            return getattr(importlib.import_module(module), attribute)
        where = self._packages[name]
        try:
            thing = getattr(importlib.import_module(module), attribute)
        except Exception as error:
            what = f"Its {self.kind} '{name}' cannot be imported ({type(error).__name__}: {error})."
            raise InputError(what, where=where, hint="Install a compatible version, or uninstall it.") from error
        self._check_name(name, thing, where)
        return thing

    def _check_name(self, name: str, thing: T, where: str | None = None) -> None:
        own_name = getattr(thing, self.named_by, None) if self.named_by else name
        if own_name is None:
            what = f"The {self.kind} '{name}' has no {self.named_by}; it is of type {type(thing).__name__}."
            raise InputError(what, where=where, hint=f"docs/extending/ says what to write for a new {self.kind}.")
        if own_name != name:
            raise InputError(f"The {self.kind} '{name}' calls itself {own_name!r}.", where=where, hint="Use one name.")

    def _read_entry_points(self) -> None:
        if self._has_read_entry_points or self.group is None:
            return
        from importlib.metadata import entry_points

        # Kept apart until all are read: a name that is claimed twice leaves nothing half done.
        entries: dict[str, EntryPoint] = {}
        for entry in entry_points(group=self.group):
            if entry.name in self._targets or entry.name in self._aliases or entry.name in entries:
                what = f"The {self.kind} '{entry.name}' is registered already."
                raise InputError(what, where=_package(entry), hint="Uninstall it, or the package that has that name.")
            entries[entry.name] = entry
        for name, entry in entries.items():
            self._targets[name], self.modules[name] = f"{entry.module}:{entry.attr}", entry.module
            self._packages[name] = _package(entry)
        self._has_read_entry_points = True


def _package(entry: EntryPoint) -> str:
    return f"package {entry.dist.name}" if entry.dist else f"module {entry.module}"
