"""What an exported file of softmax, stochastic and epsilon-greedy computes: probabilities to draw from."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from ..mdp.dataset import StateLayout
from ..policies import EpsilonGreedy, Policy, Softmax, allowed_actions
from .networks import ActionScores
from .networks.heads import RULED_OUT
from .served_policies import TOLERANCE, TopK, refuse_off

DRAWN_FORMS = ("softmax", "epsilon-greedy", "stochastic")
"""Forms that give probabilities without a base."""


class TopKDrawn(TopK):
    """(b, state size) float32 states -> (b, k) int64 actions from the likeliest to the least likely, and their (b, k)
    float32 probabilities.

    Args:
        network: states -> (b, A) scores.
        k: how many actions.
        layout, other_action, unit: as of `TopK`.
        policy: `Softmax` or `EpsilonGreedy` over the same scores.
    """

    def __init__(
        self,
        network: ActionScores,
        k: int,
        layout: StateLayout,
        other_action: int | None,
        unit: float,
        policy: Policy,
    ):
        super().__init__(network, k, layout, other_action, unit)
        assert isinstance(policy, Softmax | EpsilonGreedy), "of these forms"
        self.policy, self.layout = policy, layout
        self.gives = {"actions": (k,), "probabilities": (k,)}

    def forward(self, states: torch.Tensor, *past: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        scores = self.scores(states, *past).double()
        allowed = self.allowed(states, scores)
        rows = torch.where(allowed, self.drawn(torch.where(allowed, scores, RULED_OUT), allowed), 0.0)
        if self.other_action is not None:
            rows = torch.where(self.is_other(rows), -1.0, rows)
        probabilities, actions = rows.topk(self.k, dim=1)
        return self.named(states, actions), probabilities.float()

    def allowed(self, states: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """(b, A) bool, `policies.allowed_actions` in torch, without what the network itself rules out."""
        allowed = scores > RULED_OUT / 2
        if self.candidates:
            return allowed & (self.shown(states) > 0)
        if self.layout.forbidden:
            allowed = allowed & (states[:, states.shape[1] - self.layout.forbidden :] == 0)
        return allowed if self.other_action is None else allowed & ~self.is_other(scores)

    def drawn(self, scores: torch.Tensor, allowed: torch.Tensor) -> torch.Tensor:
        """(b, A) probabilities of the policy."""
        if isinstance(self.policy, Softmax):
            return torch.softmax(scores / self.policy.tau, dim=1)
        best = torch.zeros_like(scores).scatter(1, scores.argmax(dim=1, keepdim=True), 1.0)
        explored = allowed.double() / allowed.sum(dim=1, keepdim=True)
        return (1.0 - self.policy.epsilon) * best + self.policy.epsilon * explored

    def check(self, inputs: tuple[torch.Tensor, ...], outputs: Sequence[torch.Tensor]) -> None:
        """Hold what a file gave against the policy in numpy, over states that allow something.

        Raises:
            InputError: they differ by more than a rounding.
        """
        states, (names, probabilities) = inputs[0], (part.numpy() for part in outputs)
        with torch.inference_mode():
            all_scores = self.scores(*inputs).double()
            some = self.allowed(states, all_scores).any(dim=1).numpy()
        states, names, probabilities = states[some], names[some], probabilities[some]
        scores = all_scores.numpy()[some]
        scores = np.where(scores > RULED_OUT / 2, scores, -np.inf)
        allowed = allowed_actions(states.numpy(), self.layout, scores.shape[1], self.other_action)
        scores = scores if allowed is None else np.where(allowed, scores, -np.inf)
        rows = self._with_scores(scores).probabilities(states.numpy())
        off = self._off(states, names, probabilities, rows)
        off[self._too_close(scores)] = 0.0
        refuse_off(off, scores, self.policy.tau if isinstance(self.policy, Softmax) else np.inf)

    def _with_scores(self, scores: np.ndarray) -> Policy:
        """The policy in numpy, of scores that are known."""
        if isinstance(self.policy, Softmax):
            return Softmax(lambda _: scores, scores.shape[1], self.policy.tau)
        return EpsilonGreedy(lambda _: scores, scores.shape[1], self.policy.epsilon)

    def _too_close(self, scores: np.ndarray) -> np.ndarray:
        """(b,) whether the policy jumps at the best action, and another one is as good but for rounding."""
        if isinstance(self.policy, Softmax):
            return np.zeros(len(scores), dtype=bool)
        second, best = np.sort(scores, axis=1)[:, -2:].T
        return best - second <= 2.0 * TOLERANCE * np.maximum(np.abs(best), 1.0)
