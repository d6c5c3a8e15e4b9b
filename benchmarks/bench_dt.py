"""Speed of the Decision Transformer's training: a step of the lean loop against bare torch, in one process."""

from __future__ import annotations

import numpy as np

from .bench_train import STEPS, ready_loop, session_log, speed_ratio

CONTEXT, WIDTH, BLOCKS, PLACES = 5, 32, 2, 100


class DecisionTransformer:
    """Ten steps at batch 256, sessions of ten decisions, 64 context columns, 100 actions."""

    timeout = 300
    warmup_time = 0

    def setup(self):
        data = session_log()
        self.lean, self.bare = ready_loop(data, "dt", "lean", 256), bare_loop(data, 256)
        self.bare(5)

    def time_steps(self):
        self.lean(STEPS // 2)

    def track_lean_over_floor(self):
        return speed_ratio(self.lean, self.bare, steps=STEPS // 2)

    track_lean_over_floor.unit = "ratio"


def bare_loop(data, batch_size):
    """The least that torch can do: the same transformer, Adam, and windows sliced from ready tables."""
    import torch
    from torch import nn

    steps = torch.from_numpy(np.arange(len(data)) - data.row_starts).unsqueeze(1) + torch.arange(1 - CONTEXT, 1)
    window = (torch.arange(len(data)).unsqueeze(1) + torch.arange(1 - CONTEXT, 1)).clamp(min=0)
    states, actions = torch.from_numpy(data.states())[window], torch.from_numpy(data.actions)[window]
    to_go = torch.from_numpy(data.returns_to_go().astype(np.float32))[window].unsqueeze(2)
    real, places = steps >= 0, steps.clamp(min=0)
    size = 3 * CONTEXT - 1
    visible = torch.ones(size, size, dtype=torch.bool).tril() & real.repeat_interleave(3, 1)[:, None, :size]
    visible = (visible | torch.eye(size, dtype=torch.bool)).unsqueeze(1)
    network = _bare_network(data.action_count)
    adam = torch.optim.Adam(network.parameters(), 5e-4, fused=True)
    generator = torch.Generator().manual_seed(0)

    def advance(steps):
        for _ in range(steps):
            rows = torch.randint(len(states), (batch_size,), generator=generator)
            logits = network(states[rows], actions[rows], to_go[rows], places[rows], visible[rows])
            losses = nn.functional.cross_entropy(logits.flatten(0, 1), actions[rows].flatten(), reduction="none")
            kept = real[rows].flatten().float()
            loss = (losses * kept).sum() / kept.sum()
            adam.zero_grad()
            loss.backward()
            adam.step()

    return advance


def _bare_network(action_count):
    import torch
    from torch import nn

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.second = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
            self.parts, self.merge = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
            self.perceptron = nn.Sequential(nn.Linear(WIDTH, 4 * WIDTH), nn.ReLU(), nn.Linear(4 * WIDTH, WIDTH))

        def forward(self, x, visible):
            parts = (part.unflatten(2, (2, -1)).transpose(1, 2) for part in self.parts(self.first(x)).chunk(3, dim=2))
            mixed = nn.functional.scaled_dot_product_attention(*parts, attn_mask=visible)
            x = x + self.merge(mixed.transpose(1, 2).flatten(2))
            return x + self.perceptron(self.second(x))

    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            layers = [nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, WIDTH)]
            self.state, self.to_go = nn.Sequential(*layers), nn.Linear(1, WIDTH)
            self.action, self.place = nn.Embedding(action_count, WIDTH), nn.Embedding(PLACES, WIDTH)
            self.blocks, self.norm = nn.ModuleList(Block() for _ in range(BLOCKS)), nn.LayerNorm(WIDTH)
            self.head = nn.Linear(WIDTH, action_count)

        def forward(self, states, actions, to_go, places, visible):
            tokens = torch.stack([self.to_go(to_go), self.state(states), self.action(actions)], 2).tanh()
            x = (tokens + self.place(places).unsqueeze(2)).flatten(1, 2)[:, :-1]
            for block in self.blocks:
                x = block(x, visible)
            return self.head(self.norm(x[:, 1::3]))

    return Network()
