"""Training in the simulator itself: what can be reached there, to measure those against that only saw a log.

    policies = online.train(task, "ppo", seed=0)
    task.true_value(policies["greedy"]).value

An algorithm that plays cannot be run on a real shop's log; it says how much a shop had to give.
"""

from __future__ import annotations

import contextlib
import functools
import io
import random
from abc import ABC, abstractmethod
from collections.abc import Iterator
from importlib import metadata
from typing import TYPE_CHECKING, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from ..extras import require
from ..mdp.to_d3rlpy.quiet import d3rlpy
from ..parsing import validated
from ..policies import Greedy, Policy, Softmax
from ..registry import Registry
from ..tasks.base import Task

if TYPE_CHECKING:
    from stable_baselines3.common.policies import ActorCriticPolicy

UNITS = (64, 64)
"""Hidden layers of every network here, as wide as those that learn from logs."""


class OnlineConfig(BaseModel, ABC):
    """What both learners share. Unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    steps: int = Field(ge=1)
    """Decisions played."""
    learning_rate: float = Field(gt=0.0)
    """Step size of Adam."""
    batch_size: int = Field(default=256, ge=1)
    """Rows a gradient step."""

    @abstractmethod
    def learn(self, task: Task, seed: int) -> dict[str, Policy]:
        """Play and learn: form -> policy."""


class PPO(OnlineConfig):
    """Proximal policy optimisation (Schulman et al. 2017), stable-baselines3's, on many users at once.

    Rewards are divided by a running standard deviation of the discounted return while training, and only there. The
    learning rate falls in a line to 0, which it has for the rollout that reaches the last step: `steps` must be more
    than one rollout of all users.
    """

    steps: int = Field(default=1_000_000, ge=1)
    learning_rate: float = Field(default=1e-3, gt=0.0)
    batch_size: int = Field(default=1024, ge=1)
    users: int = Field(default=128, ge=1)
    """Users present at any time; whoever leaves is replaced."""
    rollout: int = Field(default=64, ge=1)
    """Decisions for each of these seats between two updates."""
    epochs: int = Field(default=10, ge=1)
    """Passes over these decisions."""
    entropy: float = Field(default=0.01, ge=0.0)
    """Weight of the policy's entropy."""
    trace: float = Field(default=0.95, ge=0.0, le=1.0)
    """lambda of generalised advantage estimation."""

    @model_validator(mode="after")
    def _learns(self) -> Self:
        if self.steps <= self.users * self.rollout:
            rollout = f"{self.users} users x {self.rollout} decisions"
            raise ValueError(f"{self.steps} steps are no more than one rollout, {rollout}: nothing would be learned")
        return self

    def learn(self, task: Task, seed: int) -> dict[str, Policy]:
        """The trained policy as it is (`stochastic`), and its likeliest action (`greedy`)."""
        require("online", "PPO", where="ppo")
        # Its import brings a notice about Gym.
        with contextlib.redirect_stderr(io.StringIO()):
            import stable_baselines3 as sb3
            from stable_baselines3.common.vec_env import VecNormalize

            from .user_stream import UserStream

        model = sb3.PPO(
            "MlpPolicy",
            VecNormalize(UserStream(task, self.users, seed), norm_obs=False, gamma=task.gamma),
            learning_rate=self._step_size,
            n_steps=self.rollout,
            batch_size=self.batch_size,
            n_epochs=self.epochs,
            gamma=task.gamma,
            gae_lambda=self.trace,
            ent_coef=self.entropy,
            policy_kwargs={"net_arch": list(UNITS)},
            seed=seed,
            device="cpu",
        )
        model.learn(self.steps)
        logits = functools.partial(_logits, model.policy)
        return {"stochastic": Softmax(logits, task.action_count, 1.0), "greedy": Greedy(logits, task.action_count)}

    def _step_size(self, remaining: float) -> float:
        """Of Adam, when this share of the steps remains; the last rollout may go beyond them."""
        return self.learning_rate * max(remaining, 0.0)


