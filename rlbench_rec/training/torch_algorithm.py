"""The base of an algorithm in plain torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import nn

from .algorithm_config import AlgorithmConfig, ValueConfig
from .objective import Objective
from .trainable import Trainable
from .transitions import Batch, Transitions


class TorchAlgorithm(Trainable):
    """An algorithm in plain torch. A subclass makes its networks, and says their loss and which of them decides.

    It gives its loss as an `Objective`, which every loop can run, or as a method `loss`, which the `tensor` loop can.
    Its config is a subclass of `AlgorithmConfig` (scores are logits) or `ValueConfig` (scores are Q values) whose
    `build` returns it.

    Args:
        config: the algorithm's config.
        networks: name -> network, each made by the `NetworkBuilder` or put on its device. Weights that are not to be
            learnt (a target network's) do not require gradients. All that has to survive an interruption is a parameter
            or a buffer of one of them.
        optimisers: what steps the weights; None: one Adam with the config's learning rate and weight decay.
        objective: its loss and its targets, where they are all that an update is.
    """

    def __init__(
        self,
        config: AlgorithmConfig,
        networks: Mapping[str, nn.Module],
        optimisers: Sequence[torch.optim.Optimizer] | None = None,
        objective: Objective | None = None,
    ):
        self.objective = objective
        self.networks = dict(networks)
        self.gamma = config.discount if isinstance(config, ValueConfig) else None
        self.grad_step = 0
        if optimisers is None:
            learnt = [p for network in networks.values() for p in network.parameters() if p.requires_grad]
            adam = torch.optim.AdamW if config.weight_decay else torch.optim.Adam
            optimisers = [adam(learnt, lr=config.learning_rate, weight_decay=config.weight_decay)]
        self.optimisers = optimisers
        for network in networks.values():
            if not any(p.requires_grad for p in network.parameters()):
                network.eval()  # what is aimed at is without dropout

    def loss(self, batch: Batch) -> torch.Tensor:
        """The loss on a batch, a scalar: the objective's, where there is one."""
        if self.objective is None:
            raise NotImplementedError(f"{self.name} gives neither an objective nor a loss.")
        return self.objective.loss(self.objective.heads, self.objective.targets, batch, self.objective.settings)

    def update(self, batch: Batch) -> torch.Tensor:
        """One step of every optimiser down the gradient of `loss`, which is returned. An algorithm with several losses
        overrides it."""
        loss = self.loss(batch)
        for optimiser in self.optimisers:
            optimiser.zero_grad()
        loss.backward()
        for optimiser in self.optimisers:
            optimiser.step()
        return loss.detach()

    def after_update(self) -> None:
        """Called after every update, without gradients: the place to move a target network. `grad_step` counts the
        updates done. By itself it moves the targets of the objective."""
        if self.objective and self.objective.moves_targets(self.grad_step - 1):
            self.objective.move_targets()

    def step(self, transitions: Transitions, rows: torch.Tensor) -> float:
        loss = self.update(self.batch(transitions, rows))
        self.grad_step += 1
        with torch.no_grad():
            self.after_update()
        return float(loss)
