"""Speed of the learners in plain torch: steps of the lean loop over bare torch, interleaved in one process."""

from __future__ import annotations

import numpy as np

from .bench_train import ready_loop, session_log, speed_ratio

LEARNERS = ["sarsa", "awr", "iql", "sqn", "qr-dqn"]
QUANTILES = 32
GAMMA = 0.9


class LearnerRatio:
    """Steps per CPU second of the lean loop over the same learning written out in bare torch; above 1 is faster.

    64 context columns, 100 actions, medians of seven rounds.
    """

    params = (LEARNERS, [256, 1_024])
    param_names = ("algorithm", "batch")
    timeout = 300

    def setup(self, algorithm, batch):
        data = session_log()
        self.lean = ready_loop(data, algorithm, "lean", batch)
        self.bare = bare_loop(data, algorithm, batch)
        self.bare(5)

    def track_lean_over_floor(self, algorithm, batch):
        return speed_ratio(self.lean, self.bare)

    track_lean_over_floor.unit = "ratio"


def bare_loop(data, algorithm, batch_size):
    """The least that torch can do: perceptrons, Adam, and batches sliced from ready tables."""
    import torch
    from torch import nn

    def network(outputs):
        return nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, outputs))

    a = data.action_count
    widths = {"sarsa": [a], "awr": [a, 1, a], "iql": [a, 1, a], "sqn": [2 * a], "qr-dqn": [QUANTILES * a]}[algorithm]
    networks = [network(width) for width in widths]
    target = network(widths[0])
    adam = torch.optim.Adam([p for net in networks for p in net.parameters()], 5e-4, fused=True)
    tables = _tables(data)
    loss_of = LOSSES[algorithm]
    generator = torch.Generator().manual_seed(0)

    def advance(steps):
        for _ in range(steps):
            rows = torch.randint(len(data), (batch_size,), generator=generator)
            loss = loss_of(networks, target, *(table[rows] for table in tables))
            adam.zero_grad()
            loss.backward()
            adam.step()

    return advance


def _tables(data):
    """States, actions, rewards, next states, next actions and whether there are any, a row a decision."""
    import torch

    states, actions = torch.from_numpy(data.states()), torch.from_numpy(data.actions).unsqueeze(1)
    rewards = torch.from_numpy(data.rewards).unsqueeze(1)
    alive = 1 - torch.from_numpy(data.terminals.astype(np.float32)).unsqueeze(1)
    return states, actions, rewards, states.roll(-1, 0) * alive, actions.roll(-1, 0), alive


def sarsa(networks, target, states, actions, rewards, following, next_actions, alive):
    import torch

    with torch.no_grad():
        aim = rewards + GAMMA * alive * target(following).gather(1, next_actions)
    return (networks[0](states).gather(1, actions) - aim).square().mean()


def awr(networks, target, states, actions, rewards, following, next_actions, alive):
    import torch

    q, value, policy = networks
    with torch.no_grad():
        aim = rewards + GAMMA * alive * target(following).gather(1, next_actions)
    logged = q(states).gather(1, actions)
    advantages = logged.detach() - value(states)
    weights = (3.0 * advantages.detach()).exp().clamp(max=100.0)
    cloning = -(weights * policy(states).log_softmax(1).gather(1, actions)).mean()
    return (logged - aim).square().mean() + 0.5 * advantages.square().mean() + cloning


def iql(networks, target, states, actions, rewards, following, next_actions, alive):
    import torch

    q, value, policy = networks
    with torch.no_grad():
        aim = rewards + GAMMA * alive * value(following)
        logged = target(states).gather(1, actions)
    advantages = logged - value(states)
    weights = (3.0 * advantages.detach()).exp().clamp(max=100.0)
    cloning = -(weights * policy(states).log_softmax(1).gather(1, actions)).mean()
    expectile = (torch.where(advantages < 0, 0.3, 0.7) * advantages.square()).mean()
    return (q(states).gather(1, actions) - aim).square().mean() + expectile + cloning


def sqn(networks, target, states, actions, rewards, following, next_actions, alive):
    import torch

    (both,), half = networks, networks[0][-1].out_features // 2
    with torch.no_grad():
        best = both(following)[:, half:].argmax(1, keepdim=True)
        aim = rewards + GAMMA * alive * target(following)[:, half:].gather(1, best)
    outputs = both(states)
    picked = outputs[:, half:].gather(1, actions)
    cloning = torch.nn.functional.cross_entropy(outputs[:, :half], actions[:, 0])
    return cloning + torch.nn.functional.smooth_l1_loss(picked, aim)


def qr_dqn(networks, target, states, actions, rewards, following, next_actions, alive):
    import torch

    def picked(values, chosen):
        return values[torch.arange(len(values)), chosen[:, 0]]

    with torch.no_grad():
        ahead = target(following).view(len(states), -1, QUANTILES)
        aim = rewards + GAMMA * alive * picked(ahead, ahead.mean(2).argmax(1, keepdim=True))
    logged = picked(networks[0](states).view(len(states), -1, QUANTILES), actions)
    gaps = aim.unsqueeze(1) - logged.unsqueeze(2)
    levels = ((torch.arange(QUANTILES) + 0.5) / QUANTILES).unsqueeze(1)
    sides = (levels - (gaps.detach() < 0).float()).abs()
    sizes = torch.nn.functional.smooth_l1_loss(
        logged.unsqueeze(2).expand_as(gaps), aim.unsqueeze(1).expand_as(gaps), reduction="none"
    )
    return (sides * sizes).mean(2).sum(1).mean()


LOSSES = {"sarsa": sarsa, "awr": awr, "iql": iql, "sqn": sqn, "qr-dqn": qr_dqn}
