"""The configs of baselines that are trained: the log's likeliest action, and what pays at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from ..algorithm_config import Learns, ValueConfig
from ..algorithms import BC

if TYPE_CHECKING:
    from ..networks import NetworkBuilder
    from .myopic import MyopicLearning


class Mode(BC):
    """The log's likeliest action in every state: the greedy policy of a clone, without what the log does now and then.

    loss = -log pi(a|s), as `bc`. Where the behaviour policy chooses well and errs at random, its mode is better than
    itself, though nothing was learnt of rewards.
    """

    forms: ClassVar[tuple[str, ...]] = ("greedy",)
    is_baseline: ClassVar[bool] = True


class Myopic(ValueConfig):
    """What pays at once: greedy on a model of the reward, whatever it leads to.

    loss = (r(s, a) - r)^2, r(s, a) the expected reward of a decision, by least squares, so that it is right on average
    where rewards are rare or skewed. It is what looking ahead must beat.
    """

    gamma: float = Field(default=0.0, ge=0, le=0)
    """Nothing but the present decision counts."""

    learns: ClassVar[Learns] = "reward"
    is_baseline: ClassVar[bool] = True

    @classmethod
    def gives_objective(cls) -> bool:
        return True

    def build(self, networks: NetworkBuilder, batch_size: int) -> MyopicLearning:
        from .myopic import MyopicLearning

        return MyopicLearning(self, networks)
