"""The ensemble loop: many trainings of one shape in one pass, their weights stacked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import torch
from torch import nn
from torch.func import functional_call, stack_module_state, vmap

from ...errors import InputError
from ...mdp.dataset import TransitionDataset
from ..objective import Heads, Objective, move
from ..trainable import Trainable
from ..transitions import Batch, Transitions
from .lean import adam_like
from .loop import Loop, objective_of, refuse_nan, uniform_rows

Weights = dict[str, dict[str, torch.Tensor]]
"""Number of a head -> name of a weight -> the weight, of one network or stacked."""


def ensemble(
    algorithm: Trainable,
    data: TransitionDataset,
    batch_size: int,
    seed: int,
    device: str,
    *,
    rows: Iterator[torch.Tensor] | None = None,
    n_steps: int = 1,
    fused: bool = True,
) -> Loop:
    """`lean` for many seeds at once, their weights stacked (`training.fit_seeds`); for one seed it is `lean`."""
    drawn = None if rows is None else [rows]
    return together([algorithm], data, batch_size, [seed], device, rows=drawn, n_steps=n_steps, fused=fused)


def together(
    algorithms: Sequence[Trainable],
    data: TransitionDataset,
    batch_size: int,
    seeds: Sequence[int],
    device: str,
    *,
    rows: Sequence[Iterator[torch.Tensor]] | None = None,
    n_steps: int = 1,
    fused: bool = True,
) -> Loop:
    """Train several algorithms of one class and shape at once; each sees the batches that `lean` would show it.

    Members may differ in seed, in gamma and in the numbers of their objective (CQL's alpha). A step makes the matrix
    products of all members together (`torch.func.vmap`), and one Adam steps all: what it does to a weight depends on
    that weight's gradients alone.

    Args:
        algorithms: (S,) that give an `Objective`; they are trained in place.
        data, batch_size, device: as for every loop.
        seeds: (S,) of sampling.
        rows, n_steps, fused: as for `lean`, rows one iterator a member.

    Raises:
        InputError: an algorithm without an `Objective`, an encoder that cannot be stacked, or members that differ in
            anything else.
    """
    objectives = [objective_of(algorithm, "ensemble") for algorithm in algorithms]
    gammas = [algorithm.gamma or 0.0 for algorithm in algorithms]
    _check_alike(algorithms, objectives, gammas, n_steps)
    transitions = Transitions(data, device, n_steps, max(gammas))
    alive = 1.0 - transitions.terminals
    discounts = torch.stack([gamma**transitions.strides * alive for gamma in gammas])
    generators = [torch.Generator(device).manual_seed(seed) for seed in seeds]
    batches = rows if rows is not None else [uniform_rows(len(data), batch_size, g) for g in generators]
    online, target = Stack([o.heads for o in objectives]), Stack([o.targets for o in objectives])
    stacks = [online, target]
    adam = adam_like(algorithms[0], online.parameters, fused)
    loss_of = objectives[0].loss
    settings, by_member = _stacked([objective.settings for objective in objectives], device)

    def loss_of_member(weights: Weights, aims: Weights, numbers: tuple[Any, ...], batch: Batch) -> torch.Tensor:
        return loss_of(online.heads(weights), target.heads(aims), batch, numbers)

    def batch_of(drawn: torch.Tensor) -> Batch:
        flat = algorithms[0].batch(transitions, drawn.reshape(-1))
        stacked = Batch._make(None if column is None else column.unflatten(0, drawn.shape) for column in flat)
        return stacked._replace(discounts=discounts.gather(1, drawn).unsqueeze(2))

    def step() -> torch.Tensor:
        batch = batch_of(torch.stack([next(batch) for batch in batches]))
        dims = (0, 0, by_member, Batch._make(None if column is None else 0 for column in batch))
        losses = vmap(loss_of_member, in_dims=dims)(online.weights, target.weights, settings, batch)
        adam.zero_grad()
        losses.sum().backward()
        adam.step()
        return losses.detach()

    def advance(steps: int) -> list[float]:
        totals = torch.zeros(len(algorithms), device=device)
        for stack in stacks:
            stack.read()
        for _ in range(steps):
            totals += step()
            if objectives[0].moves_targets(algorithms[0].grad_step):
                move(target.parameters, online.parameters[: len(target.parameters)], objectives[0].target_rate)
            for algorithm in algorithms:
                algorithm.grad_step += 1
        for stack in stacks:
            stack.write()
        means: list[float] = (totals / steps).tolist()
        for mean in means:
            refuse_nan(mean, algorithms[0].grad_step)
        return means

    return Loop(advance, [adam], generators)


class Stack:
    """The weights of S trainings' networks, stacked: (S, …) a weight.

    Args:
        networks: (S,) of the networks of each, whose weights `read` takes and `write` gives back. There may be none.

    Raises:
        InputError: torch has no rule to stack one of their layers, or one draws random numbers.
    """

    def __init__(self, networks: Sequence[Sequence[nn.Module]]):
        self.networks, self.modules = networks, networks[0]
        if any(isinstance(part, nn.RNNBase) for module in self.modules for part in module.modules()):
            raise InputError("Recurrent encoders cannot be stacked.", where="loop", hint="Use lean.")
        if any(isinstance(part, nn.Dropout) for module in self.modules for part in module.modules()):
            what = "An ensemble takes no dropout: its members would not draw what they draw alone."
            raise InputError(what, where="loop", hint="Use lean.")
        stacked = [stack_module_state(list(alike)) for alike in zip(*networks, strict=True)]
        self.weights = {str(i): weights for i, (weights, _) in enumerate(stacked)}
        self.buffers = [dict(module.named_buffers()) for module in self.modules]

    @property
    def parameters(self) -> list[torch.Tensor]:
        """All stacked weights, in a fixed order."""
        return [tensor for head in self.weights.values() for tensor in head.values()]

    def heads(self, weights: Weights) -> Heads:
        """One member's heads as functions of states, with these weights."""
        return [partial(_call, module, {**weights[str(i)], **self.buffers[i]}) for i, module in enumerate(self.modules)]

    def read(self) -> None:
        """Take the networks' weights."""
        for stacked, tensors in self._pairs():
            move(stacked.unbind(), tensors)

    def write(self) -> None:
        """Give the networks the stacked weights."""
        for stacked, tensors in self._pairs():
            move(tensors, stacked.unbind())

    def _pairs(self) -> Iterator[tuple[torch.Tensor, list[torch.Tensor]]]:
        for i, head in self.weights.items():
            single = [dict(modules[int(i)].named_parameters()) for modules in self.networks]
            for name, stacked in head.items():
                yield stacked.detach(), [parameters[name] for parameters in single]


def _call(module: nn.Module, weights: dict[str, torch.Tensor], *inputs: torch.Tensor) -> torch.Tensor:
    return functional_call(module, weights, inputs)


def _stacked(settings: Sequence[tuple[float, ...]], device: str) -> tuple[tuple[Any, ...], tuple[int | None, ...]]:
    """The settings of all members, those that differ as tensors (S,), and along which dimension each is a member's."""
    make = getattr(settings[0], "_make", tuple)
    columns = list(zip(*settings, strict=True))
    differ = [len(set(values)) > 1 for values in columns]
    numbers = [torch.tensor(v, device=device) if d else v[0] for v, d in zip(columns, differ, strict=True)]
    return make(numbers), make(0 if d else None for d in differ)


def _check_alike(
    members: Sequence[Trainable], objectives: Sequence[Objective], gammas: Sequence[float], n_steps: int
) -> None:
    if len({objective.loss for objective in objectives}) > 1:
        raise InputError("The members of an ensemble run one algorithm.", where="ensemble")
    if n_steps > 1 and len(set(gammas)) > 1:
        raise InputError("With n_steps above 1 the members must share gamma.", where="ensemble")
    shared: dict[str, list[object]] = {
        "learning_rate": [member.optimisers[0].defaults["lr"] for member in members],
        "target_update_interval": [objective.target_update_interval for objective in objectives],
        "target_rate": [objective.target_rate for objective in objectives],
    }
    for name, values in shared.items():
        if len(set(values)) > 1:
            raise InputError(f"The members of an ensemble must share {name}.", where="ensemble", hint="Use lean.")
