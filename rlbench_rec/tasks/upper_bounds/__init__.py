"""What no policy of a shop can exceed: exact optima, and relaxations where the state is too large for one."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ..base import Task, TaskConfig

UNSEEN = frozenset({"history", "rollouts"})
"""Added fields that change neither what users do nor what a policy needs to know."""
HARMLESS = UNSEEN | {"observed", "candidates", "confounding", "delay"}
"""Added fields under which the bounds here still hold: less is seen, fewer items may be shown, rewards come later; that
of `recommend` knows of keen users."""


class UpperBound(NamedTuple):
    """A value that no policy of a shop exceeds.

    Attributes:
        value: the bound, in rewards.
        method: how it was found: `optimum`, `dynamic program`, …
    """

    value: float
    method: str


OPTIMUM = "optimum"
SHOPS = "rlbench_rec.tasks.shops."
BOUNDS: Mapping[str, str] = {
    "ads:Ads": "ads:bound",
    "cart:Cart": "cart:bound",
    "media:Media": "media:bound",
    "offers:Offers": "everything_seen:offers",
    "pricing:Pricing": "customers:pricing",
    "recommend:Recommend": "recommend:bound",
    "recommend_myopic:RecommendMyopic": "recommend:bound",
    "retention:Retention": "customers:retention",
    "sequence:PageOrder": "everything_seen:sequence",
    "tabular:Tabular": "everything_seen:tabular",
}
"""Module and class of a task in `tasks.shops` -> the module here and its function that bounds it."""


def upper_bound(task: Task) -> UpperBound | None:
    """The optimum where it can be computed exactly, else the bound of the shop's relaxation; None where none is known.

    A bound is derived for the equations of a shop as they were published. Where a field that was added later changes
    them, nothing is claimed.
    """
    if (optimum := task.optimum) is not None:
        return UpperBound(optimum, OPTIMUM)
    if not as_published(task.config, HARMLESS):
        return None
    shop = f"{type(task).__module__.removeprefix(SHOPS)}:{type(task).__name__}"
    if shop not in BOUNDS:
        return None
    module, function = BOUNDS[shop].split(":")
    found: UpperBound | None = getattr(import_module(f"{__name__}.{module}"), function)(task)
    return found


def as_published(config: TaskConfig, but: frozenset[str] = UNSEEN) -> bool:
    """Whether all fields that were added after the task was published are at their defaults.

    Args:
        config: of the task.
        but: fields that may have any value.
    """
    fields = type(config).model_fields
    added = config.added - but
    return all(getattr(config, name) == fields[name].get_default(call_default_factory=True) for name in added)
