"""The Decision Transformer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn

from ...mdp.dataset import TransitionDataset
from ..networks import NetworkBuilder, PastScores
from ..networks.decision_transformer import DecisionTransformer
from ..objective import Heads, Objective
from ..torch_algorithm import TorchAlgorithm
from ..transitions import Batch, Transitions
from .wanted_return import WantedReturn

if TYPE_CHECKING:
    from .configs import DT


class DTLearning(TorchAlgorithm):
    """Its network, and windows of decisions as batches."""

    def __init__(self, config: DT, networks: NetworkBuilder):
        self.context, self.quantile = config.context, config.quantile
        reader = DecisionTransformer(networks, config.width, config.blocks, config.longest)
        self.network = WindowScores(reader, config.context).to(networks.device)
        objective = Objective([self.network.conditioned], dt_loss)
        super().__init__(config, {"policy": self.network}, objective=objective)

    def prepare(self, data: TransitionDataset) -> None:
        self.network.conditioned.wanted.learn(data, self.quantile)

    def batch(self, transitions: Transitions, rows: torch.Tensor) -> Batch:
        return transitions.windows(rows, self.context)

    def score_network(self, other_action: int | None = None) -> PastScores:
        return self.network


class Conditioned(nn.Module):
    """(b, K, state size) states, (b, K) actions, rewards to go and steps -> (b, K, A) logits."""

    def __init__(self, reader: DecisionTransformer):
        super().__init__()
        self.wanted, self.reader = WantedReturn(), reader

    def forward(
        self, states: torch.Tensor, actions: torch.Tensor, to_go: torch.Tensor, steps: torch.Tensor
    ) -> torch.Tensor:
        return self.reader(states, actions, self.wanted.standardised(to_go), steps)


class WindowScores(PastScores):
    """The logits of pi(a | the last decisions and what is still wanted at each).

    Args:
        reader: the transformer.
        context: decisions in a window.
    """

    def __init__(self, reader: DecisionTransformer, context: int):
        super().__init__()
        self.conditioned, self.memory = Conditioned(reader), context - 1
        self.rules_out = reader.rules_out

    @property
    def device(self) -> torch.device:
        return self.conditioned.wanted.target.device

    @property
    def gamma(self) -> float:
        return float(self.conditioned.wanted.gamma)

    def forward(
        self,
        states: torch.Tensor,
        earned: torch.Tensor,
        steps: torch.Tensor,
        rewards: torch.Tensor | None = None,
        actions: torch.Tensor | None = None,
        past_states: torch.Tensor | None = None,
    ) -> torch.Tensor:
        wanted, now = self.conditioned.wanted, torch.zeros_like(steps).unsqueeze(1)
        if rewards is None or actions is None or past_states is None:
            # A window of the present decision alone.
            left = wanted.bounded(wanted(earned, steps)).unsqueeze(1)
            return self.conditioned(states.unsqueeze(1), now, left, steps.unsqueeze(1))[:, -1]
        back = torch.arange(self.memory, -1, -1, device=states.device)
        ahead = _wanted_before(wanted(earned, steps), rewards, wanted.gamma, back)
        window = torch.cat([past_states, states.unsqueeze(1)], dim=1)
        taken = torch.cat([actions, now], dim=1)
        # Below 0 is before the session.
        places = (steps.unsqueeze(1) - back).clamp(min=-1)
        return self.conditioned(window, taken, wanted.bounded(ahead), places)[:, -1]

    def on_batch(self, batch: Batch) -> torch.Tensor:
        return self.conditioned(*_inputs(batch))[:, -1]


def _wanted_before(
    wanted: torch.Tensor, rewards: torch.Tensor, gamma: torch.Tensor, back: torch.Tensor
) -> torch.Tensor:
    """(b, K) what was wanted at each decision of the window: wanted_u = r_u + gamma wanted_{u+1}, back from the present
    one.

    Args:
        wanted: (b,) now.
        rewards: (b, K - 1) of the earlier decisions.
        gamma: discount factor.
        back: (K,) how many decisions ago each of the window is.
    """
    # Reward v counts gamma^(v - u) in what was wanted at u <= v.
    since = back.unsqueeze(1) - back[:-1]
    shares = torch.where(since >= 0, gamma ** since.clamp(min=0), 0.0)
    return rewards @ shares.T + wanted.unsqueeze(1) * gamma**back


def dt_loss(heads: Heads, targets: Heads, batch: Batch, settings: tuple[()]) -> torch.Tensor:
    """Mean of -log pi(a) over the decisions of the windows; what is before a session does not count."""
    logits = heads[0](*_inputs(batch)).log_softmax(dim=2)
    assert batch.steps is not None, "a window has them"
    real = (batch.steps >= 0).float()
    losses = -logits.gather(2, batch.actions.unsqueeze(2)).squeeze(2)
    return (losses * real).sum() / real.sum()


def _inputs(batch: Batch) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    assert batch.returns_to_go is not None and batch.steps is not None, "a window has them"
    return batch.states, batch.actions, batch.returns_to_go, batch.steps
