"""The task contract: a simulated shop, its policies, its logs and its true values."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal

import numpy as np
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializationInfo,
    SerializerFunctionWrapHandler,
    model_serializer,
)
from typing_extensions import TypeVar

from ..errors import UnknownNameError
from ..mdp.dataset import StateLayout, TransitionDataset
from ..policies.policy import Policy
from .identity import TaskIdentity, canonical
from .rollout import USERS
from .simulated_logs import write_log
from .simulator import Simulator, check_seed
from .true_value_cache import TruthKey, remembered
from .true_values import TrueValue, check_precision, returns, true_value

if TYPE_CHECKING:
    from .environment import TaskEnv
    from .expected_outcomes import ExpectedOutcomes
    from .upper_bounds import UpperBound

EASY = "easy"
"""The stratum of the defaults, which every task has."""


class TaskConfig(BaseModel):
    """The parameters of every task. Unknown fields and values out of range are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    asked: ClassVar[frozenset[str]] = frozenset({"gamma"})
    """Fields that set the problem instead of describing the users; all variants of a task have the same."""
    added: ClassVar[frozenset[str]] = frozenset({"rollouts"})
    """Fields that came after the task was published: their defaults leave every number as it was, and variants draw
    their factors last."""

    gamma: float = Field(default=0.9, ge=0.0, le=1.0)
    """Discount factor of the return."""
    horizon: int = Field(default=40, ge=1, le=1_000)
    """Longest session, in decisions."""
    rollouts: Literal["drawn", "expected"] = "drawn"
    """What `true_value` sums: the rewards that were drawn, or in their place what each decision earns on average, given
    where its user stands before it. The mean is the same, the standard error less, where rewards are rare far less."""

    @model_serializer(mode="wrap")
    def _without_unused(self, serialise: SerializerFunctionWrapHandler, info: SerializationInfo) -> dict[str, Any]:
        """As JSON, which identities are made of, added fields at their defaults are left out: the shop is written as
        before there were any."""
        content: dict[str, Any] = serialise(self)
        if info.mode == "json":
            for name in self.added:
                if name in content and getattr(self, name) == type(self).model_fields[name].get_default():
                    del content[name]
        return content


ConfigT_co = TypeVar("ConfigT_co", bound=TaskConfig, default=TaskConfig, covariant=True)
"""The config of a task: `class MyShop(Task[MyShopConfig])` knows the fields of its `self.config`; a plain `Task` may be
any."""


