"""Names that tell a suite's sources and algorithms apart: what differs is said, what is alike is not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from ..errors import InputError
from ..toml_places import at

if TYPE_CHECKING:
    from .config import Source
    from .kinds.estimators.config import TaskSource

Settings = dict[str, Any]
PATHS = ("dataset", "task", "data", "counterpart")
"""Settings that may be paths, of which the last part is shown: a folder's name can be a person's."""


def places(sources: Sequence[Source | TaskSource]) -> list[str]:
    """What tables call the sources of a suite: their names and labels, and where those are alike what differs.

    Raises:
        InputError: two sources are the same, or nothing that can be shown tells them apart.
    """
    names = ["/".join(filter(None, (source.name, source.label))) for source in sources]
    # Defaults are not shown: beside `shop/variant=judge` stands `shop`.
    settings = [source.model_dump(mode="json", exclude={"label"}, exclude_defaults=True) for source in sources]
    return ["/".join(filter(None, pair)) for pair in zip(names, differences(names, settings, "sources"), strict=True)]


def differences(names: Sequence[str], settings: Sequence[Settings], where: str) -> list[str]:
    """For each thing, the settings in which it differs from others of its name (`episodes=500/variant=judge`); empty
    for a name of its own, and for one that lacks what the others have.

    Args:
        names: what each thing is called by itself.
        settings: of each thing, nested as they may be.
        where: key of the suite, for errors.

    Raises:
        InputError: two things are the same, or differ in what no name can show.
    """
    flat = [dict(_flattened(nested)) for nested in settings]
    shown: list[str] = []
    for i, (name, flattened) in enumerate(zip(names, flat, strict=True)):
        others = [other for j, other in enumerate(flat) if names[j] == name]
        varying = [key for key, value in flattened.items() if any(other.get(key) != value for other in others)]
        said = (key for key in varying if flattened[key] not in (None, ""))
        shown.append("/".join(f"{key}={_shown(key, flattened[key])}" for key in said))
        for j in range(i):
            if (names[j], shown[j]) == (name, shown[i]):
                _refuse(name, flat[i] == flat[j], where)
    return shown


def refuse_repeats(values: Sequence[Any], where: str, shown: Sequence[Any] | None = None) -> None:
    """Raise an InputError where a value occurs twice in a list: its results would be counted twice.

    Args:
        values: what must differ.
        where: key of the suite, and words on it.
        shown: the values as they were written; None: as they are.
    """
    for i, value in enumerate(values):
        if value in values[:i]:
            with at(where.partition(" ")[0], i):
                raise InputError(f"{(shown or values)[i]} is named twice.", where=where, hint="Name each once.")


def check_estimators(names: Sequence[str]) -> None:
    """Refuse an unknown estimator of a suite, or one that is named twice.

    Raises:
        UnknownNameError, InputError: such an estimator.
    """
    from .. import ope

    ids = []
    for number, name in enumerate(names):
        with at("estimators", number):
            ids.append(ope.estimator(name).id)
    refuse_repeats(ids, "estimators", names)


def refuse_same_sources(sources: Sequence[Source | TaskSource], names: Sequence[str]) -> None:
    """Raise an InputError where two sources are the same and only written differently: with a label, say, or with a
    task's parameter that repeats its default; or where a replicate of the one is a replicate of the other.

    Args:
        sources: of all replicates.
        names: their places.
    """
    from .sources import task_identity

    seen: dict[Any, str] = {}
    for source, place in zip(sources, names, strict=True):
        shop = {"task", "task_seed", "variant", "stratum", "task_config"} if source.task else set()
        rest = source.model_dump_json(exclude={"label", *shop})
        first = seen.setdefault((task_identity(source) if shop else None, rest), place)
        if first != place:
            hint = "Name it once; with replicates, set task_seed further apart."
            raise InputError(f"{first} and {place} are the same shop or log.", where="sources", hint=hint)


def _refuse(name: str, same: bool, where: str) -> None:
    if same:
        raise InputError(f"{name} is named twice with the same settings.", where=where, hint="Name it once.")
    what = f"Two are called {name}, and what they differ in cannot be part of a name."
    raise InputError(what, where=where, hint="Give each a `label`.")


def _flattened(settings: Settings, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in settings.items():
        if isinstance(value, dict):
            yield from _flattened(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _shown(key: str, value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return "+".join(_shown(key, item) for item in value)
    text = PurePath(value).name if key in PATHS else str(value)
    # A slash parts what stands in a name, and a line break would part a row.
    return "-".join(text.replace("/", " ").split())
