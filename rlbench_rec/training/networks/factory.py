"""Our encoders as d3rlpy knows them: one registered factory, whose fields all have defaults, so saved models reload."""

from __future__ import annotations

import dataclasses
from typing import Any

from torch import nn

from ...mdp.dataset import StateLayout
from ...mdp.to_d3rlpy import quiet
from ..d3rlpy_internals import replace_head
from .builder import NetworkBuilder
from .encoders import build
from .heads import make_head

quiet.d3rlpy()

from d3rlpy.models.encoders import EncoderFactory, register_encoder_factory  # noqa: E402
from d3rlpy.models.q_functions import MeanQFunctionFactory, register_q_func_factory  # noqa: E402


@dataclasses.dataclass()
class StateEncoderFactory(EncoderFactory):
    """Makes a registered encoder for states laid out as its fields say; other columns are context.

    Args:
        encoder: id in `ENCODERS`.
        history, item_count, event_count, forbidden, candidates, other_item, vector_size: as in `StateLayout`.
        hidden_units: widths of the hidden layers.
        embedding_size: width of item and event embeddings.
        dropout, layer_norm: of the hidden layers.
    """

    encoder: str = "mlp"
    history: int = 0
    item_count: int = 0
    event_count: int = 0
    forbidden: int = 0
    candidates: int = 0
    other_item: int = 0
    vector_size: int = 0
    hidden_units: list[int] = dataclasses.field(default_factory=lambda: [64, 64])
    embedding_size: int = 16
    dropout: float = 0.0
    layer_norm: bool = False

    @classmethod
    def like(cls, networks: NetworkBuilder) -> StateEncoderFactory:
        """The encoders that a builder makes."""
        shape = {field.name: getattr(networks.layout, field.name) for field in dataclasses.fields(StateLayout)[1:]}
        return cls(
            **shape,
            encoder=networks.encoder,
            hidden_units=list(networks.hidden_units),
            embedding_size=networks.embedding_size,
            dropout=networks.dropout,
            layer_norm=networks.layer_norm,
        )

    def create(self, observation_shape: tuple[int, ...]) -> nn.Module:
        layout = self.layout(observation_shape[0])
        return build(
            self.encoder,
            layout,
            self.hidden_units,
            self.embedding_size,
            pass_on=True,
            dropout=self.dropout,
            layer_norm=self.layer_norm,
        )

    def layout(self, state_size: int = 0) -> StateLayout:
        """How a state of so many columns reads; its context means nothing where they are not given."""
        shape = {field.name: getattr(self, field.name) for field in dataclasses.fields(StateLayout)[1:]}
        layout = StateLayout(0, **shape)
        return dataclasses.replace(layout, context=max(0, state_size - layout.size))

    @staticmethod
    def get_type() -> str:
        return "rlbench-state"


@dataclasses.dataclass()
class QHeadFactory(MeanQFunctionFactory):
    """d3rlpy's own Q function with a head of ours.

    Args:
        dueling: split into value and advantages, in place of one linear layer.
        states: of the encoder whose features it takes.
    """

    dueling: bool = False
    states: StateEncoderFactory = dataclasses.field(default_factory=StateEncoderFactory)

    def create_discrete(self, encoder: nn.Module, hidden_size: int, action_size: int) -> tuple[nn.Module, Any]:
        q_function, forwarder = super().create_discrete(encoder, hidden_size, action_size)
        layout = self.states.layout()
        if self.dueling or layout.beside:
            features = hidden_size - layout.beside
            head = make_head(layout, features, action_size, self.states.embedding_size, self.dueling)
            replace_head(q_function, head)
        return q_function, forwarder

    @staticmethod
    def get_type() -> str:
        return "rlbench-head"


register_encoder_factory(StateEncoderFactory)
register_q_func_factory(QHeadFactory)
