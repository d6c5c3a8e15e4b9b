"""What a frontier starts from: the behaviour policy, known whole or only by what it chose."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from ..policies.policy import Policy

if TYPE_CHECKING:
    from ..mdp.dataset import TransitionDataset
    from ..ope import EvaluationLog

BaseKind = Literal["logged", "service"]
"""How the behaviour policy is known: its probability of every action, or only what it chose."""
Dial = Literal["tilted", "constrained", "mixed"]
"""A family of policies that starts at the behaviour policy: `Tilted`, `ConstrainedGreedy` or `Mixed`."""


class Setting(NamedTuple):
    """A step of a dial.

    Attributes:
        parameter: a temperature (tilted), c (constrained) or m (mixed).
        divergence: how far that is from the behaviour policy, in nats a session.
    """

    parameter: float
    divergence: float


class ScoredLog(ABC):
    """A log, a base and one contender's scores: what all steps of that contender share."""

    @abstractmethod
    def settings(self, dial: Dial, divergences: Sequence[float]) -> list[Setting]:
        """The steps of a dial that are so many nats a session from the base, as far as they can be reached; none for a
        dial that the base does not support."""

    @abstractmethod
    def evaluation_log(self, dial: Dial, parameter: float) -> EvaluationLog:
        """The log with one step's weights."""


class BaseOnLog(ABC):
    """What a base says of one log; made once, shared by all contenders.

    Scores are (n, A), one row per decision; minus infinity rules an action out.
    """

    @abstractmethod
    def scored(self, scores: np.ndarray) -> ScoredLog:
        """The log under one contender's scores."""

    @abstractmethod
    def spread(self, scores: np.ndarray) -> float:
        """sqrt(mean over decisions of Var_b(score | state)): what scores are divided by to be comparable."""


class Base(ABC):
    """The behaviour policy, as far as it is known.

    Attributes:
        kind: how it is known.
        policy: the behaviour policy itself; None where only what is in service has its probabilities.
    """

    kind: BaseKind
    policy: Policy | None

    @abstractmethod
    def on(self, data: TransitionDataset) -> BaseOnLog:
        """What it says of a log."""
