"""Things from outside: a module that registers an algorithm, say, and what identifies its code.

    import rlbench_rec as rb

    rb.register("policies", "first", first_action)

A suite names such modules (`plugins = ["my_package.my_module"]`), and its workers import them too. Installed packages
need no mention: their entry points `rlbench_rec.<kind>` are read once a name is asked for that is not known.
"""

from __future__ import annotations

import functools
import hashlib
import importlib
import importlib.util
import os
import sys
import traceback
from collections.abc import Iterable, Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from .errors import InputError, UnknownNameError
from .registry import Registry

KINDS = {
    "algorithms": "rlbench_rec.training:ALGORITHMS",
    "datasets": "rlbench_rec.events.cards.find:CARDS",
    "encoders": "rlbench_rec.training:ENCODERS",
    "estimators": "rlbench_rec.ope:ESTIMATORS",
    "metrics": "rlbench_rec.results.metrics:METRICS",
    "policies": "rlbench_rec.policies:POLICIES",
    "tasks": "rlbench_rec.tasks:TASKS",
}
"""What can be added -> its registry."""
LOADED: dict[str, None] = {}
"""Modules that were loaded as plugins, in order."""


def register(kind: str, name: str, thing: Any) -> None:
    """Add a thing of your own, so that suites and the command line find it by name.

    Args:
        kind: `algorithms` (a subclass of `training.algorithm_config.AlgorithmConfig`), `policies` (a function of the
            training dataset), `tasks` (a subclass of `tasks.Task`), `estimators` (an `ope.Estimator`), `encoders` (a
            torch module class), `metrics` (a `results.metrics.Metric`) or `datasets` (the path of a card).
        name: one that is not taken; for estimators, tasks, metrics and datasets the one that the thing has itself.
        thing: as the kind says, or, but for datasets, the "package.module:attribute" where it lives.

    Raises:
        UnknownNameError: no such kind.
        InputError: the name is taken, or is not the thing's own; or the thing is not of its kind, as far as that shows.
    """
    known = registry(kind)
    if kind == "datasets" and not isinstance(thing, str | os.PathLike):
        what = f"The dataset '{name}' is of type {type(thing).__name__}, not the path of a card."
        raise InputError(what, hint="docs/extending/dataset.md says how to write a card.")
    target = Path(thing) if kind == "datasets" else thing
    known.register(name, target, module=sys._getframe(1).f_globals.get("__name__", "__main__"))


def registry(kind: str) -> Registry[Any]:
    """The registry of a kind.

    Raises:
        UnknownNameError: no such kind.
    """
    if kind not in KINDS:
        raise UnknownNameError("kind of plugin", kind, KINDS)
    module, attribute = KINDS[kind].split(":")
    return getattr(importlib.import_module(module), attribute)


def load_plugins(modules: Iterable[str]) -> None:
    """Import modules that register something; one that was imported before is left alone.

    The current folder is searched last.

    Raises:
        InputError: a module cannot be imported.
    """
    for name in modules:
        if os.getcwd() not in sys.path:
            sys.path.append(os.getcwd())
        try:
            if not all(part.isidentifier() for part in name.split(".")):
                raise ImportError("this is not the name of a module")
            importlib.import_module(name)
        # A module may end in anything, `sys.exit` too.
        except (Exception, SystemExit) as error:
            what = f"The plugin cannot be imported ({type(error).__name__}: {error})."
            raise InputError(what, where=name, hint=_hint_on_import(error)) from error
        LOADED[name] = None


def _hint_on_import(error: BaseException) -> str:
    """The line of the module, or of what it imports, that ended in an error; how to name a module where none ran."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"See {error.filename}:{error.lineno}."
    inside = {Path(__file__).parent, Path(importlib.__file__).parent}
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        path = Path(frame.filename)
        if path.is_file() and not inside & set(path.parents):
            return f"See {path}:{frame.lineno}."
    return (
        "Name a module as Python imports it (my_module, not my_module.py): installed, on PYTHONPATH, or in the current "
        "folder."
    )


def registered_by(module: str) -> list[tuple[str, str]]:
    """Kind and name of all that a module registers: itself or what it imports, or by the entry points of its package.

    Args:
        module: as Python imports it: a module, or a package whose submodules register.

    Raises:
        InputError: it cannot be imported, or registers nothing.
    """
    before = {kind: set(registry(kind)) for kind in KINDS}
    load_plugins([module])
    names = [
        (kind, name)
        for kind in KINDS
        for name in registry(kind)
        if name not in before[kind] or f"{registry(kind).modules.get(name, '')}.".startswith(f"{module}.")
    ]
    if not names:
        hint = "Call rb.register(kind, name, thing) in it, or declare entry points and install its package."
        raise InputError("The module registers nothing.", where=module, hint=hint)
    return names


def plugins_of(config: dict[str, Any]) -> list[str]:
    """The modules that a suite needs: those it names, and those that registered what it mentions.

    Args:
        config: the suite, as plain JSON values.

    Raises:
        InputError: something was registered by the program that runs, which workers cannot import.
    """
    modules = dict.fromkeys(config.get("plugins", ()))
    for kind, name in _mentioned(config):
        module = registry(kind).modules.get(name)
        if module == "__main__":
            hint = 'Move it into a module of its own, and name that in the suite: plugins = ["my_module"].'
            what = "Worker processes do not run the program that registers it."
            raise InputError(what, where=f"{kind}: {name}", hint=hint)
        if module is not None:
            modules[module] = None
    return list(modules)


def identities(config: dict[str, Any]) -> dict[str, str]:
    """What the code from outside is that a suite depends on: module -> the version of its package, if it has one, and
    the start of the SHA-256 of the Python files of its top-level package.

    Args:
        config: the suite, as plain JSON values.
    """
    return {module: module_identity(module) for module in sorted(plugins_of(config))}


def identity_of(kind: str, name: str) -> str:
    """What identifies the code of a thing from outside; empty for what comes with this package."""
    module = registry(kind).modules.get(name)
    return module_identity(module) if module else ""


def _mentioned(config: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Kind and name of all that a suite mentions and that is from outside."""
    texts = set(_texts(config))
    # A log of a card goes by `card/variant`.
    texts |= {text.partition("/")[0] for text in texts}
    for kind in KINDS:
        known = registry(kind)
        yield from ((kind, name) for name in sorted(texts & known.modules.keys()))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)


def module_identity(module: str) -> str:
    """The version and hash that `identities` gives a module."""
    top = module.partition(".")[0]
    digest = hashlib.sha256()
    for folder, file in module_files(top):
        digest.update(file.relative_to(folder).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    versions = {f"{name} {metadata.version(name)}" for name in _packages().get(top, ())}
    return ", ".join([*sorted(versions), f"sha256 {digest.hexdigest()[:16]}"])


@functools.cache
def _packages() -> Mapping[str, list[str]]:
    return metadata.packages_distributions()


def module_files(top: str) -> list[tuple[Path, Path]]:
    """The Python files of a top-level package or module, each with the folder it is in."""
    spec = importlib.util.find_spec(top)
    if spec is None:
        return []
    if spec.submodule_search_locations:
        folders = [Path(folder) for folder in spec.submodule_search_locations]
        return [(folder, file) for folder in folders for file in sorted(folder.rglob("*.py"))]
    # A module that is built into Python has no file.
    return [(Path(spec.origin).parent, Path(spec.origin))] if spec.has_location and spec.origin else []
