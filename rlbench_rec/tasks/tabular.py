"""`tabular-v1`: a small random MDP whose policy values are exact."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, partial

import numpy as np
from pydantic import Field

from ..errors import InputError
from ..policies import EpsilonGreedy, Policy, QFunction, Softmax, Uniform
from .base import Task, TaskConfig
from .rollout import checked
from .simulator import Simulator, check_seed
from .truth import TrueValue, check_precision


class TabularConfig(TaskConfig):
    """Size and shape of the MDP."""

    states: int = Field(10, ge=1, le=1_000)
    """States a user can be in."""
    actions: int = Field(5, ge=1, le=1_000)
    """Actions."""
    branching: float = Field(0.3, gt=0.0, le=100.0)
    """Concentration of the Dirichlet distribution that transitions are drawn from: small leads nearly surely to one
    state, large to all alike."""
    leave: float = Field(0.1, ge=0.0, le=1.0)
    """Probability of leaving after each decision."""
    score_noise: float = Field(0.1, ge=0.0, le=10.0)
    """Standard deviation of the error in the behaviour policy's score, which is the mean reward of the next click."""
    tau: float = Field(0.3, gt=0.0)
    """Temperature of the behaviour policy."""


class TabularSimulator(Simulator):
    """A batch of users, each in one state."""

    draws_at_start = 1
    draws_per_step = 3

    def __init__(self, task: Tabular, n_users: int, seed: int | Sequence[int], users: Sequence[int] | None = None):
        super().__init__(task.action_count, task.horizon, n_users, seed, users)
        self.task = task
        self.cumulative = np.cumsum(task.transitions, axis=2)
        self.start = np.cumsum(task.start)

    def _begin(self, luck: np.ndarray) -> dict[str, np.ndarray]:
        return {"state": _invert(np.broadcast_to(self.start, (luck.shape[1], len(self.start))), luck[0])}

    def _react(self, actions: np.ndarray, luck: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        state = self.users["state"]
        click = luck[0] < self.task.click_rates[state, actions]
        self.users["state"] = _invert(self.cumulative[state, actions], luck[1])
        leaves = luck[2] < self.task.config.leave
        return click.astype(np.float32), click[:, None].astype(np.float32), leaves

    def _observe(self) -> np.ndarray:
        return self.task.one_hot[self.users["state"]]


class Tabular(Task):
    """A random MDP of a few states with values by dynamic programming: the truth without sampling error.

    Users begin in a state drawn uniformly; an action a in state s earns a click (reward 1) with probability
    R(s, a) ~ U(0, 1), leads to state s' with probability P(s'|s, a), each row drawn from Dirichlet(branching), and then
    the user leaves with probability `leave`, at the latest after `horizon` steps. With p = 1 - leave,

        V_0(s) = 0,   V_k(s) = sum_a pi(a|s) [R(s, a) + gamma p sum_s' P(s'|s, a) V_{k-1}(s')]
        V(pi)  = mean over s of V_horizon(s)

    A state is one-hot. The standard error of an exact value is 0.

    Metrics per decision: CTR = click.
    """

    id = "tabular-v1"
    Config = TabularConfig
    metric_names = ("CTR",)

    def __init__(self, config: TabularConfig, seed: int = 0):
        super().__init__(config, seed)
        rng = np.random.default_rng(seed)
        states, self.action_count = config.states, config.actions
        self.click_rates = rng.random((states, config.actions))
        self.transitions = rng.dirichlet(np.full(states, config.branching), size=(states, config.actions))
        self.start = np.full(states, 1.0 / states)
        self.noise = rng.standard_normal((states, config.actions))
        self.one_hot = np.eye(states, dtype=np.float32)
        self.observation_names = tuple(f"state_{s}" for s in range(states))
        self.action_names = tuple(f"action-{a}" for a in range(config.actions))

    @cached_property
    def behaviour(self) -> Policy:
        """Softmax over a noisy score of the next click."""
        policy = Softmax(self._score, self.action_count, self.config.tau)
        policy.name = "behaviour"
        return policy

    def logging_policies(self) -> dict[str, Policy]:
        policies: dict[str, Policy] = {"random": Uniform(self.action_count)}
        policies |= {f"softmax-{tau:g}": Softmax(self._score, self.action_count, tau) for tau in (1.0, 0.3, 0.1)}
        return policies | {"epsilon-0.05": EpsilonGreedy(self._score, self.action_count, 0.05)}

    def evaluation_policies(self) -> dict[str, Policy]:
        """Random, behaviour, and softmax policies over the optimal values, from avoiding them to following them."""
        best = self._lookup(self.optimal_values())
        ladder: dict[str, Policy] = {"random": Uniform(self.action_count), "behaviour": self.behaviour}
        ladder["worst"] = Softmax(self._lookup(-self.optimal_values()), self.action_count, 0.1)
        for name, tau in {"mild": 1.0, "firm": 0.3, "best": 0.03}.items():
            ladder[name] = Softmax(best, self.action_count, tau)
        for name in ("worst", "mild", "firm", "best"):
            ladder[name].name = name
        return ladder

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

    @cached_property
    def behaviour_value(self) -> float:
        """Exact value of the behaviour policy."""
        return float(self.start @ self.state_values(self.behaviour))

    def true_value(
        self, policy: Policy, relative_error: float = 0.02, seed: int = 2, gamma: float | None = None
    ) -> TrueValue:
        """The policy's exact value: standard error 0, no episodes played. `relative_error` and `seed` change nothing.

        Raises:
            InputError: an argument out of range, or a policy whose rows are no probabilities.
        """
        check_seed(seed)
        check_precision(relative_error, self.gamma if gamma is None else gamma)
        if policy.action_count != self.action_count:
            raise InputError(
                f"The policy has {policy.action_count} actions, {self.id} has {self.action_count}.",
                where=f"policy {policy.name}",
            )
        value = float(self.start @ self.state_values(policy, gamma))
        # The reward is the click, so the metric has the same value.
        return TrueValue(value, 0.0, 0, {"CTR": (value, 0.0)})

    def _score(self, states: np.ndarray) -> np.ndarray:
        return self._lookup(self.click_rates + self.config.score_noise * self.noise)(states)

    def _lookup(self, table: np.ndarray) -> QFunction:
        return partial(_look_up, table)


def _look_up(table: np.ndarray, states: np.ndarray) -> np.ndarray:
    return table[np.argmax(states, axis=1)]


def _invert(cumulative: np.ndarray, luck: np.ndarray) -> np.ndarray:
    # The last sum can fall short of 1 by rounding; luck above it belongs to the last state.
    return np.minimum((cumulative <= luck[:, None]).sum(axis=1), cumulative.shape[1] - 1)
