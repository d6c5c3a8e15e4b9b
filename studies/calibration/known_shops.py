"""Shops whose answers are known: ten kinds, three of which the calibrated model cannot represent."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import numpy as np

from rlbench_rec import tasks
from rlbench_rec.tasks.shops.recommend import Recommend
from rlbench_rec.tasks.shops.shared.linear_rankers import LinearRanker

USUAL = {"appeal": 1.0, "clicks": 1.0, "noise": 0.3, "tau": 1.0}


def _hidden(rng: np.random.Generator) -> dict[str, object]:
    """The hidden part anywhere from nothing to twice what is usual, and rates moved too."""
    usual = tasks.TASKS["recommend-v1"].Config().model_dump()
    names = ("engagement_gain", "engagement_funnel", "leave_engagement", "leave_quality", "satiation_click")
    moved: dict[str, object] = {name: usual[name] * rng.uniform(0.0, 2.0) for name in names}
    return moved | {"interest": rng.uniform(1.5, 4.0), "leave_base": rng.uniform(-3.2, -2.0)}


KINDS: dict[str, tuple[bool, str, Callable[[np.random.Generator], dict[str, object]]]] = {
    "usual": (True, "recommend-v1", lambda rng: {}),
    "clear groups": (True, "recommend-v1", lambda rng: {"interest": 3.0}),
    "any hidden part": (True, "recommend-v1", _hidden),
    "bold ranker": (
        True,
        "recommend-v1",
        lambda rng: {"interest": 2.5, "ranker": LinearRanker(**USUAL | {"tau": 0.6})},
    ),
    "rarer purchases": (True, "recommend-v1", lambda rng: {"interest": 2.0, "click_base": -2.0, "cart_base": -3.0}),
    "random in service": (True, "recommend-v1", lambda rng: {"interest": 2.5, "ranker": LinearRanker(tau=1.0)}),
    "quality in service": (
        True,
        "recommend-v1",
        lambda rng: {"interest": 2.5, "ranker": LinearRanker(**USUAL | {"quality": 0.5})},
    ),
    "strong satiation": (False, "recommend-v1", lambda rng: {"interest": 2.5, "satiation_click": 2.0}),
    "hard bait": (False, "recommend-v1", lambda rng: {"interest": 2.5, "bait": 0.95, "leave_quality": 1.5}),
    "no future": (False, "recommend-myopic-v1", lambda rng: {"interest": 2.5}),
}
"""Name -> whether the calibrated model can represent it, the task, and its parameters by chance."""


def known_shop(number: int) -> tuple[str, bool, Recommend]:
    """Kind, whether it can be represented, and the shop, of one round trip."""
    kind = list(KINDS)[number % len(KINDS)]
    inside, task, parameters = KINDS[kind]
    config = parameters(np.random.default_rng((91, number)))
    return kind, inside, cast(Recommend, tasks.make(task, seed=1_000 + number, **config))
