"""An algorithm of d3rlpy's, with its own networks replaced by ours."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import torch

from .algorithm_config import ValueConfig
from .d3rlpy_internals import (
    UpdateRule,
    clone_scores,
    give_policies_heads,
    loss_in,
    networks_in,
    optimisers_in,
    q_scores,
    target_scores,
    update_rule,
)
from .loops.losses import LOSSES, Penalties
from .networks import ActionScores, NetworkBuilder
from .networks.factory import StateEncoderFactory
from .objective import Objective
from .trainable import Trainable
from .transitions import Transitions

if TYPE_CHECKING:
    from .algorithms import D3rlpyConfig


class D3rlpyAlgorithm(Trainable):
    """d3rlpy's own implementation, as a `Trainable`.

    Args:
        config: which algorithm, and its settings.
        networks: what its states and actions are like.
        batch_size: rows per step.

    Attributes:
        algo: d3rlpy's algorithm.
        impl: its networks and update rule.
    """

    def __init__(self, config: D3rlpyConfig, networks: NetworkBuilder, batch_size: int):
        layout = networks.layout
        self.config = config
        self.algo = config.create(StateEncoderFactory.like(networks), batch_size, networks.device)
        self.algo.create_impl((layout.size,), networks.action_count)
        self.impl = self.algo.impl
        if layout.beside:
            give_policies_heads(self.impl, layout, networks.action_count, networks.embedding_size)
        self.networks, self.optimisers = networks_in(self.impl), optimisers_in(self.impl)
        self.gamma = config.discount if isinstance(config, ValueConfig) else None
        self.objective = self._objective() if self.name in LOSSES else None

    @functools.cached_property
    def rule(self) -> UpdateRule:
        """The constants of its update."""
        return update_rule(self.impl)

    def _objective(self) -> Objective:
        """Its loss and constants on networks that share d3rlpy's weights."""
        rule, loss = self.rule, LOSSES[self.name]
        penalties = Penalties(rule.alpha, rule.beta)
        if self.gamma is None:  # cloning has no target
            return Objective(list(clone_scores(self.impl).heads), loss, penalties)
        heads, targets = q_scores(self.impl).heads, target_scores(self.impl).heads
        return Objective(list(heads), loss, penalties, list(targets), rule.target_update_interval)

    @property
    def name(self) -> str:
        """d3rlpy's name of it: `DoubleDQN`."""
        return type(self.algo).__name__

    @property
    def grad_step(self) -> int:
        return self.algo.grad_step

    @grad_step.setter
    def grad_step(self, steps: int) -> None:
        self.algo.set_grad_step(steps)

    def step(self, transitions: Transitions, rows: torch.Tensor) -> float:
        loss = loss_in(self.impl.update(transitions.minibatch(rows), self.grad_step))
        self.grad_step += 1
        return loss

    def score_network(self, other_action: int | None = None) -> ActionScores:
        return self.config.score_network(self.impl, other_action)

    def validated_network(self) -> ActionScores:
        return self.config.validated_network(self.impl)
