"""The algorithms: a config each, which knows how to make d3rlpy's own implementation.

A config holds what a user may choose; `fit(..., config={...})` overrides any field. All round-trip through JSON.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..errors import InputError, UnknownNameError
from ..mdp.quiet import d3rlpy
from .registries import ALGORITHMS

if TYPE_CHECKING:
    from torch import nn

Q_FORMS = ("greedy", "softmax", "epsilon-greedy")


class AlgorithmConfig(BaseModel):
    """What all algorithms share. Unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    learning_rate: float = Field(5e-4, gt=0)
    """Step size of Adam."""
    hidden_units: tuple[int, ...] = Field((64, 64), min_length=1)
    """Widths of the encoder's hidden layers."""
    embedding_size: int = Field(16, ge=1)
    """Width of item and event embeddings; unused where states have no history."""

    forms: ClassVar[tuple[str, ...]] = Q_FORMS
    """The policies that can be made of the trained network."""

    def create(self, encoder: Any, batch_size: int, device: str) -> Any:
        """d3rlpy's algorithm, without its networks yet (`create_impl` makes them).

        Args:
            encoder: a d3rlpy encoder factory.
            batch_size: rows a training step.
            device: `cpu` or `cuda:<n>`.
        """
        config = getattr(d3rlpy().algos, self.d3rlpy_config)
        shared = {"encoder_factory": encoder, "batch_size": batch_size, "learning_rate": self.learning_rate}
        return config(**shared, **self.own_fields()).create(device=device)

    d3rlpy_config: ClassVar[str]
    """Name of d3rlpy's config class."""

    def own_fields(self) -> dict[str, Any]:
        """The fields that are handed to d3rlpy under the same name."""
        return self.model_dump(exclude=set(AlgorithmConfig.model_fields))

    @staticmethod
    def heads(impl: Any) -> list[nn.Module]:
        """The networks whose mean output is the score of each action."""
        return list(impl.q_function)


class QConfig(AlgorithmConfig):
    """What the value-based algorithms share."""

    gamma: float | None = Field(None, ge=0, le=1)
    """Discount factor; None takes the dataset's. 0 is the control that does not look ahead."""
    n_critics: int = Field(1, ge=1)
    """Independent Q networks; targets take their minimum, scores their mean."""


class DQN(QConfig):
    """Deep Q-network: one-step temporal-difference learning with a target network.

    y = r + gamma max_b Q'(s', b) (Mnih et al. 2015), Huber loss, d3rlpy's DQN.
    """

    target_update_interval: int = Field(200, ge=1)
    """Steps between copies of the network into the target network."""

    d3rlpy_config: ClassVar[str] = "DQNConfig"


class DoubleDQN(DQN):
    """Double DQN: the online network picks the next action, the target network values it.

    y = r + gamma Q'(s', argmax_b Q(s', b)) (van Hasselt et al. 2016), d3rlpy's DoubleDQN. On one-step logs its target
    is DQN's.
    """

    d3rlpy_config: ClassVar[str] = "DoubleDQNConfig"


class CQL(DQN):
    """Conservative Q-learning: Double DQN plus a penalty on actions the log does not show.

    loss = Double DQN's + alpha (logsumexp_b Q(s, b) - Q(s, a)) (Kumar et al. 2020), d3rlpy's DiscreteCQL.
    """

    alpha: float = Field(0.1, ge=0)
    """Weight of the penalty."""

    d3rlpy_config: ClassVar[str] = "DiscreteCQLConfig"


class NFQ(QConfig):
    """Neural fitted Q iteration: DQN whose target network is copied after every step.

    Riedmiller 2005 as d3rlpy has it.
    """

    d3rlpy_config: ClassVar[str] = "NFQConfig"


class BC(AlgorithmConfig):
    """Behaviour cloning: the log's own policy as a softmax over the network's logits.

    loss = -log pi(a|s), d3rlpy's DiscreteBC.
    """

    beta: float = Field(0.0, ge=0)
    """Weight of d3rlpy's penalty on squared logits. It shrinks the clone towards uniform, so it is off."""

    forms: ClassVar[tuple[str, ...]] = ("stochastic", "greedy")
    d3rlpy_config: ClassVar[str] = "DiscreteBCConfig"

    @staticmethod
    def heads(impl: Any) -> list[nn.Module]:
        return [impl.modules.imitator]


def make_config(algorithm: str, overrides: dict[str, Any] | None, gamma: float) -> AlgorithmConfig:
    """The algorithm's config with overrides applied and gamma settled.

    Raises:
        UnknownNameError: no such algorithm.
        InputError: a field that the algorithm does not have, or a value it cannot take.
    """
    cls = ALGORITHMS[algorithm]
    where = f"config of {algorithm}"
    for name in overrides or {}:
        if name not in cls.model_fields:
            unknown = UnknownNameError("field", name, cls.model_fields)
            raise InputError(unknown.what, where=where, hint=unknown.hint)
    try:
        config = cls(**(overrides or {}))
    except ValidationError as error:
        first = error.errors()[0]
        raise InputError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}.", where=where) from error
    if isinstance(config, QConfig) and config.gamma is None:
        config = config.model_copy(update={"gamma": gamma})
    return config
