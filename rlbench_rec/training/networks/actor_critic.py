"""Score networks of algorithms that have a policy beside their Q values, or whose Q is the behaviour policy's."""

from __future__ import annotations

import torch
from torch import nn

from .action_scores import ActionScores, ScoreNetwork


class BehaviourQ(ScoreNetwork):
    """Q of the behaviour policy: a next state is worth what the log's own action is worth there."""

    def next_value(self, states: torch.Tensor, actions: torch.Tensor) -> torch.Tensor:
        return self(states).gather(1, actions.unsqueeze(1)).squeeze(1)


class ActorCritic(ActionScores):
    """The logits of a policy, beside Q: policies are made of the one, `values` and the learning curve of the other.

    Args:
        policy: its logits.
        q: its Q values.
        state_value: (b, state size) states -> (b, 1), what targets take a state to be worth; None leaves that to q.
    """

    def __init__(self, policy: ScoreNetwork, q: ScoreNetwork, state_value: nn.Module | None = None):
        super().__init__()
        self.policy, self.q, self.state_value = policy, q, state_value
        self.rules_out = policy.rules_out

    @property
    def device(self) -> torch.device:
        return self.policy.device

    @property
    def critic(self) -> ActionScores:
        return self.q

    def next_value(self, states: torch.Tensor, actions: torch.Tensor) -> torch.Tensor:
        if self.state_value is None:
            return self.q.next_value(states, actions)
        return self.state_value(states).squeeze(1)

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        return self.policy(states)


class JointActorCritic(ActionScores):
    """The same where one network gives both: (b, 2, A), a policy's logits and Q.

    Args:
        both: the network.
    """

    def __init__(self, both: nn.Module):
        super().__init__()
        self.both = both
        # In a list, so that its weights are not registered twice.
        self.q = [ScoreNetwork([Output(both, 1)])]
        self.rules_out = self.q[0].rules_out

    @property
    def device(self) -> torch.device:
        return self.q[0].device

    @property
    def critic(self) -> ActionScores:
        return self.q[0]

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        return self.both(states)[:, 0]


class Output(nn.Module):
    """(b, state size) states -> (b, A): one of the outputs of a network that gives (b, outputs, A).

    Args:
        network: the network.
        number: of the output; None takes the mean of all.
    """

    def __init__(self, network: nn.Module, number: int | None = None):
        super().__init__()
        self.network, self.number = network, number

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        outputs = self.network(states)
        return outputs.mean(dim=1) if self.number is None else outputs[:, self.number]
