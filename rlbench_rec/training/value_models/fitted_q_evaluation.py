"""Fitted Q evaluation: the Q function of a policy, greedy or stochastic, learnt from another policy's log."""

from __future__ import annotations

import copy
import functools
import itertools
import math
from collections.abc import Callable, Iterable, Iterator

import numpy as np
import torch
from torch import nn

from ...arguments import expect
from ...errors import InputError
from ...mdp.dataset import TransitionDataset
from ...policies import Policy, QFunction, on_log
from ..device import resolve, seeded
from ..networks import ScoreNetwork, score
from ..networks.encoders import build
from ..networks.items import give_vectors
from ..transitions import Transitions

MAX_CELLS = 100_000_000
"""Largest (rows x actions) matrix of policy probabilities that is kept; above it they are computed batch by batch."""
CHUNK_ROWS = 8_192
TARGET_RATE = 0.1
"""Share of the network that flows into the target network at every step."""

Probabilities = Callable[[torch.Tensor], torch.Tensor]
"""(b,) row numbers -> (b, A) float32 probabilities of the target policy in those rows' states."""


def fqe(
    train: TransitionDataset,
    policy: Policy,
    *,
    steps: int = 500,
    seed: int = 0,
    device: str = "auto",
    gamma: float | None = None,
    encoder: str = "mlp",
    batch_size: int = 256,
    learning_rate: float = 2e-3,
    hidden_units: tuple[int, ...] = (64, 64),
    embedding_size: int = 16,
    rows: np.ndarray | None = None,
    probabilities: Probabilities | None = None,
) -> QFunction:
    """Learn q(s, a), the value of taking a in s and following `policy` from then on.

    Minimises (q(s, a) - y)^2 with y = r + gamma sum_b pi(b|s') q'(s', b) (Le, Voloshin and Yue 2019, with the
    expectation over actions that a stochastic policy needs). The target network q' moves towards q by `TARGET_RATE`
    after every step and is what is returned: an average of recent networks varies less than the last one.

    Args:
        train: the log to learn from; never the rows that q is then used on.
        policy: the target policy.
        steps: gradient steps.
        seed: of weights and sampling.
        device: as in `fit`.
        gamma: discount factor; None takes the dataset's.
        encoder, hidden_units, embedding_size: as in `fit`.
        batch_size: rows per step.
        learning_rate: first step size of Adam; it falls linearly to a twentieth.
        rows: (m,) the rows to learn from; None: all.
        probabilities: the policy's probabilities by row, where the caller has them already.

    Returns:
        states (n, state size) -> (n, A) float32.

    Raises:
        InputError: a policy over another number of actions, numbers out of range, a loss that is not a number.
    """
    expect(train, TransitionDataset, "train")
    device = resolve(device)
    gamma = train.gamma if gamma is None else gamma
    if steps < 1 or batch_size < 1 or not 0.0 <= gamma <= 1.0:
        raise InputError(f"steps {steps}, batch_size {batch_size}, gamma {gamma}: out of range.", where="fqe")
    pi = probabilities or probabilities_by_row(policy, train, device)
    rows = np.arange(len(train)) if rows is None else np.asarray(rows, dtype=np.int64)
    mean, scale = _returns(train, rows, gamma)
    with seeded(seed, device):
        head = nn.Linear(hidden_units[-1], train.action_count)
        # Starting from the behaviour policy's mean value leaves only the differences to be learnt.
        nn.init.zeros_(head.weight)
        nn.init.constant_(head.bias, mean / scale)
        network = ScoreNetwork([nn.Sequential(build(encoder, train.layout, hidden_units, embedding_size), head)])
    give_vectors(network, train.item_vectors, tuned=False)
    network = network.to(device)
    generator = torch.Generator(device).manual_seed(seed)
    batches = itertools.islice(_epochs(torch.from_numpy(rows).to(device), batch_size, generator), steps)
    target = _learn(network, Transitions(train, device), pi, batches, steps, gamma, scale, learning_rate)
    return functools.partial(_scaled_score, target, scale)


def _learn(
    network: ScoreNetwork,
    transitions: Transitions,
    pi: Probabilities,
    batches: Iterable[torch.Tensor],
    steps: int,
    gamma: float,
    scale: float,
    learning_rate: float,
) -> ScoreNetwork:
    """The target network after `steps` batches of row numbers."""
    target = copy.deepcopy(network).requires_grad_(False)
    pairs = list(zip(target.parameters(), network.parameters(), strict=True))
    optimiser = torch.optim.Adam((p for p in network.parameters() if p.requires_grad), lr=learning_rate, fused=True)
    decay = torch.optim.lr_scheduler.LinearLR(optimiser, 1.0, 0.05, total_iters=steps)
    rewards, discounts = transitions.rewards / scale, gamma * (1.0 - transitions.terminals)
    for batch in batches:
        following = transitions.following(batch)
        with torch.no_grad():
            ahead = (pi(following) * target(transitions.next_states(batch))).sum(dim=1)
            goal = rewards[batch] + discounts[batch] * ahead
        q = network(transitions.states(batch)).gather(1, transitions.actions[batch].unsqueeze(1))[:, 0]
        loss = nn.functional.mse_loss(q, goal)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        decay.step()
        with torch.no_grad():
            for slow, fast in pairs:
                slow.lerp_(fast, TARGET_RATE)
    if not math.isfinite(loss.item()):
        raise InputError(f"The loss is {loss.item()} after {steps} steps.", where="fqe", hint="Lower learning_rate.")
    return target


def probabilities_by_row(policy: Policy, data: TransitionDataset, device: str) -> Probabilities:
    """The policy's probabilities in the states of a log, computed once where they fit in memory.

    Raises:
        InputError: a policy over another number of actions.
    """
    if policy.action_count != data.action_count:
        raise InputError(
            f"The policy has {policy.action_count} actions, the log {data.action_count}.", where=f"policy {policy.name}"
        )

    def compute(rows: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(on_log(policy, data, rows).astype(np.float32))

    if len(data) * data.action_count > MAX_CELLS:
        return lambda rows: compute(rows.cpu().numpy()).to(device)
    chunks = np.array_split(np.arange(len(data)), math.ceil(len(data) / CHUNK_ROWS))
    matrix = torch.cat([compute(chunk) for chunk in chunks]).to(device)
    return matrix.__getitem__


def _returns(data: TransitionDataset, rows: np.ndarray, gamma: float) -> tuple[float, float]:
    """Mean and spread of the discounted rewards to go in these rows: where q starts, and the unit it is learnt in."""
    to_go = data.returns_to_go(gamma)
    return float(to_go[rows].mean()), float(to_go[rows].std()) or 1.0


def _epochs(rows: torch.Tensor, batch_size: int, generator: torch.Generator) -> Iterator[torch.Tensor]:
    """Endless batches in which every row comes once per epoch: less noise than drawing with replacement."""
    while True:
        order = rows[torch.randperm(len(rows), generator=generator, device=rows.device)]
        yield from order[: max(1, len(rows) // batch_size) * batch_size].split(batch_size)


def _scaled_score(network: ScoreNetwork, scale: float, states: np.ndarray) -> np.ndarray:
    return score(network, states) * np.float32(scale)
