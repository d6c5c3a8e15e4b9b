"""The network that is left after training: states to one score an action. Plain torch, free of d3rlpy."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch
from torch import nn

CHUNK_ROWS = 16_384
"""States scored at once."""
RULED_OUT = -1e9
"""Score of an action that must not be chosen: finite, since 0 times infinity is no number; a softmax makes it 0."""


class ScoreNetwork(nn.Module):
    """score(s, .) = mean over heads of linear(encoder(s)): Q values, or the logits of a cloned policy.

    `rules_out` says whether a score can be `RULED_OUT`.
    """

    def __init__(self, heads: Iterable[nn.Module]):
        super().__init__()
        self.heads = nn.ModuleList(heads)
        self.rules_out = any(isinstance(module, Masked) for module in self.modules())

    @staticmethod
    def of(heads: Iterable[nn.Module]) -> ScoreNetwork:
        """Share the weights of d3rlpy's Q functions or categorical policies."""
        return ScoreNetwork(nn.Sequential(head._encoder, head._fc) for head in heads)

    @property
    def device(self) -> torch.device:
        return next(self.parameters()).device

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        if len(self.heads) == 1:
            return self.heads[0](states)
        return torch.stack([head(states) for head in self.heads]).mean(dim=0)


class Constrained(nn.Module):
    """score(s, a) = q(s, a) where pi(a|s) > flexibility max_b pi(b|s), and `RULED_OUT` elsewhere.

    Args:
        q: the values.
        policy: the logits of pi, a clone of the logging policy.
        flexibility: in [0, 1].
    """

    def __init__(self, q: ScoreNetwork, policy: ScoreNetwork, flexibility: float):
        super().__init__()
        self.q, self.policy, self.flexibility, self.rules_out = q, policy, flexibility, True

    @property
    def device(self) -> torch.device:
        return self.q.device

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        likely = self.policy(states).log_softmax(dim=1)
        likely = (likely - likely.amax(dim=1, keepdim=True)).exp() > self.flexibility
        return torch.where(likely, self.q(states), RULED_OUT)


class BesideFlags(nn.Module):
    """An encoder of the state without its flags of forbidden actions; `pass_on` puts them behind the features, where a
    `Masked` head finds them.

    Args:
        encoder: of the rest of the state.
        actions: number of flags.
        pass_on: whether they are part of the output.
    """

    def __init__(self, encoder: nn.Module, actions: int, pass_on: bool):
        super().__init__()
        self.encoder, self.actions, self.pass_on = encoder, actions, pass_on

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        rest, flags = states.tensor_split([states.shape[1] - self.actions], dim=1)
        features = self.encoder(rest)
        return torch.cat([features, flags], dim=1) if self.pass_on else features


class Masked(nn.Module):
    """A head whose score is `RULED_OUT` where the flag behind the features says that the action is forbidden.

    Args:
        head: from features to scores; it may take the flags as features too, or not.
        features: how many columns it takes.
        actions: number of actions.
    """

    def __init__(self, head: nn.Module, features: int, actions: int):
        super().__init__()
        self.head, self.features, self.actions = head, features, actions

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        scores = self.head(features[:, : self.features])
        return torch.where(features[:, features.shape[1] - self.actions :] > 0, RULED_OUT, scores)


class Dueling(nn.Module):
    """q(s, a) = v(s) + u(s, a) - mean_b u(s, b), v and u linear in the features (Wang et al. 2016).

    Args:
        features: width of the encoder's output.
        actions: number of actions.
    """

    def __init__(self, features: int, actions: int):
        super().__init__()
        self.value, self.advantage = nn.Linear(features, 1), nn.Linear(features, actions)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        advantage = self.advantage(features)
        return self.value(features) + advantage - advantage.mean(dim=1, keepdim=True)


def score(network: nn.Module, states: np.ndarray) -> np.ndarray:
    """(n, state size) float32 -> (n, A) float32 scores, computed in chunks on the network's device; those of actions
    that are ruled out are minus infinity."""
    scores = _score(network, states)
    if network.rules_out:
        scores[scores <= RULED_OUT / 2] = -np.inf
    return scores


def _score(network: nn.Module, states: np.ndarray) -> np.ndarray:
    states = torch.from_numpy(np.ascontiguousarray(states, dtype=np.float32))
    with torch.inference_mode():
        if len(states) <= CHUNK_ROWS:
            return network(states.to(network.device)).cpu().numpy()
        return torch.cat([network(chunk.to(network.device)).cpu() for chunk in states.split(CHUNK_ROWS)]).numpy()
