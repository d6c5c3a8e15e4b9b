"""The settings of the study: two families that share no setting. Rules are chosen on `choose`, and shown on `show`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from . import sizes

CONTEXTS = np.array([0.4, 0.3, 0.2, 0.1])
"""Chances of the four kinds of visitor."""


@dataclass(frozen=True)
class Setting:
    """One kind of log.

    Attributes:
        name: says what it is.
        seed: of its policies and conversion rates.
        rows: decisions, of sessions: sessions.
        rate: chance that a row's reward is more than the offset; 1: dense rewards, whose mean depends on the action.
        size: the reward then, see `sizes.draw`.
        spread: variance of a row's importance weight.
        policy: "tilt": softmax policies over 20 actions; "greedy": one of 1 + spread actions of uniform logging;
            "few": the policies differ for a tenth of the visitors.
        offset: added to every reward.
        ranged: whether the range of rewards is known.
        model: q of dr: "good", "bad" (wrong order of the actions), "sparse" (one number for all).
        users: rows of each user; empty: every row is a unit.
        sticky: whether a user keeps one action.
        effects: share of users who buy three times as often as the others; 0: all alike.
        steps: largest number of steps of a session.
        leave: chance to leave after a step, by action around this.
        gamma: discount.
    """

    name: str
    seed: int
    rows: int = 12_000
    rate: float = 0.02
    size: tuple = ("click",)
    spread: float = 1.0
    policy: str = "tilt"
    offset: float = 0.0
    ranged: bool = False
    model: str = "good"
    users: tuple[int, ...] = ()
    sticky: bool = False
    effects: float = 0.0
    steps: int = 1
    leave: float = 0.0
    gamma: float = 1.0

    @property
    def dense(self) -> bool:
        return self.rate == 1.0

    @property
    def reward_range(self) -> tuple[float, float] | None:
        """The known range of rewards, None where there is none."""
        limits = sizes.known_range(self.size) if self.ranged else None
        if limits is None:
            return None
        low, high = limits if self.dense else (min(0.0, limits[0]), limits[1])
        return low + self.offset, high + self.offset

    @cached_property
    def policies(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(contexts, actions) behaviour, target and the direction in which they differ."""
        rng = np.random.default_rng([self.seed, 1])
        if self.policy == "greedy":
            actions = round(1 + self.spread)
            behaviour = np.full((4, actions), 1.0 / actions)
            best = rng.integers(actions, size=4)
            target = np.eye(actions)[best]
            return behaviour, target, target - behaviour
        behaviour = np.exp(rng.standard_normal((4, 20)))
        behaviour = 0.9 * behaviour / behaviour.sum(1, keepdims=True) + 0.1 / 20
        direction = rng.standard_normal((4, 20))
        touched = np.array([False, False, False, True]) if self.policy == "few" else np.ones(4, bool)
        low, high = 0.0, 20.0
        for _ in range(60):
            tilt = (low + high) / 2
            target = np.where(touched[:, None], behaviour * np.exp(tilt * direction), behaviour)
            target /= target.sum(1, keepdims=True)
            variance = CONTEXTS @ (target**2 / behaviour).sum(1) - 1.0
            low, high = (tilt, high) if variance < self.spread else (low, tilt)
        return behaviour, target, direction

    @cached_property
    def rates(self) -> np.ndarray:
        """(contexts, actions) chance of a reward; of dense ones a factor around 1."""
        behaviour, _, direction = self.policies
        rng = np.random.default_rng([self.seed, 2])
        pull = np.exp(0.2 * direction + 0.3 * rng.standard_normal(behaviour.shape))
        pull = np.minimum(pull, 4.0)
        return self.rate * pull / (CONTEXTS @ (behaviour * pull).sum(1))

    @property
    def bounded(self) -> bool:
        """Whether dense rewards have a largest value, which better actions reach more often; else they are shifted."""
        return self.size[0] in ("uniform", "price")

    @cached_property
    def means(self) -> np.ndarray:
        """(contexts, actions) expected reward without the offset."""
        if not self.dense:
            return self.rates * sizes.mean(self.size)
        if self.bounded:
            top = sizes.known_range(self.size)[1]
            return self.bonus * top + (1.0 - self.bonus) * sizes.mean(self.size)
        return sizes.mean(self.size) + self.bonus

    @cached_property
    def bonus(self) -> np.ndarray:
        """(contexts, actions) of dense rewards: the chance of the largest value, or the shift."""
        return np.minimum(0.15 * self.rates, 0.6)

    @cached_property
    def stay(self) -> np.ndarray:
        """(contexts, actions) chance that the session goes on."""
        rng = np.random.default_rng([self.seed, 3])
        if self.leave == 0:
            return np.ones(self.rates.shape)
        return 1.0 - np.clip(self.leave * np.exp(0.3 * rng.standard_normal(self.rates.shape)), 0.0, 0.9)

    @cached_property
    def truths(self) -> tuple[float, float]:
        """Values of the target and of the behaviour policy."""
        behaviour, target, _ = self.policies
        return self._value(target), self._value(behaviour)

    def _value(self, policy: np.ndarray) -> float:
        on = (policy * self.stay).sum(1)
        now = (policy * (self.means + self.offset)).sum(1)
        return float(sum(CONTEXTS @ (now * (self.gamma * on) ** t) for t in range(self.steps)))

    @cached_property
    def q(self) -> tuple[np.ndarray, np.ndarray]:
        """(steps, contexts, actions) the model of a step and all later ones, and its mean under the target."""
        _, target, _ = self.policies
        rng = np.random.default_rng([self.seed, 4])
        guess = {
            "good": self.means * np.exp(0.1 * rng.standard_normal(self.means.shape)),
            "bad": rng.permuted(2.0 * self.means, axis=1),
            "sparse": np.full(self.means.shape, self.means.mean()),
        }[self.model]
        q, later = [], np.zeros(4)
        for _ in range(self.steps):
            q.append(guess + self.offset + self.gamma * self.stay * later[:, None])
            later = (target * q[-1]).sum(1)
        q = np.stack(q[::-1])
        return q, (target * q).sum(2)
