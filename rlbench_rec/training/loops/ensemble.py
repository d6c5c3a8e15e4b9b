"""The ensemble loop: many trainings of one shape in one pass, their weights stacked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

import torch
from torch import nn
from torch.func import functional_call, stack_module_state, vmap

from ...errors import InputError
from ...mdp.dataset import TransitionDataset
from ..d3rlpy_algorithm import D3rlpyAlgorithm
from ..networks import ScoreNetwork
from ..trainable import Trainable
from ..transitions import Batch, Transitions
from .lean import adam_like, copy_weights, lean_loss, networks_of
from .loop import Loop, made_of_d3rlpy, refuse_nan, uniform_rows
from .losses import Heads, Penalties

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

    Members may differ in seed, in gamma and in CQL's alpha. A step makes the matrix products of all members together
    (`torch.func.vmap`), and one Adam steps all: what it does to a weight depends on that weight's gradients alone.

    Args:
        algorithms: (S,) of d3rlpy's, which are trained in place.
        data, batch_size, device: as for every loop.
        seeds: (S,) of sampling.
        rows, n_steps, fused: as for `lean`, rows one iterator a member.

    Raises:
        InputError: no lean loss, an encoder that cannot be stacked, or members that differ in anything else.
    """
    members = [made_of_d3rlpy(algorithm, "ensemble") for algorithm in algorithms]
    loss_of, networks = lean_loss(members[0]), [networks_of(member) for member in members]
    rules = [member.rule for member in members]
    gammas = [rule.gamma or 0.0 for rule in rules]
    _check_alike(members, gammas, n_steps)
    transitions = Transitions(data, device, n_steps, gammas[0])
    alive = 1.0 - transitions.terminals
    discounts = torch.stack([gamma**transitions.strides * alive for gamma in gammas])
    generators = [torch.Generator(device).manual_seed(seed) for seed in seeds]
    batches = rows if rows is not None else [uniform_rows(len(data), batch_size, g) for g in generators]
    online = Stack([network for network, _ in networks])
    targets = [target for _, target in networks if target]
    target = Stack(targets) if targets else None
    adam = adam_like(members[0], online.parameters, fused)
    interval, beta = rules[0].target_update_interval, rules[0].beta
    alphas = torch.tensor([rule.alpha for rule in rules], device=device)
    stacks = [stack for stack in (online, target) if stack]
    looks_ahead = bool(discounts.any())

    def loss_of_member(weights: Weights, aims: Weights, alpha: torch.Tensor, *columns: torch.Tensor) -> torch.Tensor:
        states, actions, rewards, discount, *following = columns
        batch = Batch(states, actions, rewards, following[0] if looks_ahead else None, discount)
        targets = target.heads(aims) if target else []
        return loss_of(online.heads(weights), targets, batch, Penalties(alpha, beta))

    def step() -> torch.Tensor:
        drawn = torch.stack([next(batch) for batch in batches])
        flat, shape = drawn.reshape(-1), (*drawn.shape, -1)
        batch = [
            transitions.states(flat).view(shape),
            transitions.actions[drawn].unsqueeze(2),
            transitions.rewards[drawn].unsqueeze(2),
            discounts.gather(1, drawn).unsqueeze(2),
        ]
        if looks_ahead:
            batch.append(transitions.next_states(flat).view(shape))
        losses = vmap(loss_of_member)(online.weights, target.weights if target else {}, alphas, *batch)
        adam.zero_grad()
        losses.sum().backward()
        adam.step()
        return losses.detach()

    def advance(steps: int) -> list[float]:
        totals = torch.zeros(len(members), device=device)
        for stack in stacks:
            stack.read()
        for _ in range(steps):
            totals += step()
            if target and interval and members[0].grad_step % interval == 0:
                copy_weights(target.parameters, online.parameters)
            for member in members:
                member.grad_step += 1
        for stack in stacks:
            stack.write()
        means: list[float] = (totals / steps).tolist()
        for mean in means:
            refuse_nan(mean, members[0].grad_step)
        return means

    return Loop(advance, [adam], generators)


class Stack:
    """The weights of S networks of one shape, stacked: (S, …) a weight.

    Args:
        networks: the networks, whose weights `read` takes and `write` gives back.

    Raises:
        InputError: torch has no rule to stack one of their layers.
    """

    def __init__(self, networks: Sequence[ScoreNetwork]):
        self.networks = networks
        self.modules = list(networks[0].heads)
        if any(isinstance(module, nn.RNNBase) for module in networks[0].modules()):
            raise InputError("Recurrent encoders cannot be stacked.", where="loop", hint="Use lean.")
        stacked = [stack_module_state([network.heads[i] for network in networks]) for i in range(len(self.modules))]
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
            copy_weights(stacked.unbind(), tensors)

    def write(self) -> None:
        """Give the networks the stacked weights."""
        for stacked, tensors in self._pairs():
            copy_weights(tensors, stacked.unbind())

    def _pairs(self) -> Iterator[tuple[torch.Tensor, list[torch.Tensor]]]:
        for i, head in self.weights.items():
            single = [dict(network.heads[int(i)].named_parameters()) for network in self.networks]
            for name, stacked in head.items():
                yield stacked.detach(), [parameters[name] for parameters in single]


def _call(module: nn.Module, weights: dict[str, torch.Tensor], states: torch.Tensor) -> torch.Tensor:
    return functional_call(module, weights, (states,))


def _check_alike(members: Sequence[D3rlpyAlgorithm], gammas: Sequence[float], n_steps: int) -> None:
    if len({member.name for member in members}) > 1:
        raise InputError("The members of an ensemble run one algorithm.", where="ensemble")
    if n_steps > 1 and len(set(gammas)) > 1:
        raise InputError("With n_steps above 1 the members must share gamma.", where="ensemble")
    shared: dict[str, list[float | None]] = {
        "learning_rate": [member.config.learning_rate for member in members],
        "target_update_interval": [member.rule.target_update_interval for member in members],
        "beta": [member.rule.beta for member in members],
    }
    for name, values in shared.items():
        if len(set(values)) > 1:
            raise InputError(f"The members of an ensemble must share {name}.", where="ensemble", hint="Use lean.")
