"""Simulated shops with a known answer: logged data with exact propensities, and the true value of any policy.

    task = tasks.make("recommend-v1", seed=0)
    data = task.log(episodes=10_000, policy=task.behaviour, seed=1)
    task.true_value(task.behaviour).value

`tasks.register()` makes `gymnasium.make("rlbench/Recommend-v1")` work.
"""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from ..errors import InputError
from ..registry import Registry
from .base import Task, TaskConfig
from .simulator import Simulator, Step, check_seed
from .truth import TrueValue
from .variants import Variant, vary

TASKS: Registry[type[Task]] = Registry(
    "task",
    {
        "ads-v1": "rlbench_rec.tasks.shops.ads:Ads",
        "cart-v1": "rlbench_rec.tasks.shops.cart:Cart",
        "inventory-v1": "rlbench_rec.tasks.shops.inventory:Inventory",
        "media-v1": "rlbench_rec.tasks.shops.media:Media",
        "offers-v1": "rlbench_rec.tasks.shops.offers:Offers",
        "pricing-v1": "rlbench_rec.tasks.shops.pricing:Pricing",
        "recommend-v1": "rlbench_rec.tasks.shops.recommend:Recommend",
        "recommend-myopic-v1": "rlbench_rec.tasks.shops.recommend_myopic:RecommendMyopic",
        "retention-v1": "rlbench_rec.tasks.shops.retention:Retention",
        "sequence-v1": "rlbench_rec.tasks.shops.sequence:PageOrder",
        "tabular-v1": "rlbench_rec.tasks.shops.tabular:Tabular",
    },
)
"""Task id -> its class."""


def make(task_id: str, seed: int = 0, variant: Variant | None = None, **config: Any) -> Task:
    """Build a task.

    Args:
        task_id: one of `TASKS`, or the path of a shop that `rlbench tasks calibrate` made (a .json file).
        seed: fixes the shop: which item is how attractive, how good, how dear.
        variant: None, the shop with its default parameters; or `train` or `judge`, two shops of other seeds and
            parameters near the defaults, so that what was chosen on one is judged on the other.
        config: overrides of the task's config fields.

    Raises:
        UnknownNameError: no such task, or no such variant.
        MissingFileError: no such shop.
        InputError: a negative seed, an unknown config field, or a value out of its range.
    """
    shop, name, fitted = _shop(task_id)
    check_seed(seed)
    if variant is not None:
        seed, config = vary(name, shop.Config, variant, seed, config, fitted)
    try:
        return shop(shop.Config(**(fitted | config)), seed)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "config"
        raise InputError(
            f"{first['msg']} (got {first['input']!r}).", where=f"{task_id}: {field}", hint="See `rlbench tasks show`."
        ) from None


def _shop(task_id: str) -> tuple[type[Task], str, dict[str, Any]]:
    """A task's class, its id, and the parameters of a calibrated shop."""
    if not task_id.endswith(".json"):
        return TASKS[task_id], task_id, {}
    from .calibration import CalibratedShop, read_shop, shop_id

    fitted = read_shop(task_id)
    return CalibratedShop, shop_id(fitted.get("source")), fitted


def register() -> None:
    """Register every task's single-user environment with Gymnasium, as `rlbench/<Name>-v1`."""
    from .environment import register_all

    register_all()


__all__ = ["TASKS", "Simulator", "Step", "Task", "TaskConfig", "TrueValue", "Variant", "make", "register"]
