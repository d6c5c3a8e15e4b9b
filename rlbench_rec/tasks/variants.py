"""Two variants of every task: one to choose on, one to judge on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple, get_args

import numpy as np
from annotated_types import Ge, Gt, Le, Lt
from pydantic.fields import FieldInfo

from ..errors import UnknownNameError
from .base import TaskConfig
from .random_streams import stream

Variant = Literal["train", "judge"]
SPREAD = 0.15
"""A parameter is moved by at most this share of itself."""


def vary(
    task_id: str,
    config_class: type[TaskConfig],
    variant: Variant,
    seed: int,
    overrides: Mapping[str, object],
    base: Mapping[str, object] | None = None,
) -> tuple[int, dict[str, object]]:
    """The seed and the config fields of a variant.

    Every real number with a lower and an upper bound is multiplied by a draw of its own from U(1 - 0.15, 1 + 0.15) and
    kept within its bounds, except the overrides and the fields of `TaskConfig.asked`. Each variant of each task has its
    own random stream, so neither is the shop that `make` builds without a variant.

    Args:
        task_id: `Task.id`.
        config_class: of the task.
        variant: `train` or `judge`.
        seed: of the shop.
        overrides: config fields that are not to be moved.
        base: config fields to move from in place of the defaults: a stratum's, or a calibrated shop's.

    Raises:
        UnknownNameError: there is no such variant.
    """
    names = get_args(Variant)
    if variant not in names:
        raise UnknownNameError("variant", variant, names)
    rng = np.random.default_rng(stream(task_id, seed, 1 + names.index(variant)))
    shop = int(rng.integers(2**31))
    moved: dict[str, object] = {}
    # Fields that came later are drawn last, so that the others' factors are what they were.
    for name, field in sorted(config_class.model_fields.items(), key=lambda item: item[0] in config_class.added):
        factor = rng.uniform(1.0 - SPREAD, 1.0 + SPREAD)
        bounds = bounds_of(field)
        usual = (base or {}).get(name, field.default)
        if isinstance(field.default, float) and bounds and name not in config_class.asked:
            # A shop's file may hold anything; the config refuses it.
            moved[name] = bounds.cut(usual * factor, usual) if isinstance(usual, int | float) else usual
    return shop, moved | dict(overrides)


class Bounds(NamedTuple):
    """The least and the greatest value of a number, and whether they are themselves excluded."""

    low: float
    high: float
    low_excluded: bool
    high_excluded: bool

    def cut(self, value: float, default: float) -> float:
        """The value, cut to the bounds; one beyond an excluded bound becomes the default."""
        if (self.low_excluded and value <= self.low) or (self.high_excluded and value >= self.high):
            return default
        return float(np.clip(value, self.low, self.high))


def bounds_of(field: FieldInfo) -> Bounds | None:
    """The bounds of a config's field, or None where it lacks one."""
    low = next((rule for rule in field.metadata if isinstance(rule, (Ge, Gt))), None)
    high = next((rule for rule in field.metadata if isinstance(rule, (Le, Lt))), None)
    if low is None or high is None:
        return None
    least = low.ge if isinstance(low, Ge) else low.gt
    most = high.le if isinstance(high, Le) else high.lt
    assert isinstance(least, int | float) and isinstance(most, int | float), "the fields of a task are numbers"
    return Bounds(least, most, isinstance(low, Gt), isinstance(high, Lt))
