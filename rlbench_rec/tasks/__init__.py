"""Simulated shops with a known answer: logged data with exact propensities, and the true value of any policy.

    task = tasks.make("recommend-v1", seed=0)
    data = task.log(episodes=10_000, policy=task.behaviour, seed=1)
    task.true_value(task.behaviour).value

`tasks.register()` makes `gymnasium.make("rlbench/Recommend-v1")` work.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..arguments import expect_text
from ..errors import UnknownNameError
from ..parsing import validated
from ..registry import Registry
from .base import EASY, Task, TaskConfig
from .identity import TaskIdentity, canonical
from .simulator import Simulator, Step, check_seed
from .true_values import TrueValue
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
    group="rlbench_rec.tasks",
    named_by="id",
)
"""Task id -> its class."""


def make(
    task_id: str, seed: int = 0, variant: Variant | None = None, stratum: str | None = None, **config: object
) -> Task:
    """Build a task.

    Args:
        task_id: one of `TASKS`, or the path of a shop that `rlbench tasks calibrate` made (a .json file).
        seed: fixes the shop: how attractive, how good and how expensive each item is.
        variant: None is the shop with its default parameters. `train` and `judge` are two shops of other seeds and with
            parameters near the defaults: choose on the one, report the other.
        stratum: a named set of parameters, one of `Task.strata`, that a variant moves as it moves the defaults. None is
            `easy`, the defaults.
        config: overrides of the task's config fields.

    Raises:
        UnknownNameError: there is no such task, variant or stratum.
        MissingFileError: there is no such file.
        InputError: a negative seed, an unknown config field, or a value out of its range.
    """
    shop, settings, seed_of_shop, identity = _planned(task_id, seed, variant, stratum, config)
    task = shop(settings, seed_of_shop)
    task.identity = identity
    return task


def identify(
    task_id: str, seed: int = 0, variant: Variant | None = None, stratum: str | None = None, **config: object
) -> TaskIdentity:
    """What `make` would build, without building it. References, true values and jobs are kept under it.

    Args and Raises: as `make`.
    """
    return _planned(task_id, seed, variant, stratum, config)[-1]


def _planned(
    task_id: str, seed: int, variant: Variant | None, stratum: str | None, overrides: dict[str, object]
) -> tuple[type[Task], TaskConfig, int, TaskIdentity]:
    """A task's class, its config, the seed of its draws, and its identity."""
    shop, name, fitted = _shop(task_id)
    check_seed(seed)
    base = fitted | dict(parameters_of(shop, name, stratum))
    drawn, fields = seed, overrides
    if variant is not None:
        drawn, fields = vary(name, shop.Config, variant, seed, overrides, base)
    settings = validated(base | fields, shop.Config, task_id, "See `rlbench tasks show`.")
    asked = (canonical(settings), canonical(overrides), None if stratum == EASY else stratum)
    return shop, settings, drawn, TaskIdentity(name, shop.version, seed, variant, *asked)


def parameters_of(shop: type[Task], name: str, stratum: str | None) -> Mapping[str, object]:
    """What a stratum of a task sets in place of the defaults.

    Args:
        shop: the task's class.
        name: the task's id, for errors.
        stratum: one of its strata; None: `easy`.

    Raises:
        UnknownNameError: the task does not have that stratum.
    """
    stratum = EASY if stratum is None else stratum
    if stratum not in shop.strata:
        raise UnknownNameError("stratum", stratum, shop.strata, where=name)
    return shop.strata[stratum]


def _shop(task_id: str) -> tuple[type[Task], str, dict[str, object]]:
    """A task's class, its id, and the parameters of a calibrated shop."""
    expect_text(task_id, "task_id")
    if not task_id.endswith(".json"):
        return TASKS[task_id], TASKS.canonical(task_id), {}
    from .calibration import CalibratedShop, read_shop, shop_id

    fitted = read_shop(task_id)
    return CalibratedShop, shop_id(str(fitted.get("source"))), fitted


def register() -> None:
    """Register every task's single-user environment with Gymnasium, as `rlbench/<Name>-v1`."""
    from .environment import register_all

    register_all()


__all__ = [
    "TASKS",
    "Simulator",
    "Step",
    "Task",
    "TaskConfig",
    "TaskIdentity",
    "TrueValue",
    "Variant",
    "identify",
    "make",
    "register",
]
