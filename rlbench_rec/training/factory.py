"""Our encoders as d3rlpy knows them: one registered factory, whose fields all have defaults, so saved models reload."""

from __future__ import annotations

import dataclasses

from torch import nn

from ..mdp.dataset import StateLayout
from ..mdp.quiet import d3rlpy
from .encoders import build
from .networks import Dueling, Masked

encoders, q_functions = d3rlpy().models.encoders, d3rlpy().models.q_functions


@dataclasses.dataclass()
class StateEncoderFactory(encoders.EncoderFactory):
    """Makes a registered encoder for states laid out as `history` and `forbidden` say; other columns are context.

    Args:
        encoder: id in `ENCODERS`.
        history, item_count, event_count, forbidden: as in `StateLayout`.
        hidden_units: widths of the hidden layers.
        embedding_size: width of item and event embeddings.
    """

    encoder: str = "mlp"
    history: int = 0
    item_count: int = 0
    event_count: int = 0
    forbidden: int = 0
    hidden_units: list[int] = dataclasses.field(default_factory=lambda: [64, 64])
    embedding_size: int = 16

    def create(self, observation_shape: tuple[int, ...]) -> nn.Module:
        context = observation_shape[0] - 3 * self.history - self.forbidden
        layout = StateLayout(context, self.history, self.item_count, self.event_count, self.forbidden)
        return build(self.encoder, layout, self.hidden_units, self.embedding_size, pass_on=True)

    @staticmethod
    def get_type() -> str:
        return "rlbench-state"


@dataclasses.dataclass()
class QHeadFactory(q_functions.MeanQFunctionFactory):
    """d3rlpy's own Q function with another head.

    Args:
        dueling: split into value and advantages, in place of one linear layer.
        masked: whether the encoder passes flags of forbidden actions on, which the head then heeds.
    """

    dueling: bool = False
    masked: bool = False

    def create_discrete(self, encoder: nn.Module, hidden_size: int, action_size: int) -> tuple:
        q_function, forwarder = super().create_discrete(encoder, hidden_size, action_size)
        features = hidden_size - action_size if self.masked else hidden_size
        if self.masked or self.dueling:
            head = (Dueling if self.dueling else nn.Linear)(features, action_size)
            q_function._fc = Masked(head, features, action_size) if self.masked else head
        return q_function, forwarder

    @staticmethod
    def get_type() -> str:
        return "rlbench-head"


encoders.register_encoder_factory(StateEncoderFactory)
q_functions.register_q_func_factory(QHeadFactory)
