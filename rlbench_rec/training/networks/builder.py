"""Networks for the states and actions of a log, in the encoder that a user chose."""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn

from ...mdp.dataset import StateLayout
from .action_scores import ScoreNetwork
from .encoders import build
from .heads import make_head


@dataclass(frozen=True)
class NetworkBuilder:
    """Makes networks, fresh ones at every call.

    Attributes:
        encoder: id in `ENCODERS`.
        layout: how a state reads.
        action_count: number of actions.
        hidden_units: widths of the encoder's hidden layers; the last is the number of features.
        embedding_size: width of item and event embeddings.
        device: where the networks are.
        dropout, layer_norm: of the hidden layers.
    """

    encoder: str
    layout: StateLayout
    action_count: int
    hidden_units: tuple[int, ...]
    embedding_size: int
    device: str
    dropout: float = 0.0
    layer_norm: bool = False

    def features(self) -> nn.Module:
        """(b, state size) states -> (b, `feature_count`) features. They know nothing of what may be done."""
        return self._encoder(pass_on=False).to(self.device)

    @property
    def feature_count(self) -> int:
        """How many features there are."""
        return self.hidden_units[-1]

    def scores(self, *, heads: int = 1, dueling: bool = False) -> ScoreNetwork:
        """(b, state size) states -> (b, action_count) scores: encoder and head, and where a log knows forbidden actions
        or candidates, `RULED_OUT` for what cannot be done.

        Args:
            heads: independent networks whose mean is the score; they are `heads` of the result.
            dueling: split into the state's value and the actions' advantages.
        """
        made = [nn.Sequential(self._encoder(pass_on=True), self._head(dueling)) for _ in range(heads)]
        return ScoreNetwork(made).to(self.device)

    def outputs(self, count: int) -> nn.Module:
        """(b, state size) states -> (b, count, action_count): one encoder, and several numbers an action. They are
        `RULED_OUT` where scores are; see `Output`.

        Args:
            count: numbers an action, more than 1.
        """
        layout = self.layout
        head = make_head(layout, self.feature_count, self.action_count, self.embedding_size, outputs=count)
        return nn.Sequential(self._encoder(pass_on=True), head).to(self.device)

    def state_value(self) -> nn.Module:
        """(b, state size) states -> (b, 1): one number a state, by an encoder of its own."""
        return nn.Sequential(self._encoder(pass_on=False), nn.Linear(self.feature_count, 1)).to(self.device)

    def _encoder(self, pass_on: bool) -> nn.Module:
        return build(
            self.encoder,
            self.layout,
            self.hidden_units,
            self.embedding_size,
            pass_on=pass_on,
            dropout=self.dropout,
            layer_norm=self.layer_norm,
        )

    def _head(self, dueling: bool) -> nn.Module:
        return make_head(self.layout, self.feature_count, self.action_count, self.embedding_size, dueling)
