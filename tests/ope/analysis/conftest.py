"""A shop with three items whose clicks, orders and revenue are known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from rlbench_rec import ope


@dataclass(frozen=True)
class Shop:
    """Each item is clicked, ordered, and paid for by known chances.

    Attributes:
        behaviour, target: the two policies, probabilities of the items.
        clicks, orders: chances of each item.
        basket: mean revenue of an order of each item.
    """

    behaviour: np.ndarray
    target: np.ndarray
    clicks: np.ndarray
    orders: np.ndarray
    basket: np.ndarray

    def log(self, n: int, seed: int = 0, **options) -> ope.EvaluationLog:
        """n decisions; the reward is revenue, the metrics are clicks and orders."""
        rng = np.random.default_rng(seed)
        items = rng.choice(3, n, p=self.behaviour)
        clicks = rng.random(n) < self.clicks[items]
        orders = clicks & (rng.random(n) < (self.orders / self.clicks)[items])
        revenue = orders * self.basket[items] * rng.gamma(4.0, 0.25, n)
        metrics = np.stack([clicks, orders], axis=1).astype(float)
        return ope.EvaluationLog(revenue, self.behaviour[items], self.target[items], **{"metrics": metrics, **options})

    def value(self, policy: np.ndarray) -> dict[str, float]:
        """The policy's true values."""
        orders, revenue = policy @ self.orders, policy @ (self.orders * self.basket)
        return {"clicks": policy @ self.clicks, "orders": orders, "revenue": revenue, "basket": revenue / orders}


@pytest.fixture(scope="session")
def shop() -> Shop:
    return Shop(
        behaviour=np.array([0.5, 0.3, 0.2]),
        target=np.array([0.2, 0.3, 0.5]),
        clicks=np.array([0.20, 0.30, 0.40]),
        orders=np.array([0.10, 0.15, 0.20]),
        basket=np.array([30.0, 20.0, 25.0]),
    )
