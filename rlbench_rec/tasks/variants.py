"""Two variants of every task: one to choose on, one that judges."""

from __future__ import annotations

from typing import Any, Literal, get_args

import numpy as np
from annotated_types import Ge, Gt, Le, Lt

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
    given: dict[str, Any],
    fitted: dict[str, Any] | None = None,
) -> tuple[int, dict[str, Any]]:
    """The seed and the config fields of a variant.

    Every number with a lower and an upper bound is multiplied by its own draw from U(1 - 0.15, 1 + 0.15) and kept
    within its bounds, apart from what is given and from what is asked of a policy (`TaskConfig.asked`). The two
    variants draw apart, so neither is the shop that `make` builds without a variant, and so do the tasks.

    Args:
        task_id: `Task.id`.
        config_class: of the task.
        variant: `train` or `judge`.
        seed: of the shop.
        given: config fields that are not to be moved.
        fitted: config fields to move from where a calibrated shop has them, in place of the defaults.

    Raises:
        UnknownNameError: no such variant.
    """
    names = get_args(Variant)
    if variant not in names:
        raise UnknownNameError("variant", variant, names)
    rng = np.random.default_rng(stream(task_id, seed, 1 + names.index(variant)))
    shop = int(rng.integers(2**31))
    moved = {}
    for name, field in config_class.model_fields.items():
        factor = rng.uniform(1.0 - SPREAD, 1.0 + SPREAD)
        bounds = _bounds(field.metadata)
        usual = (fitted or {}).get(name, field.default)
        if isinstance(field.default, float) and bounds and name not in config_class.asked:
            moved[name] = _within(usual * factor, usual, *bounds)
    return shop, moved | given


def _bounds(metadata: list[Any]) -> tuple[Ge | Gt, Le | Lt] | None:
    low = next((rule for rule in metadata if isinstance(rule, (Ge, Gt))), None)
    high = next((rule for rule in metadata if isinstance(rule, (Le, Lt))), None)
    return (low, high) if low and high else None


def _within(value: float, default: float, low: Ge | Gt, high: Le | Lt) -> float:
    """The value, cut to its bounds; a bound that is itself excluded leaves the default."""
    least = low.ge if isinstance(low, Ge) else low.gt
    most = high.le if isinstance(high, Le) else high.lt
    if (isinstance(low, Gt) and value <= least) or (isinstance(high, Lt) and value >= most):
        return default
    return float(np.clip(value, least, most))
