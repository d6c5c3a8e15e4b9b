"""Rewards on one scale for all shops: 0 is what the behaviour policy earns, 100 what the reference policy earns."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import InputError
from ...results.row_names import NORMALISED_METRIC, is_lift
from ..sources import TRUTH_SEED
from .best_known import reference

if TYPE_CHECKING:
    from ...tasks import Task

SCALED = ("value", "ci_low", "ci_high", "true_value")
"""Columns of runs.csv in units of the reward."""


@dataclass(frozen=True)
class Scale:
    """100 (v - zero) / (hundred - zero).

    Attributes:
        zero: true value of the behaviour policy.
        hundred: true value of the reference policy.
    """

    zero: float
    hundred: float

    def __call__(self, value: float) -> float:
        return 100.0 * (value - self.zero) / (self.hundred - self.zero)


def scale_of(task: Task, truth_error: float, cache: Path | None = None) -> Scale:
    """The scale of a shop.

    Args:
        task: the shop.
        truth_error: standard error of the values that are played for it, relative to the behaviour policy's.
        cache: a folder that keeps references from one process to the next.

    Raises:
        InputError: no reference policy is known, or it is no better than the behaviour policy.
    """
    served = task.true_value(task.behaviour, truth_error, TRUTH_SEED)
    best = reference(task, truth_error, cache=cache)
    if best.value - served.value <= 2.0 * (best.std_error**2 + served.std_error**2) ** 0.5:
        raise InputError(
            f"The reference policy ({best.contender}) earns {best.value:.4g}, the behaviour policy {served.value:.4g}: "
            "there is no gain to normalise by.",
            where=task.id,
            hint="Leave `normalise` out, or train a better reference.",
        )
    return Scale(served.value, best.value)


def scale_row(place: str, task: Task, truth_error: float, cache: Path | None = None) -> dict[str, Any]:
    """The row of scale.csv of a shop: both ends, how the upper one was found, and what bounds it.

    Args:
        place: what tables call the shop.
        task, truth_error, cache: as in `scale_of`.
    """
    scale, best = scale_of(task, truth_error, cache), reference(task, truth_error, cache=cache)
    return {
        "task": place,
        "zero": scale.zero,
        "hundred": scale.hundred,
        "contender": best.contender,
        "form": best.form,
        "upper_bound": best.upper_bound,
        "bound_method": best.bound,
        "gap": best.gap(scale.zero),
    }


def normalised(rows: list[dict[str, Any]], scale: Scale) -> list[dict[str, Any]]:
    """Rows of runs.csv on the reward -> the same rows on the normalised scale, estimates beside the truth as before.
    Lifts are left out: they are differences, not values."""
    reward = (row for row in rows if row["metric"] == "reward" and not is_lift(row["estimator"]))
    return [row | {"metric": NORMALISED_METRIC} | {name: scale(row[name]) for name in SCALED} for row in reward]
