"""Lifts of fixed policies over the shops that a log does not tell apart."""

from __future__ import annotations

import math
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from ...policies import Policy, Stateless
from ..base import Task
from ..rollout import batches
from ..true_values import returns
from .calibrated_shop import CalibratedShop, ShopConfig

SEED = 7_004
USERS = 4_096
LEVEL = 0.95
ONE_ITEM = "one item"
"""The policy that always shows the item with the largest appeal."""


@dataclass(frozen=True)
class Lift:
    """What a policy would earn more than the one in service, as a share of that one's value, by draw.

    Attributes:
        policy: its name.
        draws: (n,) lift in each shop.
    """

    policy: str
    draws: np.ndarray

    @property
    def rank(self) -> int:
        """Which draw from either end the limits are: the innermost ones that reach 95 %, else the outermost ones."""
        return max(1, math.floor((1.0 - LEVEL) / 2.0 * (len(self.draws) + 1)))

    @property
    def level(self) -> float:
        """How often the interval holds one more draw: 1 - 2 rank / (n + 1), since all orders of n + 1 are as likely."""
        return 1.0 - 2.0 * self.rank / (len(self.draws) + 1)

    @property
    def limits(self) -> tuple[float, float]:
        """The interval: `rank` draws from the least and from the largest."""
        ordered = np.sort(self.draws)
        return float(ordered[self.rank - 1]), float(ordered[-self.rank])

    @property
    def sign(self) -> str:
        """`better` or `worse` where the whole interval is; else `not identified`."""
        low, high = self.limits
        return "better" if low > 0.0 else "worse" if high < 0.0 else "not identified"


def fixed_policies(shop: CalibratedShop, item: int) -> dict[str, Policy]:
    """The ladder, and one item shown always."""
    ladder = {name: policy for name, policy in shop.target_policies().items() if name != "behaviour"}
    return ladder | {ONE_ITEM: Stateless(ONE_ITEM, (np.arange(shop.action_count) == item).astype(float))}


def lifts_in(shop: Task, policies: Mapping[str, Policy], users: int = USERS, seed: int = SEED) -> dict[str, float]:
    """Policy -> (its value - the behaviour policy's) / the behaviour policy's, by playing all to the same users.

    Args:
        shop: the task.
        policies: by name.
        users: played under each.
        seed: of the users.
    """
    behaviour = _value(shop, shop.behaviour, users, seed)
    return {name: _value(shop, policy, users, seed) / behaviour - 1.0 for name, policy in policies.items()}


def lifts(
    shops: Iterable[ShopConfig], base: ShopConfig, users: int = USERS, names: Container[str] | None = None
) -> list[Lift]:
    """The lift of each of `fixed_policies` in every shop; the largest median first.

    Args:
        shops: draws.
        base: what they are draws of: the one item is that with its largest appeal.
        users: played under each policy.
        names: of the policies; None takes all.
    """
    item = int(np.argmax(base.appeal))
    rows = []
    for shop in map(CalibratedShop, shops):
        policies = fixed_policies(shop, item)
        rows.append(
            lifts_in(shop, {name: policies[name] for name in policies if names is None or name in names}, users)
        )
    spread = [Lift(name, np.array([row[name] for row in rows])) for name in rows[0]]
    return sorted(spread, key=lambda lift: -float(np.median(lift.draws)))


def _value(shop: Task, policy: Policy, users: int, seed: int) -> float:
    parts = [returns(shop, policy, size, seed, number, shop.gamma)[:, 0] for number, size in batches(users)]
    return float(np.concatenate(parts).mean())
