"""What a shell offers for a word that is being typed: names of suites, cards, tasks and estimators, and files of the
kind. A callback imports registries alone, nothing that they name."""

from __future__ import annotations

from collections.abc import Iterable
from glob import escape, glob
from pathlib import Path

ROW_KEYS = ("algorithm", "dataset", "estimator", "metric", "task")
"""Columns of results whose values are known: of --only COLUMN=VALUE."""


def suites(incomplete: str) -> list[str]:
    """Suites by name, and .toml files."""
    from ..packaged import packaged

    names = (path.stem for path in packaged("suites", checkout="benchmarks").glob("*.toml"))
    return _beginning(names, incomplete) + _files(incomplete)


def cards(incomplete: str) -> list[str]:
    """Cards by id, and .toml files."""
    from ..events.cards.find import list_cards

    return _beginning(list_cards(), incomplete) + _files(incomplete)


def tasks(incomplete: str) -> list[str]:
    """Tasks by id."""
    return _beginning(_registered("tasks"), incomplete)


def cards_and_tasks(incomplete: str) -> list[str]:
    """Both, and .toml files; folders too."""
    return tasks(incomplete) + cards(incomplete)


def loops(incomplete: str) -> list[str]:
    """Training loops."""
    from ..training import LOOPS

    return _beginning(LOOPS, incomplete)


def estimators(incomplete: str) -> list[str]:
    """The last of several estimators, separated by commas."""
    before, comma, last = incomplete.rpartition(",")
    return [f"{before}{comma}{name}" for name in _beginning(_registered("estimators"), last)]


def row_filters(incomplete: str) -> list[str]:
    """COLUMN=VALUE: first the column, then what it may hold."""
    key, equals, value = incomplete.partition("=")
    if not equals:
        return _beginning((f"{key}=" for key in ROW_KEYS), incomplete)
    return [f"{key}={name}" for name in _beginning(_values(key), value)]


def _values(key: str) -> Iterable[str]:
    if key == "algorithm":
        return [*_registered("algorithms"), *_registered("policies")]
    if key == "estimator":
        return [*_registered("estimators"), "truth"]
    kinds = {"dataset": "datasets", "metric": "metrics", "task": "tasks"}
    return _registered(kinds[key]) if key in kinds else ()


def _registered(kind: str) -> list[str]:
    """What is registered, by packages too; nothing where one of them is broken: a shell shows no errors."""
    from ..errors import InputError
    from ..plugins import registry

    try:
        return list(registry(kind))
    except InputError:
        return []


def _beginning(names: Iterable[str], incomplete: str) -> list[str]:
    return sorted(name for name in names if name.startswith(incomplete))


def _files(incomplete: str) -> list[str]:
    """TOML files, and the folders on the way to them."""
    found = sorted(glob(f"{escape(incomplete)}*"))
    folders = [f"{path}/" for path in found if Path(path).is_dir()]
    return [path for path in found if path.endswith(".toml")] + (folders if incomplete else [])
