"""A simulated shop: which tea to show to whom, when nobody likes to see the same one twice."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from pydantic import Field

from rlbench_rec.policies import QFunction
from rlbench_rec.tasks import Simulator
from rlbench_rec.tasks.policy_ladder import ScoredConfig, ScoredTask

CUSTOMERS = ("ann", "bob", "cleo", "dan", "eve", "finn", "gus", "hana")
TEAS = ("assam", "darjeeling", "earl-grey", "rooibos", "sencha")


class TeaRoomConfig(ScoredConfig):
    """Parameters of the shop, in log-odds unless said otherwise."""

    horizon: int = Field(default=10, ge=1, le=1_000)
    """Longest visit, in decisions."""
    click_base: float = Field(default=-1.0, ge=-8.0, le=4.0)
    """Click on a tea that a customer neither likes nor dislikes."""
    taste: float = Field(default=1.0, ge=0.0, le=4.0)
    """Standard deviation of the customers' tastes."""
    boredom: float = Field(default=2.0, ge=0.0, le=8.0)
    """Taken from the click where the tea is the one shown last."""
    leave: float = Field(default=0.1, ge=0.0, le=1.0)
    """Probability of leaving after a decision."""


class TeaRoomSimulator(Simulator):
    """A batch of visits; see `TeaRoom` for the equations."""

    draws_at_start = 1
    draws_per_step = 2

    def __init__(self, task: TeaRoom, n_users: int, seed: int | Sequence[int], users: Sequence[int] | None = None):
        super().__init__(task.action_count, task.horizon, n_users, seed, users)
        self.task = task

    def _begin(self, uniforms: np.ndarray) -> dict[str, np.ndarray]:
        customer = np.minimum((uniforms[0] * len(CUSTOMERS)).astype(np.int64), len(CUSTOMERS) - 1)
        return {"customer": customer, "last": np.full(len(customer), -1)}

    def _react(self, actions: np.ndarray, uniforms: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        chances = self.task.click_chances(self.users["customer"], self.users["last"])
        clicks = (uniforms[0] < chances[np.arange(len(actions)), actions]).astype(np.float32)
        self.users["last"] = actions.astype(np.int64)
        return clicks, clicks[:, None], uniforms[1] < self.task.config.leave

    def _observe(self) -> np.ndarray:
        customer = self.users["customer"][:, None] == np.arange(len(CUSTOMERS))
        last = self.users["last"][:, None] == np.arange(len(TEAS))
        return np.column_stack([customer, last]).astype(np.float32)


class TeaRoom(ScoredTask[TeaRoomConfig]):
    """Which tea to show: customers have their tastes, and are bored by what was shown last.

    Each visit is of one of eight known customers u. With sigma the logistic function, a tea a earns a click (reward 1)
    with probability

        P(click) = sigma(click_base + taste z_ua - boredom 1{a shown last}),    z_ua ~ N(0, 1) drawn once per shop

    and the visit ends with probability `leave` after each decision. A state is (customer one-hot, last tea one-hot).
    The score `myopic` is P(click), `farsighted` the optimal Q of a long visit.

    Metrics per decision: CTR = click.
    """

    id = "tea-room-v1"
    Config = TeaRoomConfig
    metric_names = ("CTR",)
    observation_names = (*(f"customer={name}" for name in CUSTOMERS), *(f"last={name}" for name in TEAS))
    action_names = TEAS
    action_count = len(TEAS)

    def __init__(self, config: TeaRoomConfig, seed: int = 0):
        super().__init__(config, seed)
        self.tastes = config.taste * np.random.default_rng(seed).standard_normal((len(CUSTOMERS), len(TEAS)))

    def click_chances(self, customer: np.ndarray, last: np.ndarray) -> np.ndarray:
        """(n,) customers and the teas shown last (-1: none) -> (n, A) P(click)."""
        bored = self.config.boredom * (last[:, None] == np.arange(len(TEAS)))
        return 1.0 / (1.0 + np.exp(bored - self.config.click_base - self.tastes[customer]))

    def simulator(
        self, n_users: int, seed: int | Sequence[int], users: Sequence[int] | None = None
    ) -> TeaRoomSimulator:
        return TeaRoomSimulator(self, n_users, seed, users)

    @property
    def observation_bounds(self) -> tuple[np.ndarray, np.ndarray]:
        width = len(self.observation_names)
        return np.zeros(width, np.float32), np.ones(width, np.float32)

    def scores(self) -> dict[str, QFunction]:
        return {"myopic": self.expected_reward, "farsighted": self.optimal}

    def expected_reward(self, states: np.ndarray) -> np.ndarray:
        """(n, A) probability of a click."""
        return self.click_chances(*self._read(states))

    def optimal(self, states: np.ndarray) -> np.ndarray:
        """(n, A) optimal Q by value iteration, as if visits had no longest length."""
        customer, last = self._read(states)
        everybody = np.arange(len(CUSTOMERS))
        clicks = np.stack([self.click_chances(everybody, np.full(len(everybody), tea)) for tea in range(len(TEAS))])
        onward = self.gamma * (1.0 - self.config.leave)
        ahead = np.zeros((len(CUSTOMERS), len(TEAS)))
        for _ in range(self.horizon):
            # What is shown now is what was shown last then: (customer, tea shown).
            ahead = (clicks + onward * ahead).max(axis=2).T
        return self.click_chances(customer, last) + onward * ahead[customer]

    @staticmethod
    def _read(states: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        shown = states[:, len(CUSTOMERS) :]
        return states[:, : len(CUSTOMERS)].argmax(axis=1), np.where(shown.any(axis=1), shown.argmax(axis=1), -1)
