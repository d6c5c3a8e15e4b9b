"""The algorithms that go through d3rlpy: a config each, which knows how to make d3rlpy's own implementation.

A config holds what a user may choose; `fit(..., config={...})` overrides any field. All round-trip through JSON.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from ..errors import InputError
from ..mdp.to_d3rlpy.quiet import d3rlpy
from .algorithm_config import LOGIT_FORMS, AlgorithmConfig, ValueConfig

if TYPE_CHECKING:
    from .d3rlpy_algorithm import D3rlpyAlgorithm
    from .d3rlpy_internals import Algo, Impl
    from .networks import ActionScores, NetworkBuilder
    from .networks.factory import StateEncoderFactory


class D3rlpyConfig(AlgorithmConfig):
    """What the algorithms share that d3rlpy implements.

    A subclass names d3rlpy's config class, and adds fields that are handed on to it under the same names.
    """

    d3rlpy_config: ClassVar[str]
    """Name of d3rlpy's config class."""
    encoder_fields: ClassVar[tuple[str, ...]] = ("encoder_factory",)
    rate_fields: ClassVar[tuple[str, ...]] = ("learning_rate",)
    optimiser_fields: ClassVar[tuple[str, ...]] = ("optim_factory",)
    """What d3rlpy's config calls the encoder, the step size and the optimiser."""

    def build(self, networks: NetworkBuilder, batch_size: int) -> D3rlpyAlgorithm:
        from .d3rlpy_algorithm import D3rlpyAlgorithm

        return D3rlpyAlgorithm(self, networks, batch_size)

    @classmethod
    def gives_objective(cls) -> bool:
        from .loops.losses import LOSSES

        return cls.d3rlpy_config.removesuffix("Config") in LOSSES

    def create(self, encoder: StateEncoderFactory, batch_size: int, device: str) -> Algo:
        """d3rlpy's algorithm, without its networks yet (`create_impl` makes them).

        Args:
            encoder: makes the encoder of each of its networks.
            batch_size: rows a training step.
            device: `cpu` or `cuda:<n>`.
        """
        config = getattr(d3rlpy().algos, self.d3rlpy_config)
        parts: dict[str, object] = dict.fromkeys(self.encoder_fields, encoder)
        parts |= dict.fromkeys(self.rate_fields, self.learning_rate)
        if self.weight_decay:
            decaying = d3rlpy().optimizers.AdamWFactory(weight_decay=self.weight_decay)
            parts |= dict.fromkeys(self.optimiser_fields, decaying)
        return config(**parts, batch_size=batch_size, **self.d3rlpy_fields(encoder)).create(device=device)

    def d3rlpy_fields(self, encoder: StateEncoderFactory) -> dict[str, object]:
        """The fields that are handed to d3rlpy."""
        return self.model_dump(exclude=set(AlgorithmConfig.model_fields))

    def score_network(self, impl: Impl, other_action: int | None) -> ActionScores:
        """The network that policies are made of; see `Trainable`."""
        return self.validated_network(impl)

    def validated_network(self, impl: Impl) -> ActionScores:
        """The network that the learning curve is of."""
        from .d3rlpy_internals import q_scores

        return q_scores(impl)


class QConfig(D3rlpyConfig, ValueConfig):
    """What d3rlpy's value-based algorithms share."""

    n_critics: int = Field(default=1, ge=1, le=100)
    """Independent Q networks; targets take their minimum, scores their mean."""
    dueling: bool = False
    """Whether Q is split into the state's value and the actions' advantages (Wang et al. 2016)."""

    def d3rlpy_fields(self, encoder: StateEncoderFactory) -> dict[str, object]:
        from .networks.factory import QHeadFactory

        head = {"q_func_factory": QHeadFactory(dueling=self.dueling, states=encoder)}
        ours = {*AlgorithmConfig.model_fields, "n_steps", "standardise_rewards", "dueling"}
        return self.model_dump(exclude=ours) | head


class DQN(QConfig):
    """Deep Q-network: one-step temporal-difference learning with a target network.

    y = r + gamma max_b Q'(s', b) (Mnih et al. 2015), Huber loss, d3rlpy's DQN.
    """

    target_update_interval: int = Field(default=200, ge=1)
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

    alpha: float = Field(default=0.1, ge=0)
    """Weight of the penalty, which is in units of Q: of the return's standard deviation, unless rewards are not
    standardised."""

    d3rlpy_config: ClassVar[str] = "DiscreteCQLConfig"