class OnlineDQN(OnlineConfig):
    """Double DQN (van Hasselt et al. 2016), d3rlpy's, that explores epsilon-greedily while it learns."""

    steps: int = Field(default=15_000, ge=1)
    learning_rate: float = Field(default=5e-4, gt=0.0)
    batch_size: int = Field(default=64, ge=1)
    update_every: int = Field(default=2, ge=1)
    """Decisions between two gradient steps."""
    target_update_interval: int = Field(default=200, ge=1)
    """Gradient steps between copies into the target network."""
    buffer: int = Field(default=15_000, ge=1)
    """Decisions remembered."""
    exploration: float = Field(default=0.5, gt=0.0, le=1.0)
    """Share of the steps over which epsilon falls from 1 to `final_epsilon`."""
    final_epsilon: float = Field(default=0.05, ge=0.0, le=1.0)
    """Share of random decisions from then on."""

    def learn(self, task: Task, seed: int) -> dict[str, Policy]:
        """The action of largest Q (`greedy`)."""
        from .algorithms import DoubleDQN
        from .networks import NetworkBuilder, score

        d3 = d3rlpy()
        config = DoubleDQN(
            learning_rate=self.learning_rate,
            hidden_units=UNITS,
            target_update_interval=self.target_update_interval,
            gamma=task.gamma,
        )
        networks = NetworkBuilder("mlp", task.layout, task.action_count, UNITS, config.embedding_size, "cpu")
        algorithm = config.build(networks, self.batch_size)
        env = task.env()
        env.reset(seed=seed)  # fit_online gives no seed; its own resets go on from this one
        algorithm.algo.fit_online(
            env,
            buffer=d3.dataset.create_fifo_replay_buffer(self.buffer, env=env),
            explorer=d3.algos.LinearDecayEpsilonGreedy(
                end_epsilon=self.final_epsilon, duration=max(1, round(self.exploration * self.steps))
            ),
            n_steps=self.steps,
            n_steps_per_epoch=self.steps,
            update_interval=self.update_every,
            logger_adapter=d3.logging.NoopAdapterFactory(),
            show_progress=False,
        )
        network = algorithm.score_network().eval().requires_grad_(False)
        return {"greedy": Greedy(functools.partial(score, network), task.action_count)}


LEARNERS: Registry[type[OnlineConfig]] = Registry("online learner", {"online-dqn": OnlineDQN, "ppo": PPO})
"""Learner id -> its config class."""


def make_config(learner: str, **config: object) -> OnlineConfig:
    """A learner's config with overrides applied.

    Raises:
        UnknownNameError: no such learner.
        InputError: an unknown field, or a value out of its range.
    """
    return validated(config, LEARNERS[learner], f"config of {learner}")


def train(task: Task, learner: str, *, seed: int = 0, **config: object) -> dict[str, Policy]:
    """Let a learner play in a task.

    The same task, config and seed give the same policies on one machine; global random states are left as they were.

    Args:
        task: the shop.
        learner: id in `LEARNERS`.
        seed: of the users, the initial weights and the exploration.
        config: overrides of the learner's config.

    Returns:
        Form -> policy, over the last network; see the learner.

    Raises:
        UnknownNameError: no such learner.
        InputError: an unknown config field, or a value out of its range.
        MissingExtraError: PPO without stable-baselines3.
    """
    settings = make_config(learner, **config)
    with _seeded(seed):
        return settings.learn(task, seed)


def _logits(policy: ActorCriticPolicy, states: np.ndarray) -> np.ndarray:
    """(n, state size) -> (n, A) log-probabilities of stable-baselines3's actor."""
    import torch

    with torch.no_grad():
        distribution = policy.get_distribution(torch.as_tensor(states)).distribution
    assert isinstance(distribution, torch.distributions.Categorical), "a task's actions are numbers"
    return distribution.logits.numpy()


@contextlib.contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Both libraries draw from the global generators of Python, numpy and torch: seed them here, restore them after."""
    from .device import seeded

    kept = random.getstate(), np.random.get_state()  # noqa: NPY002
    try:
        with seeded(seed, "cpu"):
            random.seed(seed)
            np.random.seed(seed)  # noqa: NPY002
            yield
    finally:
        random.setstate(kept[0])
        np.random.set_state(kept[1])  # noqa: NPY002


def versions(learner: str) -> str:
    """What a learner is made of, with the versions installed."""
    names = {"ppo": "stable-baselines3", "online-dqn": "d3rlpy"}
    return ", ".join(f"{name} {metadata.version(name)}" for name in (names[LEARNERS.canonical(learner)], "torch"))
