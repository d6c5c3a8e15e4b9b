"""Scores of a next-item model: how well each item follows what the state shows."""

from __future__ import annotations

import math

import torch
from torch import nn

from .action_scores import ActionScores
from .builder import NetworkBuilder
from .encoders.history_encoder import SequenceEncoder
from .heads import RULED_OUT, Beside
from .items import ItemEmbedding


class NextItemLogits(nn.Module):
    """logit(s, item) = e_item . W f(s) + b_item, f the encoder; `RULED_OUT` for what may not be recommended.

    Actions are items (action a is item a + 1) or slots of candidates, whose items are in the state.

    Args:
        networks: what states and actions are like.
        tied: whether e is the embedding that the encoder reads the history by, or one of its own.
    """

    log_shares: torch.Tensor

    def __init__(self, networks: NetworkBuilder, tied: bool):
        super().__init__()
        layout, size = networks.layout, networks.embedding_size
        self.layout, self.action_count = layout, networks.action_count
        self.features = networks.features()
        self.query = nn.Linear(networks.feature_count, size)
        self.own_items = None if tied else ItemEmbedding(layout, size)
        self.offsets = nn.Parameter(torch.zeros(layout.item_count + 1))
        with torch.no_grad():
            self.items.own.weight.normal_(std=size**-0.5)[0] = 0.0
        # What negatives are drawn by: of the training, not of what is saved.
        self.register_buffer("log_shares", torch.zeros(networks.action_count), persistent=False)

    @property
    def items(self) -> ItemEmbedding:
        """e."""
        if self.own_items is not None:
            return self.own_items
        encoder = self.features.encoder if isinstance(self.features, Beside) else self.features
        assert isinstance(encoder, SequenceEncoder), "the config names its encoders"
        return encoder.slots.items

    @property
    def other_action(self) -> int | None:
        """The action that stands for all items outside the vocabulary, where there is one."""
        return self.layout.other_item - 1 if 0 < self.layout.other_item <= self.action_count else None

    @property
    def rules_out(self) -> bool:
        """Whether a score can be `RULED_OUT`."""
        return self.layout.beside > 0 or self.other_action is not None

    def forward(
        self, states: torch.Tensor, actions: torch.Tensor | None = None, negatives: torch.Tensor | None = None
    ) -> torch.Tensor:
        """(b, A) logits of all actions; with negatives (b, 1 + K) logits of a softmax whose right answer is the first.

        Args:
            states: (b, state size).
            actions: (b, 1) int64, what followed.
            negatives: (...) int64, K actions in all, the same for every row, that were drawn by `log_shares`.
        """
        query = self.query(self.features(states))
        if actions is not None and negatives is not None:
            return self._among(query, states, actions, negatives.flatten())
        if self.layout.candidates:
            ids = states[:, states.shape[1] - self.layout.candidates :].long()
            shown = (ids > 0) & (ids != self.layout.other_item) if self.layout.other_item else ids > 0
            return torch.where(shown, self._of(query, ids), RULED_OUT)
        table = self.items.table()[1 : self.action_count + 1]
        scores = torch.addmm(self.offsets[1 : self.action_count + 1], query, table.T)
        if self.layout.forbidden:
            scores = torch.where(self._flags(states) > 0, RULED_OUT, scores)
        if self.other_action is not None:
            other = torch.arange(self.action_count, device=scores.device) == self.other_action
            scores = torch.where(other, RULED_OUT, scores)
        return scores

    def _among(
        self, query: torch.Tensor, states: torch.Tensor, actions: torch.Tensor, drawn: torch.Tensor
    ) -> torch.Tensor:
        ids = drawn + 1
        scores = torch.addmm(self.offsets[ids], query, self.items(ids).T)
        expected = self.log_shares[drawn] + math.log(len(drawn))
        impossible = drawn == actions
        if self.layout.forbidden:
            impossible = impossible | (self._flags(states)[:, drawn] > 0)
        return torch.cat([self._of(query, actions + 1), torch.where(impossible, RULED_OUT, scores - expected)], dim=1)

    def _of(self, query: torch.Tensor, ids: torch.Tensor) -> torch.Tensor:
        """(b, k) logits of (b, k) item ids."""
        return (self.items(ids) @ query.unsqueeze(2)).squeeze(2) + self.offsets[ids]

    def _flags(self, states: torch.Tensor) -> torch.Tensor:
        return states[:, states.shape[1] - self.layout.forbidden :]


class NextItemScores(ActionScores):
    """The logits over a temperature, so that their softmax says how often each item follows.

    Args:
        logits: the model.
    """

    temperature: torch.Tensor

    def __init__(self, logits: NextItemLogits):
        super().__init__()
        self.logits, self.rules_out = logits, logits.rules_out
        self.register_buffer("temperature", torch.ones(()))

    @property
    def device(self) -> torch.device:
        return self.temperature.device

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        logits = self.logits(states)
        scores = logits / self.temperature
        return torch.where(logits <= RULED_OUT / 2, RULED_OUT, scores) if self.rules_out else scores