class NFQ(QConfig):
    """Neural fitted Q iteration: DQN whose target network is copied after every step.

    Riedmiller 2005 as d3rlpy has it.
    """

    d3rlpy_config: ClassVar[str] = "NFQConfig"


class BC(D3rlpyConfig):
    """Behaviour cloning: the log's own policy as a softmax over the network's logits.

    loss = -log pi(a|s), d3rlpy's DiscreteBC.
    """

    beta: float = Field(default=0.0, ge=0)
    """Weight of d3rlpy's penalty on squared logits. It shrinks the clone towards uniform, so it is off."""

    d3rlpy_config: ClassVar[str] = "DiscreteBCConfig"

    def validated_network(self, impl: Impl) -> ActionScores:
        from .d3rlpy_internals import clone_scores

        return clone_scores(impl)


class BCQ(DQN):
    """Batch-constrained Q-learning: Double DQN that only ever takes actions the log makes likely.

    Allowed are actions with g(a|s) > flexibility max_b g(b|s), g a clone of the behaviour policy that is learnt beside
    Q (Fujimoto et al. 2019), d3rlpy's DiscreteBCQ.
    """

    action_flexibility: float = Field(default=0.3, ge=0, le=1)
    """How likely an action must be, as a share of the likeliest; 0 allows all, 1 none but the likeliest."""
    beta: float = Field(default=0.0, ge=0)
    """Weight of d3rlpy's penalty on the clone's squared logits, off as in `bc`."""

    d3rlpy_config: ClassVar[str] = "DiscreteBCQConfig"

    def d3rlpy_fields(self, encoder: StateEncoderFactory) -> dict[str, object]:
        if encoder.layout().beside:
            # d3rlpy's choice of the next action adds the least score to all, and the rest drowns in it.
            raise InputError(
                "bcq does not work with forbidden actions or candidates.", where="algorithm", hint="Use cql."
            )
        return super().d3rlpy_fields(encoder) | {"share_encoder": False}

    def score_network(self, impl: Impl, other_action: int | None) -> ActionScores:
        from .d3rlpy_internals import clone_scores, q_scores
        from .networks import Constrained

        return Constrained(q_scores(impl), clone_scores(impl), self.action_flexibility, other_action)


class SAC(QConfig):
    """Soft actor-critic: a policy that is paid for its entropy, and critics that value it so.

    V(s) = sum_a pi(a|s) [Q(s, a) - temperature log pi(a|s)] (Christodoulou 2019), d3rlpy's DiscreteSAC. The temperature
    stays as it is: d3rlpy's own tuning aims at 98 % of the largest entropy, nearly the uniform policy on a log.
    """

    n_critics: int = Field(default=2, ge=1, le=100)
    """Independent Q networks; targets and policy take their minimum."""
    target_update_interval: int = Field(default=200, ge=1)
    """Steps between copies of the critics into the target critics."""
    temperature: float = Field(default=0.3, gt=0)
    """What a unit of entropy is worth, in units of the return's standard deviation (of the reward, unless rewards are
    standardised). Small ones, with large learning rates, leave the policy stuck on what looked good first."""

    forms: ClassVar[tuple[str, ...]] = LOGIT_FORMS
    d3rlpy_config: ClassVar[str] = "DiscreteSACConfig"
    encoder_fields: ClassVar[tuple[str, ...]] = ("actor_encoder_factory", "critic_encoder_factory")
    rate_fields: ClassVar[tuple[str, ...]] = ("actor_learning_rate", "critic_learning_rate")
    optimiser_fields: ClassVar[tuple[str, ...]] = ("actor_optim_factory", "critic_optim_factory")

    def d3rlpy_fields(self, encoder: StateEncoderFactory) -> dict[str, object]:
        fields = super().d3rlpy_fields(encoder)
        return fields | {"initial_temperature": fields.pop("temperature"), "temp_learning_rate": 0.0}

    def score_network(self, impl: Impl, other_action: int | None) -> ActionScores:
        from .d3rlpy_internals import actor_scores

        return actor_scores(impl)
