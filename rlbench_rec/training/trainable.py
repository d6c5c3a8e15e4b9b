"""An algorithm with its networks made: what a loop trains, whatever library it is written in."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import torch
from torch import nn

from ..mdp.dataset import TransitionDataset
from .networks import ActionScores
from .objective import Objective
from .transitions import Batch, Transitions

if TYPE_CHECKING:
    from .validation import HeldOut


class Trainable(ABC):
    """One training of an algorithm. The two ways to be one: `TorchAlgorithm` and `D3rlpyAlgorithm`.

    Attributes:
        networks: name -> network, target networks included. With the optimisers, all that a resumable training keeps.
        optimisers: what steps them.
        gamma: discount factor of its Q values; None where its scores are the logits of a policy.
        grad_step: steps done.
        objective: what `lean`, `graph` and `ensemble` minimise; None: they cannot train it.
        columns: fields of `Batch` that it needs beside those that every batch has.
        keeps_best: whether the held-out scores of its learning curve tell which of its networks is best.
    """

    networks: Mapping[str, nn.Module]
    optimisers: Sequence[torch.optim.Optimizer]
    gamma: float | None
    grad_step: int
    objective: Objective | None
    columns: tuple[str, ...] = ()
    keeps_best: bool = True

    @property
    def name(self) -> str:
        """What messages call it."""
        return type(self).__name__

    def prepare(self, data: TransitionDataset) -> None:  # noqa: B027  (most take nothing)
        """Take from the log, before the first step, what is not learnt by steps: numbers that are kept in buffers of
        the networks.

        Args:
            data: the episodes that are trained on.
        """

    def batch(self, transitions: Transitions, rows: torch.Tensor) -> Batch:
        """What its loss is of: the transitions of (b,) row numbers, with the `columns` that it asks for."""
        return transitions.batch(rows, self.columns)

    def conclude(  # noqa: B027  (most have nothing to do)
        self, network: ActionScores, data: TransitionDataset, held_out: HeldOut | None
    ) -> None:
        """Settle, after the last step, what steps do not learn: in the network that policies are made of.

        Args:
            network: a copy of `score_network`, as training left it.
            data: the episodes that were trained on.
            held_out: the episodes that training did not see, where there are some.
        """

    @abstractmethod
    def step(self, transitions: Transitions, rows: torch.Tensor) -> float:
        """Train on these (b,) rows and return the loss on them."""

    @abstractmethod
    def score_network(self, other_action: int | None = None) -> ActionScores:
        """The network that policies are made of: states to one score an action, sharing the trained weights.

        Args:
            other_action: an action that no policy takes (see `TransitionDataset`), for what compares actions.
        """

    def validated_network(self) -> ActionScores:
        """The network that the learning curve is of: Q values, or logits where `gamma` is None."""
        return self.score_network()
