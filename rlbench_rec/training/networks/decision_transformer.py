"""A transformer over decisions, each a reward to go, a state and an action."""

from __future__ import annotations

import torch
from torch import nn

from .builder import NetworkBuilder
from .encoders.transformer import HEADS, Block
from .heads import make_head
from .items import ItemEmbedding


class DecisionTransformer(nn.Module):
    """(b, K, …) decisions -> (b, K, A) logits of each one's action, of what came before it.

    Tokens are tanh(W z), tanh(W f(s)) and tanh(e_a) plus an embedding of the decision's place in the session; the
    logits of a_t are a linear map of what the last block says at s_t, which sees nothing later (Chen et al. 2021). f is
    the chosen encoder; among candidates e_a is of the item that was chosen.

    Args:
        networks: what states and actions are like.
        width: of a token.
        blocks: of self-attention.
        longest: places that are told apart.
    """

    def __init__(self, networks: NetworkBuilder, width: int, blocks: int, longest: int):
        super().__init__()
        layout, self.width = networks.layout, HEADS * -(-width // HEADS)
        self.candidates, self.beside, self.longest = layout.candidates, layout.beside, longest
        self.features = networks.features()
        self.state, self.to_go = nn.Linear(networks.feature_count, self.width), nn.Linear(1, self.width)
        self.action: nn.Module = nn.Embedding(networks.action_count, self.width)
        if layout.candidates:
            embedding = ItemEmbedding(layout, networks.embedding_size)
            self.action = nn.Sequential(embedding, nn.Linear(networks.embedding_size, self.width))
        self.places = nn.Embedding(longest, self.width)
        nn.init.normal_(self.places.weight, std=0.02)
        self.blocks = nn.ModuleList(Block(self.width) for _ in range(blocks))
        self.norm = nn.LayerNorm(self.width)
        self.head = make_head(layout, self.width, networks.action_count, networks.embedding_size)
        self.rules_out = layout.beside > 0

    def forward(
        self, states: torch.Tensor, actions: torch.Tensor, to_go: torch.Tensor, steps: torch.Tensor
    ) -> torch.Tensor:
        """Logits of every decision of the windows.

        Args:
            states: (b, K, state size).
            actions: (b, K) int64; the last one is not looked at.
            to_go: (b, K) standardised rewards to go.
            steps: (b, K) int64 place of each decision in its session, below 0 before its start.
        """
        flat = states.flatten(0, 1)
        encoded = self.state(self.features(flat)).unflatten(0, actions.shape)
        taken = self.action(self._actions(states, actions))
        tokens = torch.stack([self.to_go(to_go.unsqueeze(2)), encoded, taken], dim=2).tanh()
        places = self.places(steps.clamp(min=0, max=self.longest - 1))
        # (b, K, 3, width) -> (b, 3 K - 1, width): nothing looks at the last action.
        read = (tokens + places.unsqueeze(2)).flatten(1, 2)[:, :-1]
        visible = _visible(steps)
        for block in self.blocks:
            read = block(read, visible)
        decided = self.norm(read[:, 1::3]).flatten(0, 1)
        if self.beside:
            decided = torch.cat([decided, flat[:, flat.shape[1] - self.beside :]], dim=1)
        return self.head(decided).unflatten(0, actions.shape)

    def _actions(self, states: torch.Tensor, actions: torch.Tensor) -> torch.Tensor:
        """(b, K) what an action's embedding is of: its number, or the item in its slot."""
        actions = actions.clamp(min=0)
        if not self.candidates:
            return actions
        slots = states[..., states.shape[-1] - self.candidates :]
        return slots.gather(2, actions.unsqueeze(2)).squeeze(2).long()


def _visible(steps: torch.Tensor) -> torch.Tensor:
    """(b, 1, 3 K - 1, 3 K - 1): a token sees itself and earlier ones of its session."""
    size = 3 * steps.shape[1] - 1
    real = (steps >= 0).repeat_interleave(3, dim=1)[:, :size]
    order = torch.arange(size, device=steps.device)
    earlier = order.unsqueeze(1) >= order
    itself = order.unsqueeze(1) == order
    return ((earlier & real.unsqueeze(1)) | itself).unsqueeze(1)
