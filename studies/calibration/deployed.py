"""The policies that a calibration speaks of, served in the shop that made the log."""

from __future__ import annotations

import numpy as np

from rlbench_rec.mdp.past import Past
from rlbench_rec.policies import Policy, PolicyWithMemory, Stateless, Uniform, softmax
from rlbench_rec.tasks.calibration import ShopConfig
from rlbench_rec.tasks.calibration.lifts import ONE_ITEM
from rlbench_rec.tasks.shops.recommend import Recommend
from rlbench_rec.tasks.shops.shared.linear_rankers import LinearRanker

LOOKS_BACK = 20
"""Decisions; what is older counts for 0.8^20, one per cent."""


class Deployed(PolicyWithMemory):
    """A ranker over the appeal and the groups that were fitted, which keeps its own account of clicks and satiation.

    Args:
        ranking: its weights.
        fitted: the calibrated shop, whose groups and appeal it uses.
        shop: where it serves; quality, where a ranking uses it, is the shop's own.
    """

    memory = LOOKS_BACK

    def __init__(self, ranking: LinearRanker, fitted: ShopConfig, shop: Recommend):
        self.ranking, self.fitted, self.action_count = ranking, fitted, shop.action_count
        self.name = "deployed"
        noise = np.random.default_rng(5).standard_normal(shop.action_count)
        appeal, quality = np.array(fitted.appeal), shop.catalogue.quality
        self.score = ranking.appeal * appeal + ranking.quality * quality + ranking.noise * noise
        self.groups = np.array(fitted.groups)

    def probabilities(self, states: np.ndarray, *, past: Past | None = None) -> np.ndarray:
        assert past is not None, "it looks back"
        c, shown = self.fitted, past.actions >= 0
        own = self.groups[np.where(shown, past.actions, 0)][:, :, None] == np.arange(c.categories)
        ages = np.arange(LOOKS_BACK)[::-1]
        satiation = np.einsum("nkc,k->nc", own * shown[:, :, None], c.satiation_decay**ages)
        clicks = ((past.rewards > 0) - c.click_expected) * shown * c.memory_decay**ages
        memory = np.einsum("nkc,nk->nc", own, clicks)
        by_group = self.ranking.clicks * memory + self.ranking.satiation * satiation
        return softmax((self.score + by_group[:, self.groups]) / self.ranking.tau)


def deployed(fitted: ShopConfig, shop: Recommend) -> dict[str, Policy]:
    """Name -> policy, for each of `lifts.fixed_policies`."""
    policies: dict[str, Policy] = {name: Deployed(ranking, fitted, shop) for name, ranking in fitted.ladder.items()}
    always = np.arange(shop.action_count) == int(np.argmax(fitted.appeal))
    return policies | {"random": Uniform(shop.action_count), ONE_ITEM: Stateless(ONE_ITEM, always.astype(float))}
