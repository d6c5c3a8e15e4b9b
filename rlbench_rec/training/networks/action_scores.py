"""The network that is left after training: states to one score an action. Plain torch, free of d3rlpy."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn

from ...mdp.past import Past
from .heads import RULED_OUT, Masked, Slots

if TYPE_CHECKING:
    from ..transitions import Batch

CHUNK_ROWS = 16_384
"""States scored at once."""


class ActionScores(nn.Module, ABC):
    """(b, state size) states -> (b, A) scores: Q values, or the logits of a policy.

    Attributes:
        rules_out: whether a score can be `RULED_OUT`.
        memory: how many decisions back it looks; None: at the state alone. See `PastScores`.
    """

    rules_out: bool
    memory: int | None = None

    @property
    @abstractmethod
    def device(self) -> torch.device:
        """Where its weights are."""

    @property
    def critic(self) -> ActionScores:
        """Its Q values as a network: itself, but for the policy of an actor-critic."""
        return self

    def values(self, states: torch.Tensor) -> torch.Tensor:
        """(b, A) Q values; where there are none, its scores."""
        return self.critic(states)

    def on_batch(self, batch: Batch) -> torch.Tensor:
        """(b, A) scores in a batch of logged decisions, as training sees them."""
        return self(batch.states)

    def next_value(self, states: torch.Tensor, actions: torch.Tensor) -> torch.Tensor:
        """(b,) what targets take these states to be worth, next states of the log: the best action's Q.

        Args:
            states: (b, state size).
            actions: (b,) int64, what the log did there.
        """
        return self.values(states).amax(dim=1)


class ScoreNetwork(ActionScores):
    """score(s, .) = mean over heads of head(s).

    Args:
        heads: modules of states to one score an action.
    """

    def __init__(self, heads: Iterable[nn.Module]):
        super().__init__()
        self.heads = nn.ModuleList(heads)
        # In a list, so that it is not registered as a weight again. Asking for the parameters at every call costs as
        # much as a small layer.
        self.first = [next(self.parameters())]
        self.rules_out = any(isinstance(module, Masked | Slots) for module in self.modules())

    @property
    def device(self) -> torch.device:
        return self.first[0].device

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        if len(self.heads) == 1:
            return self.heads[0](states)
        return torch.stack([head(states) for head in self.heads]).mean(dim=0)


class Constrained(ActionScores):
    """score(s, a) = q(s, a) where pi(a|s) > flexibility max_b pi(b|s), and `RULED_OUT` elsewhere.

    Args:
        q: the values.
        policy: the logits of pi, a clone of the behaviour policy.
        flexibility: in [0, 1].
        other_action: an action that no policy takes, so that b is another one; or None.
    """

    def __init__(self, q: ScoreNetwork, policy: ScoreNetwork, flexibility: float, other_action: int | None = None):
        super().__init__()
        self.q, self.policy, self.flexibility, self.rules_out = q, policy, flexibility, True
        self.other_action = other_action

    @property
    def device(self) -> torch.device:
        return self.q.device

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        likely = self.policy(states)
        if self.other_action is not None:
            other = torch.arange(likely.shape[1], device=likely.device) == self.other_action
            likely = torch.where(other, RULED_OUT, likely)
        likely = likely.log_softmax(dim=1)
        likely = (likely - likely.amax(dim=1, keepdim=True)).exp() > self.flexibility
        return torch.where(likely, self.q(states), RULED_OUT)


def score(network: ActionScores, states: np.ndarray, past: Past | None = None) -> np.ndarray:
    """(n, state size) float32 -> (n, A) float32 scores, computed in chunks on the network's device; those of actions
    that are ruled out are minus infinity.

    Args:
        network: the network.
        states: (n, state size).
        past: of the sessions, as far back as the network looks; None where it looks at the state alone.
    """
    scores = _score(network, [states.astype(np.float32, copy=False), *(past_columns(past) if past else [])])
    if network.rules_out:
        scores[scores <= RULED_OUT / 2] = -np.inf
    return scores


def past_columns(past: Past) -> list[np.ndarray]:
    """What a network with memory takes beside the states: earned, steps, and where it goes back rewards, actions and
    states."""
    columns = [past.earned.astype(np.float32), past.steps]
    return [*columns, past.rewards, past.actions, past.states] if past.memory else columns


def _score(network: ActionScores, columns: Sequence[np.ndarray]) -> np.ndarray:
    inputs = [torch.from_numpy(np.ascontiguousarray(column)) for column in columns]
    rows = CHUNK_ROWS // (1 + (network.memory or 0))
    with torch.inference_mode():
        if len(inputs[0]) <= rows:
            return network(*(column.to(network.device) for column in inputs)).cpu().numpy()
        chunks = zip(*(column.split(rows) for column in inputs), strict=True)
        return torch.cat([network(*(part.to(network.device) for part in chunk)).cpu() for chunk in chunks]).numpy()
