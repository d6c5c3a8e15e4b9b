"""Policies that every task has: some to log with, by how much they explore, and a ladder of targets from bad to good.

A `ScoredTask` gives scores of its actions; here they become policies, in the same way for every task.
"""

from __future__ import annotations

from abc import abstractmethod
from functools import cached_property

import numpy as np
from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import TypeVar

from ..errors import UnknownNameError
from ..policies import Policy, QFunction, Uniform, softmax
from .base import Task, TaskConfig

NOISE_STREAM = 1
"""Keeps the errors of the scores apart from everything else that the shop's seed draws."""


class ScoreBlend(BaseModel):
    """A policy as a few numbers: a softmax over a weighted sum of the task's scores, mixed with the uniform policy.

    With z_k(s, a) the task's score k, shifted and scaled in each state to mean 0 and standard deviation 1 over actions
    (so that a temperature means the same in every task), and u_a ~ N(0, 1) drawn once per shop:

        blend(s, a) = sum_k score[k] z_k(s, a) + noise u_a
        pi(a|s)     = (1 - epsilon) softmax(blend / tau) + epsilon / A       (tau = 0: greedy)
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    score: dict[str, float]
    """Weight of each of the task's scores, by name; a negative weight avoids what the score prefers."""
    noise: float = Field(default=0.0, ge=0.0, le=10.0)
    """Standard deviation of the blend's error."""
    tau: float = Field(default=1.0, ge=0.0, le=100.0)
    """Temperature of the softmax; 0 is greedy."""
    epsilon: float = Field(default=0.0, ge=0.0, le=1.0)
    """Share of decisions taken uniformly at random."""


LADDER = {
    "worst": ScoreBlend(score={"myopic": -1.0}, tau=0.3),
    "poor": ScoreBlend(score={"myopic": -1.0}, tau=1.5),
    "careless": ScoreBlend(score={"myopic": 1.0}, tau=3.0),
    "myopic-mild": ScoreBlend(score={"myopic": 1.0}, tau=1.0),
    "myopic-firm": ScoreBlend(score={"myopic": 1.0}, tau=0.3),
    "myopic-greedy": ScoreBlend(score={"myopic": 1.0}, tau=0.0, epsilon=0.02),
    "between": ScoreBlend(score={"myopic": 0.5, "farsighted": 0.5}, tau=0.3),
    "farsighted-loose": ScoreBlend(score={"farsighted": 1.0}, tau=2.0),
    "farsighted-mild": ScoreBlend(score={"farsighted": 1.0}, tau=1.0),
    "farsighted-firm": ScoreBlend(score={"farsighted": 1.0}, tau=0.3),
    "farsighted-greedy": ScoreBlend(score={"farsighted": 1.0}, tau=0.0),
}
"""Target policies beside `random` and `behaviour`."""


class ScoredConfig(TaskConfig):
    """A task whose policies are made of scores."""

    service: ScoreBlend = ScoreBlend(score={"myopic": 1.0}, noise=0.5, tau=0.7, epsilon=0.05)
    """The behaviour policy: a shop that ranks by what it believes to pay now, and explores a little."""
    ladder: dict[str, ScoreBlend] = Field(default_factory=lambda: dict(LADDER))
    """The target policies beside behaviour and random."""


class ScoredPolicy(Policy):
    """The policy of a `ScoreBlend`.

    Args:
        name: label in tables.
        weights: its numbers.
        scores: the task's scores that it weighs, by name.
        error: (A,) the noise of the blend, already scaled.
    """

    def __init__(self, name: str, weights: ScoreBlend, scores: dict[str, QFunction], error: np.ndarray):
        self.name, self.weights, self.scores, self.error = name, weights, scores, error
        self.action_count = len(error)

    def blend(self, states: np.ndarray) -> np.ndarray:
        """(n, state size) -> (n, A) float64; see `ScoreBlend`."""
        total = np.tile(self.error, (len(states), 1))
        for name, weight in self.weights.score.items():
            total += weight * standardised_rows(self.scores[name](states))
        return total

    def probabilities(self, states: np.ndarray) -> np.ndarray:
        values = self.blend(states)
        if self.weights.tau > 0:
            rows = softmax(values / self.weights.tau)
        else:
            rows = np.zeros_like(values)
            rows[np.arange(len(rows)), values.argmax(axis=1)] = 1.0
        if self.weights.epsilon == 0.0:
            return rows
        return (1.0 - self.weights.epsilon) * rows + self.weights.epsilon / self.action_count


ScoredConfigT_co = TypeVar("ScoredConfigT_co", bound=ScoredConfig, default=ScoredConfig, covariant=True)


class ScoredTask(Task[ScoredConfigT_co]):
    """A task whose policies are made of its scores.

    Scores are functions of states, (n, state size) -> (n, A), in any unit: `myopic`, the expected reward of the next
    step, and `farsighted`, the best that is known for the long run; a task may add others. A row of a score does
    not depend on the other rows, except for rounding in float64.
    """

    @abstractmethod
    def scores(self) -> dict[str, QFunction]:
        """The task's scores by name."""

    @cached_property
    def behaviour(self) -> Policy:
        """The config's `service`: a softmax over a noisy score of the next step, with some exploration."""
        return self.policy(self.config.service, "behaviour")

    def behaviour_policies(self) -> dict[str, Policy]:
        """Policies over the behaviour policy's score, from uniform to nearly deterministic."""
        service = self.config.service
        forms = {f"softmax-{tau:g}": (tau, 0.0) for tau in (2.0, 1.0, 0.5)}
        forms |= {f"epsilon-{epsilon:g}": (0.0, epsilon) for epsilon in (0.3, 0.02)}
        policies: dict[str, Policy] = {"random": Uniform(self.action_count)}
        for name, (tau, epsilon) in forms.items():
            policies[name] = self.policy(service.model_copy(update={"tau": tau, "epsilon": epsilon}), name)
        return policies

    def target_policies(self) -> dict[str, Policy]:
        """Random, behaviour, and the config's `ladder`."""
        ladder: dict[str, Policy] = {"random": Uniform(self.action_count), "behaviour": self.behaviour}
        return ladder | {name: self.policy(blend, name) for name, blend in self.config.ladder.items()}

    def policy(self, blend: ScoreBlend, name: str = "blend") -> ScoredPolicy:
        """The policy of a blend in this shop; its noise depends on the shop's seed alone.

        Raises:
            UnknownNameError: the blend weighs a score that the task does not have.
        """
        for score in blend.score:
            if score not in self._scores:
                raise UnknownNameError("score", score, self._scores)
        noise = np.random.default_rng((self.seed, NOISE_STREAM)).standard_normal(self.action_count)
        return ScoredPolicy(name, blend, {score: self._scores[score] for score in blend.score}, blend.noise * noise)

    @cached_property
    def _scores(self) -> dict[str, QFunction]:
        return self.scores()


def standardised_rows(values: np.ndarray) -> np.ndarray:
    """(n, A) -> float64 rows of mean 0 and standard deviation 1; a row of equal values becomes zeros."""
    values = np.asarray(values, dtype=np.float64)
    centred = values - values.mean(axis=1, keepdims=True)
    spread = np.sqrt((centred * centred).mean(axis=1, keepdims=True))
    # Differences within the rounding of float32 scores count as zero.
    scale = np.abs(values).max(axis=1, keepdims=True)
    return np.where(spread > 1e-6 * scale, centred / np.where(spread > 0.0, spread, 1.0), 0.0)
