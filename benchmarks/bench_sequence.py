"""Speed of a sequence model: steps of `gru4rec` in the lean loop over the same in bare torch, in one process."""

from __future__ import annotations

import math

import numpy as np

from .bench_train import STEPS, session_log, speed_ratio

HISTORY, SIZE, NEGATIVES, BATCH = 10, 64, 1_024, 256


class SequenceRatio:
    """Steps per CPU second over those of bare torch, batch 256, histories of ten, medians of seven rounds; above 1 is
    faster."""

    params = (["cross-entropy", "sampled-softmax"], [1_000, 20_000])
    param_names = ("loss", "items")
    timeout = 300
    warmup_time = 0

    def setup(self, loss, items):
        data = session_log(actions=items, history=HISTORY)
        self.lean, self.bare = lean_loop(data, loss), bare_loop(data, loss)
        self.lean(3), self.bare(3)

    def track_lean_over_floor(self, loss, items):
        return speed_ratio(self.lean, self.bare, steps=STEPS // 4)

    def time_steps(self, loss, items):
        self.lean(STEPS // 4)

    track_lean_over_floor.unit = "ratio"


def lean_loop(data, loss):
    import torch

    from rlbench_rec.training.algorithm_config import make_config
    from rlbench_rec.training.loops.lean import lean
    from rlbench_rec.training.trainer import create

    torch.set_num_threads(1)
    config = make_config("gru4rec", {"loss": loss, "negatives": NEGATIVES}, data.gamma)
    algorithm = create(config, "gru", data.layout, data.action_count, BATCH, "cpu")
    algorithm.prepare(data)
    return lean(algorithm, data, BATCH, 0, "cpu")


def bare_loop(data, loss):
    """The least that torch can do: the same layers, Adam, and histories sliced from ready tables, oldest first, with
    what is padding behind them."""
    import torch
    from torch import nn

    context, items, events, gaps, lengths = _tables(data)
    actions, count = torch.from_numpy(data.actions), data.action_count
    item, event = nn.Embedding(count + 1, SIZE), nn.Embedding(4, SIZE)
    cell, layer = nn.GRU(SIZE + 1, SIZE, batch_first=True), nn.Linear(context.shape[1] + SIZE, 64)
    query, offsets = nn.Linear(64, SIZE), nn.Parameter(torch.zeros(count + 1))
    weights = [*(w for part in (item, event, cell, layer, query) for w in part.parameters()), offsets]
    adam = torch.optim.Adam(weights, 5e-4, fused=True)
    generator = torch.Generator().manual_seed(0)
    popular = torch.from_numpy(np.argsort(-np.bincount(data.actions, minlength=count), kind="stable"))
    shares = torch.log(torch.log1p(1 / torch.arange(1, count + 1)) / math.log1p(count)) + math.log(NEGATIVES)

    def features(rows):
        slots = torch.cat([item(items[rows]) + event(events[rows]), gaps[rows].unsqueeze(2)], 2)
        last = (lengths[rows] - 1).clamp(min=0).view(-1, 1, 1).expand(-1, 1, SIZE)
        outputs = cell(slots)[0].gather(1, last).squeeze(1) * (lengths[rows] > 0).unsqueeze(1)
        return query(layer(torch.cat([context[rows], outputs], 1)).relu())

    def whole(f, right):
        return nn.functional.cross_entropy(torch.addmm(offsets[1:], f, item.weight[1:].T), right)

    def sampled(f, right):
        ranks = (torch.rand(NEGATIVES, generator=generator) * math.log1p(count)).exp().long() - 1
        ranks = ranks.clamp(max=count - 1)
        drawn = popular[ranks]
        others = torch.addmm(offsets[drawn + 1], f, item(drawn + 1).T) - shares[ranks]
        others = others.masked_fill(drawn == right.unsqueeze(1), -1e9)
        own = (item(right + 1) * f).sum(1, keepdim=True) + offsets[right + 1].unsqueeze(1)
        return -torch.cat([own, others], 1).log_softmax(1)[:, 0].mean()

    loss_of = sampled if loss == "sampled-softmax" else whole

    def advance(steps):
        for _ in range(steps):
            rows = torch.randint(len(actions), (BATCH,), generator=generator)
            value = loss_of(features(rows), actions[rows])
            adam.zero_grad()
            value.backward()
            adam.step()

    return advance


def _tables(data):
    """Context, and the slots of each row's history with the padding moved behind them."""
    import torch

    states = data.states()
    context, *blocks = np.split(states, data.observations.shape[1] + HISTORY * np.arange(3), axis=1)
    real = blocks[0] > 0
    order = np.argsort(~real, axis=1, kind="stable")
    items, events, gaps = (np.take_along_axis(block, order, axis=1) for block in blocks)
    tables = (context, items.astype(np.int64), events.astype(np.int64), np.log1p(gaps), real.sum(axis=1))
    return [torch.from_numpy(np.ascontiguousarray(table)) for table in tables]
