"""What a user may choose of an algorithm, and how it is built: the interface that every registered algorithm has."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from ..errors import InputError
from ..parsing import with_overrides
from .registries import ALGORITHMS, ENCODERS

if TYPE_CHECKING:
    from ..mdp.dataset import TransitionDataset
    from .networks.builder import NetworkBuilder
    from .trainable import Trainable

Q_FORMS = ("greedy", "softmax", "epsilon-greedy")
"""Policies of a network whose scores are Q values."""
LOGIT_FORMS = ("stochastic", "greedy")
"""Policies of a network whose scores are a policy's logits."""

Learns = Literal[
    "best policy",
    "value of the best policy",
    "behaviour policy",
    "value of the behaviour policy",
    "better policy",
    "reward",
]
"""What an algorithm looks for in a log: the best policy; Q of it, beside a clone that acts; the policy that logged (a
clone); Q of that, and what is best by it; a policy that is better than it; or what a decision earns by itself."""

Width = Annotated[int, Field(ge=1, le=16_384)]
"""Of a layer."""


class AlgorithmConfig(BaseModel, ABC):
    """What all algorithms share; by itself, one whose scores are the logits of a policy. Unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    learning_rate: float = Field(default=5e-4, gt=0)
    """Step size of Adam."""
    hidden_units: tuple[Width, ...] = Field(default=(64, 64), min_length=1, max_length=100)
    """Widths of the encoder's hidden layers."""
    embedding_size: Width = 16
    """Width of item and event embeddings; unused where states have no history."""
    tune_item_vectors: bool = False
    """Whether the vectors that come with a log's items are trained further, or kept as they are."""
    weight_decay: float = Field(default=0.0, ge=0, allow_inf_nan=False)
    """What each step takes off every weight, as a share of the step size (AdamW, Loshchilov and Hutter 2019)."""
    dropout: float = Field(default=0.0, ge=0, lt=1)
    """Share of the outputs of the encoder's hidden layers that is set to 0 while training."""
    layer_norm: bool = False
    """Whether the encoder's hidden layers are normalised before their ReLU."""

    forms: ClassVar[tuple[str, ...]] = LOGIT_FORMS
    """The policies that can be made of the trained network."""
    learns: ClassVar[Learns] = "behaviour policy"
    """What it looks for, which is what the contract tests ask of it."""
    encoder: ClassVar[str] = "mlp"
    """The encoder that it has where none is named."""
    encoders: ClassVar[tuple[str, ...]] = ()
    """The only encoders that it can have; none: any."""
    is_baseline: ClassVar[bool] = False
    """Whether it is a policy that a learner must beat: no frontier is made of it."""

    @abstractmethod
    def build(self, networks: NetworkBuilder, batch_size: int) -> Trainable:
        """The algorithm with fresh networks.

        Args:
            networks: makes networks for the states and actions of a log.
            batch_size: rows a training step.
        """

    def episodes(
        self, training: TransitionDataset, held_out: TransitionDataset | None
    ) -> tuple[TransitionDataset, TransitionDataset | None]:
        """The episodes to learn from and those to validate on: all, unless an algorithm chooses among them."""
        return training, held_out

    @classmethod
    def gives_objective(cls) -> bool:
        """Whether what it builds has an `Objective`, so that `lean`, `graph` and `ensemble` can train it."""
        return False

    def with_discount(self, gamma: float) -> Self:
        """The config with its discount factor settled, if it has one and leaves it to the dataset."""
        return self

    @property
    def scales_rewards(self) -> bool:
        """Whether it is trained on rewards in units of `reward_scale`, so that its values have to be taken back to the
        log's. A cloned policy looks at no reward."""
        return False


class ValueConfig(AlgorithmConfig):
    """What the value-based algorithms share: their scores are Q values."""

    gamma: float | None = Field(default=None, ge=0, le=1)
    """Discount factor; None takes the dataset's. 0 is the control that does not look ahead."""
    n_steps: int = Field(default=1, ge=1)
    """Rewards that a target adds up before it looks at the next state; more than 1 takes the log's own actions for the
    policy's between them."""
    standardise_rewards: bool = True
    """Whether rewards are divided, inside training, by the standard deviation of the return over the episodes trained
    on. What a user sees, Q values and the learning curve, is in the log's units either way."""

    forms: ClassVar[tuple[str, ...]] = Q_FORMS
    learns: ClassVar[Learns] = "best policy"

    def with_discount(self, gamma: float) -> Self:
        return self.model_copy(update={"gamma": gamma}) if self.gamma is None else self

    @property
    def scales_rewards(self) -> bool:
        return self.standardise_rewards

    @property
    def discount(self) -> float:
        """The discount factor, once it is settled."""
        assert self.gamma is not None, "make_config settles gamma"
        return self.gamma


def encoder_of(algorithm: str, wanted: str | None) -> str:
    """The encoder that an algorithm is trained with: the wanted one, or its own where none is named.

    Raises:
        UnknownNameError: no such algorithm or encoder.
        InputError: an encoder that the algorithm cannot have.
    """
    config = ALGORITHMS[algorithm]
    encoder = ENCODERS.canonical(wanted or config.encoder)
    if config.encoders and encoder not in config.encoders:
        can = " or ".join(config.encoders)
        hint = f"Leave it out, which takes {config.encoder}."
        raise InputError(f"{algorithm} reads its states by {can}, not by {encoder}.", where="encoder", hint=hint)
    return encoder


def make_config(algorithm: str, overrides: Mapping[str, object] | None, gamma: float) -> AlgorithmConfig:
    """The algorithm's config with overrides applied and gamma settled.

    Raises:
        UnknownNameError: no such algorithm.
        InputError: a field that the algorithm does not have, or a value it cannot take.
    """
    return with_overrides(overrides, ALGORITHMS[algorithm], f"config of {algorithm}").with_discount(gamma)
