"""All that this package reads inside d3rlpy, which has no types and keeps most of it private.

It is read plainly, never with a default: where d3rlpy renames something, an AttributeError says so. The tests check
every attribute of every algorithm.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import torch
from torch import nn

from ..mdp.dataset import StateLayout
from ..mdp.to_d3rlpy.quiet import d3rlpy
from .networks import ScoreNetwork
from .networks.heads import make_head

if TYPE_CHECKING:
    from d3rlpy import TorchMiniBatch
    from d3rlpy.dataset import ReplayBufferBase


class Impl(Protocol):
    """d3rlpy's networks and update rule: `algo.impl`."""

    @property
    def modules(self) -> Any:
        """A dataclass of networks, parameters and optimisers, other fields for each algorithm."""

    def update(self, batch: TorchMiniBatch, grad_step: int) -> dict[str, float]:
        """One training step -> its losses by name."""


class Algo(Protocol):
    """d3rlpy's algorithm."""

    @property
    def impl(self) -> Impl:
        """Its networks and update rule."""

    @property
    def grad_step(self) -> int:
        """Steps done."""

    def create_impl(self, observation_shape: tuple[int, ...], action_size: int) -> None:
        """Make the networks."""

    def set_grad_step(self, grad_step: int) -> None:
        """Say how many steps are done."""

    def fit(self, dataset: ReplayBufferBase, n_steps: int, **options: object) -> list[tuple[int, dict[str, float]]]:
        """Train, and return epoch and metrics for each epoch."""

    def fit_online(self, env: object, **options: object) -> None:
        """Play and train."""


@dataclass(frozen=True)
class UpdateRule:
    """The constants of an algorithm's update.

    Attributes:
        gamma: discount factor; None for a clone.
        target_update_interval: steps between copies into the target network; None where there is none.
        alpha: weight of CQL's penalty, else 0.
        beta: weight of the penalty on a clone's squared logits, else 0.
    """

    gamma: float | None
    target_update_interval: int | None
    alpha: float = 0.0
    beta: float = 0.0


def update_rule(impl: Impl) -> UpdateRule:
    """The constants that d3rlpy's own update would use."""
    from d3rlpy.algos.qlearning.torch import DiscreteBCImpl, DiscreteBCQImpl, DiscreteCQLImpl

    made: Any = impl
    if isinstance(made, DiscreteBCImpl):
        return UpdateRule(None, None, beta=made._beta)
    alpha = made._alpha if isinstance(made, DiscreteCQLImpl) else 0.0
    beta = made._beta if isinstance(made, DiscreteBCQImpl) else 0.0
    return UpdateRule(made._gamma, made._target_update_interval, alpha, beta)


def networks_in(impl: Impl) -> dict[str, nn.Module]:
    """The networks of an algorithm, targets and policies included, by d3rlpy's names."""
    parts = vars(impl.modules).items()
    return {name: part for name, part in parts if isinstance(part, nn.Module)}


def optimisers_in(impl: Impl) -> list[torch.optim.Optimizer]:
    """The torch optimisers behind d3rlpy's."""
    wrapper = d3rlpy().optimizers.optimizers.OptimizerWrapper
    return [part.optim for part in vars(impl.modules).values() if isinstance(part, wrapper)]


def loss_in(metrics: Mapping[str, float]) -> float:
    """The loss among what d3rlpy reports: its actor-critic calls it the critic's."""
    return metrics["loss"] if "loss" in metrics else metrics["critic_loss"]


def q_scores(impl: Impl) -> ScoreNetwork:
    """Q(s, .), the mean of the critics."""
    return _scores(impl.modules.q_funcs)


def target_scores(impl: Impl) -> ScoreNetwork:
    """The same of the target networks."""
    return _scores(impl.modules.targ_q_funcs)


def clone_scores(impl: Impl) -> ScoreNetwork:
    """The logits of the clone that `bc` is and `bcq` has beside it."""
    return _scores([impl.modules.imitator])


def actor_scores(impl: Impl) -> ScoreNetwork:
    """The logits of an actor-critic's policy."""
    return _scores([impl.modules.policy])


def _scores(heads: Iterable[Any]) -> ScoreNetwork:
    """Share the weights of d3rlpy's Q functions or categorical policies."""
    return ScoreNetwork(nn.Sequential(head._encoder, head._fc) for head in heads)


def give_policies_heads(impl: Impl, layout: StateLayout, action_count: int, embedding_size: int) -> None:
    """Put heads for states of this layout on d3rlpy's policies, which it makes itself, and into its optimisers."""
    networks = networks_in(impl)
    for policy in [networks[name] for name in ("imitator", "policy") if name in networks]:
        old = policy._fc
        assert isinstance(old, nn.Linear)
        head = make_head(layout, old.in_features - layout.beside, action_count, embedding_size).to(old.weight.device)
        replace_head(policy, head)
        for optimiser in optimisers_in(impl):
            if any(parameter is old.weight for group in optimiser.param_groups for parameter in group["params"]):
                optimiser.add_param_group({"params": list(head.parameters())})


def replace_head(network: nn.Module, head: nn.Module) -> None:
    """Give a Q function or a categorical policy another last layer."""
    assert isinstance(network._fc, nn.Module)
    network._fc = head


def take_strides(buffer: Any, n_steps: int, gamma: float) -> None:
    """Let a replay buffer give transitions that add up the rewards of several steps."""
    if not hasattr(buffer, "_transition_picker"):
        raise AttributeError("d3rlpy's buffer keeps its _transition_picker under another name.")
    buffer._transition_picker = d3rlpy().dataset.transition_pickers.MultiStepTransitionPicker(n_steps, gamma)
