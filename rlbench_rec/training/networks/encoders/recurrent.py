"""Recurrent networks over the history."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import nn

from .history_encoder import SequenceEncoder, Summary


class Recurrent(Summary):
    """The output of a recurrent cell after the newest slot."""

    cell: ClassVar[type[nn.GRU] | type[nn.LSTM]] = nn.GRU
    at: torch.Tensor

    def __init__(self, slot_size: int, history: int, embedding_size: int):
        super().__init__(slot_size, history, embedding_size)
        self.width = embedding_size
        self.layer = self.cell(slot_size, self.width, batch_first=True)
        self.register_buffer("at", torch.arange(history), persistent=False)

    def forward(self, slots: torch.Tensor, real: torch.Tensor) -> torch.Tensor:
        # Real slots first, in their order: what comes after the last of them is never looked at.
        order = torch.where(real, self.at, self.at + real.shape[1]).argsort(dim=1)
        slots = slots.gather(1, order.unsqueeze(2).expand_as(slots)).float()
        # In bfloat16 rounding would add up over the slots, and not every CPU has an LSTM of it.
        with torch.autocast(slots.device.type, enabled=False):
            outputs, _ = self.layer(slots)
        last = (real.sum(dim=1) - 1).clamp(min=0).view(-1, 1, 1)
        return outputs.gather(1, last.expand(-1, 1, self.width)).squeeze(1)


class RecurrentLSTM(Recurrent):
    """The same with an LSTM cell."""

    cell: ClassVar[type[nn.GRU] | type[nn.LSTM]] = nn.LSTM


class GRUEncoder(SequenceEncoder):
    """Gated recurrent unit (Cho et al. 2014), the network of GRU4Rec (Hidasi et al. 2016)."""

    summary = Recurrent


class LSTMEncoder(SequenceEncoder):
    """Long short-term memory (Hochreiter and Schmidhuber 1997)."""

    summary = RecurrentLSTM
