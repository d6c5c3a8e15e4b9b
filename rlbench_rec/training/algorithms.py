"""The algorithms: a config each, which knows how to make d3rlpy's own implementation.

A config holds what a user may choose; `fit(..., config={...})` overrides any field. All round-trip through JSON.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..errors import InputError, UnknownNameError
from ..mdp.to_d3rlpy.quiet import d3rlpy
from .registries import ALGORITHMS

if TYPE_CHECKING:
    from torch import nn

    from .networks import ScoreNetwork

Q_FORMS = ("greedy", "softmax", "epsilon-greedy")


Width = Annotated[int, Field(ge=1, le=16_384)]
"""Of a layer."""


class AlgorithmConfig(BaseModel):
    """What all algorithms share. Unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    learning_rate: float = Field(5e-4, gt=0)
    """Step size of Adam."""
    hidden_units: tuple[Width, ...] = Field((64, 64), min_length=1, max_length=100)
    """Widths of the encoder's hidden layers."""
    embedding_size: Width = 16
    """Width of item and event embeddings; unused where states have no history."""
    tune_item_vectors: bool = False
    """Whether the vectors that come with a log's items are trained further, or kept as they are."""

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
        parts = dict.fromkeys(self.encoder_fields, encoder) | dict.fromkeys(self.rate_fields, self.learning_rate)
        return config(**parts, batch_size=batch_size, **self.own_fields(encoder)).create(device=device)

    d3rlpy_config: ClassVar[str]
    """Name of d3rlpy's config class."""
    encoder_fields: ClassVar[tuple[str, ...]] = ("encoder_factory",)
    rate_fields: ClassVar[tuple[str, ...]] = ("learning_rate",)
    """What d3rlpy's config calls the encoder and the step size."""

    def own_fields(self, encoder: Any) -> dict[str, Any]:
        """The fields that are handed to d3rlpy under the same name."""
        return self.model_dump(exclude=set(AlgorithmConfig.model_fields))

    def network(self, impl: Any, other_action: int | None = None) -> nn.Module:
        """The network that policies are made of: states to one score an action, sharing d3rlpy's weights.

        Args:
            impl: d3rlpy's networks.
            other_action: an action that no policy takes (see `TransitionDataset`), for what compares actions.
        """
        return self.judged(impl)

    def judged(self, impl: Any) -> ScoreNetwork:
        """The network that the learning curve is of."""
        from .networks import ScoreNetwork

        return ScoreNetwork.of(impl.q_function)


class QConfig(AlgorithmConfig):
    """What the value-based algorithms share."""

    gamma: float | None = Field(None, ge=0, le=1)
    """Discount factor; None takes the dataset's. 0 is the control that does not look ahead."""
    n_critics: int = Field(1, ge=1, le=100)
    """Independent Q networks; targets take their minimum, scores their mean."""
    n_steps: int = Field(1, ge=1)
    """Rewards that a target adds up before it looks at the next state; more than 1 takes the log's own actions for the
    policy's between them."""
    dueling: bool = False
    """Whether Q is split into the state's value and the actions' advantages (Wang et al. 2016)."""

    def own_fields(self, encoder: Any) -> dict[str, Any]:
        from .networks.factory import QHeadFactory

        head = {"q_func_factory": QHeadFactory(dueling=self.dueling, states=encoder)}
        return self.model_dump(exclude={*AlgorithmConfig.model_fields, "n_steps", "dueling"}) | head


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

    def judged(self, impl: Any) -> ScoreNetwork:
        from .networks import ScoreNetwork

        return ScoreNetwork.of([impl.modules.imitator])


class BCQ(DQN):
    """Batch-constrained Q-learning: Double DQN that only ever takes actions the log makes likely.

    Allowed are actions with g(a|s) > flexibility max_b g(b|s), g a clone of the logging policy that is learnt beside Q
    (Fujimoto et al. 2019), d3rlpy's DiscreteBCQ.
    """

    action_flexibility: float = Field(0.3, ge=0, le=1)
    """How likely an action must be, as a share of the likeliest; 0 allows all, 1 none but the likeliest."""
    beta: float = Field(0.0, ge=0)
    """Weight of d3rlpy's penalty on the clone's squared logits, off as in `bc`."""

    d3rlpy_config: ClassVar[str] = "DiscreteBCQConfig"

    def own_fields(self, encoder: Any) -> dict[str, Any]:
        if encoder.layout().beside:
            # d3rlpy's choice of the next action adds the least score to all, and the rest drowns in it.
            raise InputError("bcq cannot heed forbidden actions or candidates.", where="algorithm", hint="Use cql.")
        return super().own_fields(encoder) | {"share_encoder": False}

    def network(self, impl: Any, other_action: int | None = None) -> nn.Module:
        from .networks import Constrained, ScoreNetwork

        clone = ScoreNetwork.of([impl.modules.imitator])
        return Constrained(self.judged(impl), clone, self.action_flexibility, other_action)


class SAC(QConfig):
    """Soft actor-critic: a policy that is paid for its entropy, and critics that value it so.

    V(s) = sum_a pi(a|s) [Q(s, a) - temperature log pi(a|s)] (Christodoulou 2019), d3rlpy's DiscreteSAC. The temperature
    stays as it is: d3rlpy's own tuning aims at 98 % of the largest entropy, which on a log is no policy at all.
    """

    n_critics: int = Field(2, ge=1, le=100)
    """Independent Q networks; targets and policy take their minimum."""
    target_update_interval: int = Field(200, ge=1)
    """Steps between copies of the critics into the target critics."""
    temperature: float = Field(0.3, gt=0)
    """What a unit of entropy is worth, in units of the reward. Small ones, with large learning rates, leave the policy
    stuck on what looked good first."""

    forms: ClassVar[tuple[str, ...]] = ("stochastic", "greedy")
    d3rlpy_config: ClassVar[str] = "DiscreteSACConfig"
    encoder_fields: ClassVar[tuple[str, ...]] = ("actor_encoder_factory", "critic_encoder_factory")
    rate_fields: ClassVar[tuple[str, ...]] = ("actor_learning_rate", "critic_learning_rate")

    def own_fields(self, encoder: Any) -> dict[str, Any]:
        fields = super().own_fields(encoder)
        return fields | {"initial_temperature": fields.pop("temperature"), "temp_learning_rate": 0.0}

    def network(self, impl: Any, other_action: int | None = None) -> nn.Module:
        from .networks import ScoreNetwork

        return ScoreNetwork.of([impl.modules.policy])


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