class Task(ABC, Generic[ConfigT_co]):
    """A simulated shop with a known answer.

    Args:
        config: the parameters of its model.
        seed: fixes the shop. The users are drawn anew by the seeds of `simulator`, `log` and `true_value`.
    """

    id: str
    """Registered name, ending in its version: `recommend-v1`."""
    version: int = 1
    """The number in the id. It rises when the same seed and config give other rewards, states or session lengths."""
    Config: ClassVar[type[TaskConfig]]
    strata: ClassVar[Mapping[str, Mapping[str, object]]] = {EASY: {}}
    """Name -> the parameters that it sets in place of the defaults; `easy` sets none. See `docs/tasks.md`."""
    action_count: int
    observation_names: tuple[str, ...]
    """One name for each column of a state."""
    metric_names: tuple[str, ...]
    """Outcomes recorded for every decision, beside the reward."""
    action_names: tuple[str, ...]

    def __init_subclass__(cls, **arguments: object):
        super().__init_subclass__(**arguments)
        if ending := re.search(r"-v(\d+)$", cls.__dict__.get("id", "")):
            cls.version = int(ending[1])

    def __init__(self, config: ConfigT_co, seed: int = 0):
        self.config, self.seed = config, seed
        self._truths: dict[TruthKey, TrueValue] = {}

    # --- what a task defines ------------------------------------------------------------------------------------
    @property
    @abstractmethod
    def behaviour(self) -> Policy:
        """The behaviour policy, which logs are taken under by default."""

    @abstractmethod
    def behaviour_policies(self) -> dict[str, Policy]:
        """Behaviour policies to log with, by name, from much exploration to hardly any."""

    @abstractmethod
    def target_policies(self) -> dict[str, Policy]:
        """Target policies by name: a ladder of fixed policies from bad to good."""

    @abstractmethod
    def simulator(self, n_users: int, seed: int | Sequence[int], users: Sequence[int] | None = None) -> Simulator:
        """A batch of users; see `Simulator`."""

    @property
    @abstractmethod
    def observation_bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """Lowest and highest value of each column of a state, (state size,) float32."""

    # --- what every task has -----------------------------------------------------------------------------------
    @property
    def gamma(self) -> float:
        """Discount factor of the return."""
        return self.config.gamma

    @property
    def horizon(self) -> int:
        """Longest session, in decisions."""
        return self.config.horizon

    @property
    def layout(self) -> StateLayout:
        """How the columns of a state read; the same as those of a log's `states()`."""
        return StateLayout(context=len(self.observation_names))

    @cached_property
    def identity(self) -> TaskIdentity:
        """What the shop is; `make` sets it from its arguments."""
        return TaskIdentity(self.id, self.version, self.seed, None, canonical(self.config))

    @property
    def reference_identity(self) -> TaskIdentity:
        """The shop whose reference policies are 100 in this one: itself, unless another has the same users."""
        return self.identity

    def named_policies(self) -> dict[str, Policy]:
        """Every policy that the task names: the behaviour policy, those to log with, and the target policies."""
        return {"behaviour": self.behaviour} | self.behaviour_policies() | self.target_policies()

    @cached_property
    def behaviour_value(self) -> float:
        """Value of the behaviour policy at the task's gamma, the yardstick of `true_value`'s relative error.

        Exact where the task has a closed form. Otherwise taken from 16,384 sessions with a seed of their own, so it is
        itself accurate to about 1 %.
        """
        if (exact := self.exact_value(self.behaviour, self.gamma)) is not None:
            return exact.value
        parts = [returns(self, self.behaviour, USERS, 0, batch, self.gamma)[:, 0] for batch in range(4)]
        return float(np.mean(parts))

    def exact_value(self, policy: Policy, gamma: float) -> TrueValue | None:
        """The policy's value in closed form (standard error 0, no episodes played); None where it has to be played.

        Args:
            policy: any policy.
            gamma: discount factor.

        Raises:
            InputError: the policy has another number of actions, or its rows are not probabilities.
        """
        return None

    def expected_outcomes(self) -> ExpectedOutcomes | None:
        """What each decision earns on average, where sessions are one decision and that is known; else None."""
        return None

    @property
    def optimum(self) -> float | None:
        """The most that any policy can earn, exactly; None where that is not known."""
        outcomes = self.expected_outcomes()
        return outcomes.best_value if outcomes else None

    @cached_property
    def upper_bound(self) -> UpperBound | None:
        """What no policy of the shop can exceed, and how that was found; None where no bound is known."""
        from .upper_bounds import upper_bound

        return upper_bound(self)

    def log(
        self, episodes: int, policy: Policy | None = None, seed: int = 1, train_fraction: float = 0.8
    ) -> TransitionDataset:
        """Decisions logged by a policy (None: the behaviour policy), with exact propensities.

        See `simulated_logs.write_log`.

        Raises:
            InputError: too few episodes, a negative seed, or a policy whose rows are not probabilities.
        """
        check_seed(seed)
        return write_log(self, episodes, policy or self.behaviour, seed, train_fraction)

    def true_value(
        self,
        policy: Policy | str,
        relative_error: float = 0.02,
        seed: int = 2,
        gamma: float | None = None,
        cache: str | Path | None = None,
    ) -> TrueValue:
        """The policy's value, exact where the task has a closed form, else by rollout, to a standard error of at most
        relative_error x |behaviour value|.

        The behaviour value is `behaviour_value`, at the task's own gamma. Every policy meets the same users (common
        random numbers) as long as the seed is the same. A policy that the task names is played once: its value is
        kept under the task's identity, the name and the arguments. Any other policy is played anew.

        Args:
            policy: a name in `named_policies`, or a policy. The object `task.behaviour` counts as its name.
            relative_error: in (0, 1].
            seed: of the users; take one that no log has.
            gamma: discount factor; None takes the task's.
            cache: a folder that keeps values from one process to the next.

        Raises:
            UnknownNameError: the task does not name such a policy.
            InputError: an argument out of range, or a policy whose rows are not probabilities.
            OutputError: the cache cannot be written.
        """
        check_seed(seed)
        gamma = self.gamma if gamma is None else gamma
        check_precision(relative_error, gamma)
        if policy is self.behaviour:
            policy = "behaviour"
        if not isinstance(policy, str):
            return self._value(policy, relative_error, seed, gamma)
        name = policy
        key = TruthKey(self.identity, name, relative_error, seed, gamma)
        return remembered(key, self._truths, cache, lambda: self._value(self._named(name), relative_error, seed, gamma))

    def _named(self, name: str) -> Policy:
        policies = self.named_policies()
        if name not in policies:
            raise UnknownNameError(f"policy of {self.id}", name, policies)
        return policies[name]

    def _value(self, policy: Policy, relative_error: float, seed: int, gamma: float) -> TrueValue:
        if (exact := self.exact_value(policy, gamma)) is not None:
            return exact
        scale = self.behaviour_value
        return true_value(self, policy, scale=scale, relative_error=relative_error, seed=seed, gamma=gamma)

    def env(self) -> TaskEnv:
        """One user at a time, as a Gymnasium environment over the same simulator."""
        from .environment import TaskEnv

        return TaskEnv(self)
