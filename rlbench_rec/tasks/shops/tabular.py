"""`tabular-v1`: a small random MDP whose policy values are exact."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
from pydantic import Field

from ...errors import InputError
from ...policies import Policy, QFunction
from ..policy_ladder import ScoredConfig, ScoredTask
from ..rollout import checked
from ..simulator import Simulator
from ..true_values import TrueValue


class TabularConfig(ScoredConfig):
    """Size and shape of the MDP."""

    states: int = Field(default=10, ge=1, le=1_000)
    """States a user can be in."""
    actions: int = Field(default=5, ge=1, le=1_000)
    """Actions."""
    branching: float = Field(default=0.1, gt=0.0, le=100.0)
    """Concentration of the Dirichlet distribution that transitions are drawn from: small leads nearly surely to one
    state, large to all alike."""
    worst: float = Field(default=0.2, ge=0.0, le=1.0)
    """What a click rate is worth in the worst state, as a share of the best one's; 1: all states are alike."""
    leave: float = Field(default=0.1, ge=0.0, le=1.0)
    """Probability of leaving after each decision."""


class TabularSimulator(Simulator):
    """A batch of users, each in one state."""

    draws_at_start = 1
    draws_per_step = 3

    def __init__(self, task: Tabular, n_users: int, seed: int | Sequence[int], users: Sequence[int] | None = None):
        super().__init__(task.action_count, task.horizon, n_users, seed, users)
        self.task = task
        self.cumulative = np.cumsum(task.transitions, axis=2)
        self.start = np.cumsum(task.start)

    def _begin(self, uniforms: np.ndarray) -> dict[str, np.ndarray]:
        return {"state": _invert(np.broadcast_to(self.start, (uniforms.shape[1], len(self.start))), uniforms[0])}

    def _react(self, actions: np.ndarray, uniforms: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        state = self.users["state"]
        click = uniforms[0] < self.task.click_rates[state, actions]
        self.users["state"] = _invert(self.cumulative[state, actions], uniforms[1])
        leaves = uniforms[2] < self.task.config.leave
        return click.astype(np.float32), click[:, None].astype(np.float32), leaves

    def _observe(self) -> np.ndarray:
        return self.task.one_hot[self.users["state"]]


class Tabular(ScoredTask[TabularConfig]):
    """A random MDP of a few states with values by dynamic programming: the truth without sampling error.

    Users begin in a state drawn uniformly; an action a in state s earns a click (reward 1) with probability R(s, a),
    leads to state s' with probability P(s'|s, a), and then the user leaves with probability `leave`, at the latest
    after `horizon` steps. R(s, a) = u_s U(0, 1) with u_s evenly spread from `worst` to 1, so that it matters where one
    gets to; each row of P is drawn from Dirichlet(branching). With p = 1 - leave,

        V_0(s) = 0,   V_k(s) = sum_a pi(a|s) [R(s, a) + gamma p sum_s' P(s'|s, a) V_{k-1}(s')]
        V(pi)  = mean over s of V_horizon(s)

    A state is one-hot. The standard error of an exact value is 0. The score `myopic` is R, `farsighted` the optimal Q.

    Metrics per decision: CTR = click.
    """

    id = "tabular-v1"
    Config = TabularConfig
    metric_names = ("CTR",)

    def __init__(self, config: TabularConfig, seed: int = 0):
        super().__init__(config, seed)
        rng = np.random.default_rng(seed)
        states, self.action_count = config.states, config.actions
        worth = np.linspace(config.worst, 1.0, states) if states > 1 else np.ones(1)
        self.click_rates = rng.permutation(worth)[:, None] * rng.random((states, config.actions))
        self.transitions = rng.dirichlet(np.full(states, config.branching), size=(states, config.actions))
        self.start = np.full(states, 1.0 / states)
        self.one_hot = np.eye(states, dtype=np.float32)
        self.observation_names = tuple(f"state_{s}" for s in range(states))
        self.action_names = tuple(f"action-{a}" for a in range(config.actions))

    def scores(self) -> dict[str, QFunction]:
        return {"myopic": partial(_look_up, self.click_rates), "farsighted": partial(_look_up, self.optimal_values())}

    def simulator(
        self, n_users: int, seed: int | Sequence[int], users: Sequence[int] | None = None
    ) -> TabularSimulator:
        return TabularSimulator(self, n_users, seed, users)

    @property
    def observation_bounds(self) -> tuple[np.ndarray, np.ndarray]:
        states = self.config.states
        return np.zeros(states, np.float32), np.ones(states, np.float32)

    # --- exact values ------------------------------------------------------------------------------------------
    def state_values(self, policy: Policy, gamma: float | None = None) -> np.ndarray:
        """(S,) V_horizon of the policy; see the class."""
        gamma = self.gamma if gamma is None else gamma
        chances = checked(policy, policy.probabilities(self.one_hot))
        earned = (chances * self.click_rates).sum(axis=1)
        onward = gamma * (1.0 - self.config.leave) * np.einsum("sa,sat->st", chances, self.transitions)
        values = np.zeros(self.config.states)
        for _ in range(self.horizon):
            values = earned + onward @ values
        return values

    def optimal_values(self) -> np.ndarray:
        """(S, A) Q of the best policy when the horizon is far, by value iteration over `horizon` steps."""
        values = np.zeros_like(self.click_rates)
        for _ in range(self.horizon):
            ahead = self.transitions @ values.max(axis=1)
            values = self.click_rates + self.gamma * (1.0 - self.config.leave) * ahead
        return values

    def exact_value(self, policy: Policy, gamma: float) -> TrueValue | None:
        """The policy's exact value, by dynamic programming. A policy that looks back is played, since its value is no
        function of the state."""
        if policy.memory is not None:
            return None
        if policy.action_count != self.action_count:
            raise InputError(
                f"The policy has {policy.action_count} actions, {self.id} has {self.action_count}.",
                where=f"policy {policy.name}",
            )
        value = float(self.start @ self.state_values(policy, gamma))
        # The reward is the click, so the metric has the same value.
        return TrueValue(value, 0.0, 0, {"CTR": (value, 0.0)})


def _look_up(table: np.ndarray, states: np.ndarray) -> np.ndarray:
    return table[np.argmax(states, axis=1)]


def _invert(cumulative: np.ndarray, uniforms: np.ndarray) -> np.ndarray:
    # The last sum can fall short of 1 by rounding; a number above it belongs to the last state.
    return np.minimum((cumulative <= uniforms[:, None]).sum(axis=1), cumulative.shape[1] - 1)
