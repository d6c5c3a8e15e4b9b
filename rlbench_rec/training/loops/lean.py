"""The lean loop: update steps of our own, for every algorithm that says what it minimises."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import torch
from torch import nn

from ...mdp.dataset import TransitionDataset
from ..objective import Heads
from ..trainable import Trainable
from ..transitions import Transitions
from .loop import Loop, objective_of, refuse_nan, uniform_rows
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
        InputError: an algorithm that gives no `Objective`.
    """
    objective, gamma = objective_of(algorithm, "lean"), algorithm.gamma or 0.0
    transitions = Transitions(data, device, n_steps, gamma)
    generator = torch.Generator(device).manual_seed(seed)
    batches = rows if rows is not None else uniform_rows(len(data), batch_size, generator)
    heads, targets = (in_precision(modules, device, precision) for modules in (objective.heads, objective.targets))
    adam = adam_like(algorithm, objective.parameters, fused, capturable=recorded and device != "cpu")
    for target in objective.targets:
        target.eval()  # what is aimed at is without dropout

    total = torch.zeros((), device=device)

    def step(drawn: torch.Tensor) -> None:
        loss = objective.loss(heads, targets, algorithm.batch(transitions, drawn), objective.settings)
        adam.zero_grad()
        loss.backward()
        adam.step()
        total.add_(loss.detach())

    run: Callable[[torch.Tensor], None] = Recorded(step, batch_size, device) if recorded else step

    def advance(steps: int) -> list[float]:
        total.zero_()
        for head in objective.heads:
            head.train()
        for _ in range(steps):
            run(next(batches))
            if objective.moves_targets(algorithm.grad_step):
                objective.move_targets()
            algorithm.grad_step += 1
        mean = float(total) / steps
        refuse_nan(mean, algorithm.grad_step)
        return [mean]

    return Loop(advance, [adam], [generator])


def in_precision(modules: Sequence[nn.Module], device: str, precision: torch.dtype) -> Heads:
    """The networks as functions of states, their matrix products in this precision and their outputs in float32."""
    if precision == torch.float32:
        return list(modules)

    def outputs(module: nn.Module, *inputs: torch.Tensor) -> torch.Tensor:
        with torch.autocast(torch.device(device).type, precision):
            return module(*inputs).float()

    return [partial(outputs, module) for module in modules]


def adam_like(
    algorithm: Trainable, parameters: list[torch.Tensor], fused: bool, capturable: bool = False
) -> torch.optim.Adam:
    """Adam with the settings of the algorithm's own; a `capturable` one counts its steps on the device."""
    (optimiser,) = algorithm.optimisers
    make = torch.optim.AdamW if isinstance(optimiser, torch.optim.AdamW) else torch.optim.Adam
    settings = optimiser.defaults
    same = {name: settings[name] for name in ("lr", "betas", "eps", "weight_decay", "amsgrad")}
    return make(parameters, **same, fused=fused, capturable=capturable)
