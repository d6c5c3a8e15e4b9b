"""The lean loop: the same algorithms by update steps of our own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

import torch
from torch import nn

from ...errors import InputError
from ...mdp.dataset import TransitionDataset
from ..networks import ScoreNetwork
from ..transitions import Transitions
from .loop import Loop, refuse_nan, uniform_rows
from .losses import LOSSES, Batch, Heads, Loss
from .recorded import Recorded


def lean(
    algo: Any,
    data: TransitionDataset,
    batch_size: int,
    seed: int,
    device: str,
    rows: Iterator[torch.Tensor] | None = None,
    n_steps: int = 1,
    fused: bool = True,
    recorded: bool = False,
    precision: torch.dtype = torch.float32,
) -> Loop:
    """One forward pass where d3rlpy takes two, no one-hot products, fused Adam, and the host waits for the device
    once an `advance`, not once a step.

    It trains the networks of `algo` in place. With `fused=False` DQN and Double DQN have the weights of `tensor`; the
    others, and fused Adam, differ in the last digits, which training then carries further.

    Args:
        algo, data, batch_size, seed, device: as for every loop.
        rows, n_steps: as for `tensor`.
        fused: whether Adam runs as one kernel.
        recorded: whether a step is replayed as one CUDA graph; see `graph`.
        precision: of the networks' matrix products; see `graph_bf16`.

    Raises:
        InputError: an algorithm without a lean loss.
    """
    loss_of, impl = lean_loss(algo), algo.impl
    gamma = getattr(impl, "_gamma", 0.0)
    transitions = Transitions(data, device, n_steps, gamma)
    discounts = gamma**transitions.strides * (1.0 - transitions.terminals)
    generator = torch.Generator(device).manual_seed(seed)
    batches = rows if rows is not None else uniform_rows(len(data), batch_size, generator)
    online, target = networks_of(impl)
    heads, targets = _heads(online, device, precision), _heads(target, device, precision) if target else []
    adam = adam_like(impl, list(online.parameters()), fused, capturable=recorded and device != "cpu")
    interval = getattr(impl, "_target_update_interval", None)
    # Next states are only looked at where they are worth something.
    looks_ahead = bool(discounts.any())

    total = torch.zeros((), device=device)

    def step(drawn: torch.Tensor) -> None:
        loss = loss_of(heads, targets, _batch(transitions, drawn, discounts, looks_ahead), impl)
        adam.zero_grad()
        loss.backward()
        adam.step()
        total.add_(loss.detach())

    run = Recorded(step, batch_size, device) if recorded else step

    def advance(steps: int) -> float:
        total.zero_()
        online.train()
        for _ in range(steps):
            run(next(batches))
            if interval and algo.grad_step % interval == 0:
                copy_weights(target.parameters(), online.parameters())
            algo.set_grad_step(algo.grad_step + 1)
        mean = float(total) / steps
        refuse_nan(mean, algo.grad_step)
        return mean

    return Loop(advance, [adam], generator)


def lean_loss(algo: Any) -> Loss:
    """The loss of d3rlpy's algorithm.

    Raises:
        InputError: there is none.
    """
    name = type(algo).__name__
    if name not in LOSSES:
        raise InputError(f"The lean loop has no loss for {name}.", where="loop", hint="Use tensor.")
    return LOSSES[name]


def networks_of(impl: Any) -> tuple[ScoreNetwork, ScoreNetwork | None]:
    """The trained network and its target, sharing d3rlpy's weights; cloning has no target."""
    if hasattr(impl.modules, "imitator"):
        return ScoreNetwork.of([impl.modules.imitator]), None
    return ScoreNetwork.of(impl.modules.q_funcs), ScoreNetwork.of(impl.modules.targ_q_funcs)


def _heads(network: ScoreNetwork, device: str, precision: torch.dtype) -> Heads:
    if precision == torch.float32:
        return list(network.heads)

    def scores(head: nn.Module, states: torch.Tensor) -> torch.Tensor:
        with torch.autocast(torch.device(device).type, precision):
            return head(states).float()

    return [partial(scores, head) for head in network.heads]


def adam_like(impl: Any, parameters: list[torch.Tensor], fused: bool, capturable: bool = False) -> torch.optim.Adam:
    """Adam with the settings of d3rlpy's own; a `capturable` one counts its steps on the device."""
    settings = impl.modules.optim.optim.defaults
    same = {name: settings[name] for name in ("lr", "betas", "eps", "weight_decay", "amsgrad")}
    return torch.optim.Adam(parameters, **same, fused=fused, capturable=capturable)


def _batch(transitions: Transitions, rows: torch.Tensor, discounts: torch.Tensor, looks_ahead: bool) -> Batch:
    return Batch(
        transitions.states(rows),
        transitions.actions[rows].unsqueeze(1),
        transitions.rewards[rows].unsqueeze(1),
        transitions.next_states(rows) if looks_ahead else None,
        discounts[rows].unsqueeze(1),
    )


def copy_weights(into: Iterable[torch.Tensor], source: Iterable[torch.Tensor]) -> None:
    """Overwrite tensors one by one, outside of autograd."""
    with torch.no_grad():
        torch._foreach_copy_(list(into), list(source))
