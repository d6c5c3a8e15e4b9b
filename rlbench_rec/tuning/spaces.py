"""Which space each algorithm has: of the files that come with the package, of a user's own file, or derived."""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt
from pydantic import BaseModel, ConfigDict, Field, create_model
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from ..errors import InputError, UnknownNameError
from ..packaged import packaged
from ..parsing import read_toml, validated
from .space import FORM, FORM_PARAMETERS, FORMS, Range, Space, Values

SPREAD = 5.0
"""A derived range goes from the default over this factor to the default times it."""
MOST_SHARE = 0.5
"""End of a derived range of a share whose default is 0."""


class SpaceTable(BaseModel):
    """Settings that some algorithms have in common. Unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    algorithms: list[str] = Field(min_length=1)
    """Ids of algorithms and policies; those of plugins too."""
    settings: dict[str, Range | Values] = {}
    """Name -> `{ low, high, log, whole }`, or a list of values."""


class SpaceFile(BaseModel):
    """A TOML file of spaces: what several tables say of an algorithm goes together, later ones first."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    spaces: list[SpaceTable] = []
    """The tables."""


Spaces = dict[str, dict[str, Range | list[Any]]]
"""Algorithm -> its settings."""


def read_spaces(path: Path) -> Spaces:
    """The spaces of a file.

    Raises:
        MissingFileError: there is no such file.
        InputError: it is not a file of spaces, naming the key.
    """
    content = validated(read_toml(path, "file of spaces"), SpaceFile, str(path), "See docs/tuning.md for the keys.")
    spaces: Spaces = {}
    for table in content.spaces:
        for algorithm in table.algorithms:
            spaces.setdefault(algorithm, {}).update(table.settings)
    return spaces


def load_spaces(own: str | Path | None = None) -> Spaces:
    """The spaces that come with the package; a file's own take the place of what they say of the same algorithms.

    Raises:
        MissingFileError, InputError: as `read_spaces`.
    """
    spaces: Spaces = {}
    for path in sorted(packaged("tuning", checkout="benchmarks").glob("*.toml")):
        for algorithm, settings in read_spaces(path).items():
            spaces.setdefault(algorithm, {}).update(settings)
    return spaces | (read_spaces(Path(own)) if own else {})


def space_of(algorithm: str, spaces: Spaces, fixed: Sequence[str], forms: Sequence[str]) -> Space:
    """What is tried of an algorithm.

    Args:
        algorithm: an algorithm's or a policy's id.
        spaces: as `load_spaces` gives them. An algorithm that they do not name has a derived space.
        fixed: settings that the suite has set already.
        forms: policy forms that can be made and told apart there; none where the form makes no difference.

    Raises:
        InputError: a setting that the algorithm does not have, or a value that it cannot take: a search would find that
            out in every trial that draws it.
        UnknownNameError: there is no such form.
    """
    fields = _fields(algorithm)
    settings = spaces.get(algorithm) or _derived(fields)
    for name in settings:
        if name not in fields and name not in (FORM, *FORM_PARAMETERS):
            known = ", ".join(fields) or "none"
            raise InputError(f"{algorithm} has no setting '{name}'.", where="spaces", hint=f"It has: {known}.")
    kept = {name: values for name, values in settings.items() if name not in fixed}
    _refuse_values(algorithm, kept, fields)
    of_forms = _of_forms(kept, forms)
    kept = {name: values for name, values in kept.items() if name not in (FORM, *FORM_PARAMETERS)} | of_forms
    return Space(kept, {name: _plain(fields[name].default) for name in kept if name in fields})


def _refuse_values(algorithm: str, settings: Mapping[str, Range | list[Any]], fields: Mapping[str, FieldInfo]) -> None:
    for name, values in settings.items():
        if name not in fields:
            continue
        field: Any = (fields[name].annotation, fields[name])
        setting = create_model(name, __config__=ConfigDict(arbitrary_types_allowed=True), **{name: field})
        for value in values.some() if isinstance(values, Range) else values:
            validated({name: value}, setting, f"space of {algorithm}")


def _of_forms(settings: Mapping[str, Range | list[Any]], forms: Sequence[str]) -> dict[str, Range | list[Any]]:
    """The form and its parameters, as far as they are possible; none where one form is left, without a parameter."""
    asked = settings.get(FORM, [])
    if not isinstance(asked, list):
        raise InputError("Forms have names, and a range has none.", where="spaces", hint='Give form = ["greedy"], say.')
    for form in asked:
        if form not in FORMS:
            raise UnknownNameError("form of a space", str(form), FORMS)
    possible = [form for form in asked if form in forms]
    parameters = {name: settings[name] for name in FORM_PARAMETERS if name in possible and name in settings}
    return {FORM: possible, **parameters} if len(possible) > 1 or parameters else {}


def _fields(algorithm: str) -> Mapping[str, FieldInfo]:
    from .. import policies
    from ..training.registries import ALGORITHMS

    if algorithm in ALGORITHMS:
        return ALGORITHMS[algorithm].model_fields
    return policies.parameters(algorithm)


def _derived(fields: Mapping[str, FieldInfo]) -> dict[str, Range | list[Any]]:
    """Each setting's neighbourhood of its default, within its bounds; where there is no telling, it is left alone."""
    found = {name: _around(field) for name, field in fields.items()}
    return {name: values for name, values in found.items() if values is not None}


def _around(field: FieldInfo) -> Range | list[Any] | None:
    default, kinds = field.default, _kinds(field.annotation)
    if bool in kinds:
        return [False, True]
    choices = [value for kind in kinds if get_origin(kind) is Literal for value in get_args(kind)]
    if choices:
        return choices if len(choices) > 1 else None
    if isinstance(default, bool) or not isinstance(default, int | float):
        return None
    low, high = _bounds(field)
    if default <= 0:
        return Range(low=0.0, high=MOST_SHARE) if default == 0 and low == 0.0 and high == 1.0 else None
    whole = isinstance(default, int)
    least, most = max(default / SPREAD, low), min(default * SPREAD, high)
    if whole:
        least, most = float(round(max(least, 1.0))), float(round(most))
    return Range(low=least, high=most, log=True, whole=whole) if 0 < least < most else None


def _bounds(field: FieldInfo) -> tuple[float, float]:
    """The least and the greatest value; one that is itself excluded is left by a little."""
    low, high = -float("inf"), float("inf")
    for rule in field.metadata:
        if isinstance(rule, Ge):
            low = float(rule.ge)  # type: ignore[arg-type]  # of numbers
        elif isinstance(rule, Gt):
            low = float(rule.gt)  # type: ignore[arg-type]
        elif isinstance(rule, Le):
            high = float(rule.le)  # type: ignore[arg-type]
        elif isinstance(rule, Lt):
            high = float(rule.lt) * 0.999  # type: ignore[arg-type]
    return low, high


def _kinds(annotation: Any) -> list[Any]:
    """The types that a union is made of, without those that carry rules."""
    if get_origin(annotation) is Annotated:
        return _kinds(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        return [kind for part in get_args(annotation) for kind in _kinds(part)]
    return [annotation]


def _plain(value: Any) -> Any:
    """A default as a file would give it; None where there is none."""
    if value is PydanticUndefined:
        return None
    return list(value) if isinstance(value, tuple) else value
