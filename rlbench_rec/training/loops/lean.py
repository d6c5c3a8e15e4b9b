"""The lean loop: the same algorithms by update steps of our own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial

import torch
from torch import nn

from ...errors import InputError
from ...mdp.dataset import TransitionDataset
from ..d3rlpy_algorithm import D3rlpyAlgorithm
from ..d3rlpy_internals import clone_scores, q_scores, target_scores
from ..networks import ScoreNetwork
from ..trainable import Trainable
from ..transitions import Transitions
from .loop import Loop, made_of_d3rlpy, refuse_nan, uniform_rows
from .losses import LOSSES, Heads, Loss, Penalties
from .recorded import Recorded


def lean(
    algorithm: Trainable,
    data: TransitionDataset,
    batch_size: int,
    seed: int,
    device: str,
    *,
    rows: Iterator[torch.Tensor] | None = None,
    n_steps: int = 1,
    fused: bool = True,
    recorded: bool = False,
    precision: torch.dtype = torch.float32,
) -> Loop:
    """One forward pass where d3rlpy takes two, no one-hot products, fused Adam, and the host waits for the device
    once per `advance`, not once per step.

    With `fused=False` DQN and Double DQN have the weights of `tensor`; the others, and fused Adam, differ in the last
    digits, which training then carries further.

    Args:
        algorithm, data, batch_size, seed, device, n_steps: as for every loop.
        rows: as for `tensor`.
        fused: whether Adam runs as one kernel.
        recorded: whether a step is replayed as one CUDA graph; see `graph`.
        precision: of the networks' matrix products; see `graph_bf16`.

    Raises:
        InputError: an algorithm without a lean loss.
    """
    trained = made_of_d3rlpy(algorithm, "lean")
    loss_of, rule = lean_loss(trained), trained.rule
    transitions = Transitions(data, device, n_steps, rule.gamma or 0.0)
    generator = torch.Generator(device).manual_seed(seed)
    batches = rows if rows is not None else uniform_rows(len(data), batch_size, generator)
    online, target = networks_of(trained)
    heads, targets = _heads(online, device, precision), _heads(target, device, precision) if target else []
    adam = adam_like(trained, list(online.parameters()), fused, capturable=recorded and device != "cpu")
    penalties, interval = Penalties(rule.alpha, rule.beta), rule.target_update_interval

    total = torch.zeros((), device=device)

    def step(drawn: torch.Tensor) -> None:
        loss = loss_of(heads, targets, transitions.batch(drawn), penalties)
        adam.zero_grad()
        loss.backward()
        adam.step()
        total.add_(loss.detach())

    run: Callable[[torch.Tensor], None] = Recorded(step, batch_size, device) if recorded else step

    def advance(steps: int) -> list[float]:
        total.zero_()
        online.train()
        for _ in range(steps):
            run(next(batches))
            if target and interval and trained.grad_step % interval == 0:
                copy_weights(target.parameters(), online.parameters())
            trained.grad_step += 1
        mean = float(total) / steps
        refuse_nan(mean, trained.grad_step)
        return [mean]

    return Loop(advance, [adam], [generator])


def lean_loss(algorithm: D3rlpyAlgorithm) -> Loss:
    """The loss of d3rlpy's algorithm.

    Raises:
        InputError: there is none.
    """
    if algorithm.name not in LOSSES:
        raise InputError(f"The lean loop has no loss for {algorithm.name}.", where="loop", hint="Use tensor.")
    return LOSSES[algorithm.name]


def networks_of(algorithm: D3rlpyAlgorithm) -> tuple[ScoreNetwork, ScoreNetwork | None]:
    """The trained network and its target, sharing d3rlpy's weights; cloning has no target."""
    if algorithm.gamma is None:
        return clone_scores(algorithm.impl), None
    return q_scores(algorithm.impl), target_scores(algorithm.impl)


def _heads(network: ScoreNetwork, device: str, precision: torch.dtype) -> Heads:
    if precision == torch.float32:
        return list(network.heads)

    def scores(head: nn.Module, states: torch.Tensor) -> torch.Tensor:
        with torch.autocast(torch.device(device).type, precision):
            return head(states).float()

    return [partial(scores, head) for head in network.heads]


def adam_like(
    algorithm: D3rlpyAlgorithm, parameters: list[torch.Tensor], fused: bool, capturable: bool = False
) -> torch.optim.Adam:
    """Adam with the settings of d3rlpy's own; a `capturable` one counts its steps on the device."""
    (optimiser,) = algorithm.optimisers
    settings = optimiser.defaults
    same = {name: settings[name] for name in ("lr", "betas", "eps", "weight_decay", "amsgrad")}
    return torch.optim.Adam(parameters, **same, fused=fused, capturable=capturable)


def copy_weights(into: Iterable[torch.Tensor], source: Iterable[torch.Tensor]) -> None:
    """Overwrite tensors one by one, outside of autograd."""
    with torch.no_grad():
        torch._foreach_copy_(list(into), list(source))
