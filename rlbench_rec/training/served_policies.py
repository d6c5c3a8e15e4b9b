"""What an exported file computes: modules of plain torch, and how each is held against the trained policy."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn

from ..errors import InputError
from ..mdp.dataset import StateLayout
from ..policies import ConstrainedGreedy, Mixed, Reweighted, Tilted
from ..policies.q_policies import one_hot
from .networks import ActionScores
from .networks.heads import RULED_OUT

TOLERANCE = 1e-5
"""Largest difference of a score or a probability from the trained policy's, relative where scores exceed 1."""


def shapes_of_past(network: ActionScores, layout: StateLayout) -> dict[str, tuple[int, ...]]:
    """What a network with memory takes beside the states (see `mdp.Past`), by name, with the shape but for the batch:
    `earned` float32 and `steps` int64, and where it goes back, the oldest first, `past_rewards` float32, `past_actions`
    int64 and `past_states` float32."""
    memory = network.memory
    if memory is None:
        return {}
    totals: dict[str, tuple[int, ...]] = {"earned": (), "steps": ()}
    back = {"past_rewards": (memory,), "past_actions": (memory,), "past_states": (memory, layout.size)}
    return totals | back if memory else totals


class TopK(nn.Module):
    """(b, state size) float32 states -> (b, k) int64 actions from best to worst, and their (b, k) float32 scores.

    Where states end in candidates, it gives their item ids, 0 for an empty slot and for an item outside the vocabulary.
    The action outside the vocabulary is never among the best, since nobody could show it: k is less than the number of
    actions where there is one.

    A network that looks at the past takes it after the states: see `shapes_of_past`.

    Attributes:
        takes, gives: names of what goes in and what comes out, with the shape of each but for the batch.
    """

    def __init__(self, network: ActionScores, k: int, layout: StateLayout, other_action: int | None, unit: float = 1.0):
        super().__init__()
        self.network, self.k, self.candidates, self.other_item = network, k, layout.candidates, layout.other_item
        self.other_action, self.unit = other_action, unit
        self.takes: dict[str, tuple[int, ...]] = {"states": (layout.size,)} | shapes_of_past(network, layout)
        self.gives = {"actions": (k,), "scores": (k,)}

    def scores(self, states: torch.Tensor, *past: torch.Tensor) -> torch.Tensor:
        """(b, A) the network's scores in the log's units; what stands for items outside the vocabulary is ruled out."""
        scores = self.network(states, *past)
        if self.unit != 1.0:
            scores = torch.where(scores <= RULED_OUT / 2, RULED_OUT, scores * self.unit)
        if self.other_action is not None:
            # Below what a state forbids, of which there may be so much that it has to fill up the k.
            scores = torch.where(self.is_other(scores), 2.0 * RULED_OUT, scores)
        if self.candidates and self.other_item:
            scores = torch.where(self.shown(states) == 0, RULED_OUT, scores)
        return scores

    def is_other(self, scores: torch.Tensor) -> torch.Tensor:
        """(A,) bool, true for the action outside the vocabulary."""
        assert self.other_action is not None, "asked where there is one"
        return torch.arange(scores.shape[1], device=scores.device) == self.other_action

    def shown(self, states: torch.Tensor) -> torch.Tensor:
        """(b, candidates) item ids, 0 for what cannot be recommended."""
        ids = states[:, states.shape[1] - self.candidates :].long()
        return torch.where(ids == self.other_item, 0, ids)

    def named(self, states: torch.Tensor, actions: torch.Tensor) -> torch.Tensor:
        """(b, k) what actions are called outside: of candidates, item ids."""
        return self.shown(states).gather(1, actions) if self.candidates else actions

    def numbered(self, states: torch.Tensor, names: torch.Tensor) -> torch.Tensor:
        """(b, k) the actions that are called so; of empty slots, the first."""
        return (self.shown(states).unsqueeze(1) == names.unsqueeze(2)).int().argmax(dim=2) if self.candidates else names

    def forward(self, states: torch.Tensor, *past: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        scores, actions = self.scores(states, *past).topk(self.k, dim=1)
        return self.named(states, actions), scores

    def examples(self, states: np.ndarray, past: Sequence[torch.Tensor]) -> tuple[torch.Tensor, ...]:
        """What goes in, for some states and what was before them."""
        return torch.from_numpy(states), *past

    def check(self, inputs: tuple[torch.Tensor, ...], outputs: Sequence[torch.Tensor]) -> None:
        """Hold what a file gave against the module: scores by rank, and the score of each action.

        Raises:
            InputError: they differ by more than a rounding.
        """
        (states, *_), (names, scores) = inputs, outputs
        with torch.inference_mode():
            all_scores, (_, expected) = self.scores(*inputs), self(*inputs)
        actions = self.numbered(states, names)
        allowed = TOLERANCE * expected.abs().clamp(min=1.0)
        worst = torch.maximum((scores - expected).abs(), (all_scores.gather(1, actions) - expected).abs()) / allowed
        if not bool((worst <= 1.0).all()):
            what = f"The exported scores are off by up to {float(worst.max()) * TOLERANCE:.2g}."
            raise InputError(what, where="export")

    def _off(self, states: torch.Tensor, names: np.ndarray, probabilities: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """(b, k) how far each probability is from that of its place, and from that of its action; of an item in several
        slots, the nearest."""
        of_places = np.abs(probabilities - -np.sort(-rows, axis=1)[:, : self.k])
        if not self.candidates:
            return np.maximum(of_places, np.abs(probabilities - np.take_along_axis(rows, names, axis=1)))
        same = self.shown(states).numpy()[:, None, :] == names[:, :, None]
        of_items = np.where(same, np.abs(rows[:, None, :] - probabilities[:, :, None]), np.inf).min(axis=2)
        return np.maximum(of_places, of_items)


def refuse_off(off: np.ndarray, scores: np.ndarray, temperature: float) -> None:
    """Refuse probabilities of a file that are further off than a rounding of the scores makes them.

    Args:
        off: (b, k) how far each is off.
        scores: (b, A) of which they were made; minus infinity where an action is ruled out.
        temperature: of a softmax of these scores; infinite where there is none.

    Raises:
        InputError: they are.
    """
    size = np.abs(np.where(scores > -np.inf, scores, 0.0)).max(axis=1, keepdims=True)
    if not (off <= TOLERANCE * (1.0 + size / temperature)).all():
        raise InputError(f"The exported probabilities are off by up to {off.max():.2g}.", where="export")


class TopKReweighted(TopK):
    """(b, state size) float32 states, (b, A) float32 probabilities of what is in service -> (b, k) int64 actions from
    the likeliest to the least likely, and their (b, k) float32 probabilities.

    The action outside the vocabulary is not among them, whatever the base gives it.

    Args:
        network: states -> (b, A) scores.
        k: how many actions.
        layout, other_action: as of `TopK`.
        unit: what a score is worth in units of the policy's temperature.
        policy: `Tilted`, `Mixed` or `ConstrainedGreedy` over the same scores.
    """

    def __init__(
        self,
        network: ActionScores,
        k: int,
        layout: StateLayout,
        other_action: int | None,
        unit: float,
        policy: Reweighted,
    ):
        # The scale of scores cancels but for the temperature.
        super().__init__(network, k, layout, other_action)
        self.policy, self.worth = policy, unit
        self.temperature = policy.temperature / unit if isinstance(policy, Tilted) else 0.0
        states, *past = self.takes.items()
        self.takes = dict([states, ("base", (policy.action_count,)), *past])
        self.gives = {"actions": (k,), "probabilities": (k,)}

    def forward(  # type: ignore[override]
        self, states: torch.Tensor, base: torch.Tensor, *past: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        rows = self.reweight(self.scores(states, *past).double(), base.double())
        if self.other_action is not None:
            rows = torch.where(self.is_other(rows), -1.0, rows)
        probabilities, actions = rows.topk(self.k, dim=1)
        return self.named(states, actions), probabilities.float()

    def reweight(self, scores: torch.Tensor, base: torch.Tensor) -> torch.Tensor:
        """(b, A) `Reweighted.reweight`, in torch."""
        possible = scores > RULED_OUT / 2
        if isinstance(self.policy, Mixed):
            best = torch.where(possible, scores, RULED_OUT).argmax(dim=1, keepdim=True)
            one_hot = torch.zeros_like(base).scatter(1, best, 1.0)
            return (1.0 - self.policy.share) * base + self.policy.share * one_hot
        possible = possible & (base > 0.0)
        within = torch.where(possible, base, 0.0)
        if isinstance(self.policy, ConstrainedGreedy):
            likely = possible & (within >= self.policy.share * within.amax(dim=1, keepdim=True))
            best = torch.where(likely, scores, 2.0 * RULED_OUT).argmax(dim=1, keepdim=True)
            powers = torch.zeros_like(base).scatter(1, best, 1.0) * possible
        else:
            best = torch.where(possible, scores, RULED_OUT).amax(dim=1, keepdim=True)
            gaps = torch.where(possible, scores - best, 0.0)
            powers = within * (torch.exp(gaps / self.temperature) if self.temperature > 0 else (gaps == 0.0))
        totals = powers.sum(dim=1, keepdim=True)
        sums = base.sum(dim=1, keepdim=True)
        return torch.where(totals > 0, powers * (sums / torch.where(totals > 0, totals, 1.0)), base)

    def examples(self, states: np.ndarray, past: Sequence[torch.Tensor]) -> tuple[torch.Tensor, ...]:
        """The states, and a base that takes about a third of the actions not at all and some that are possible."""
        rng = np.random.default_rng(1)
        with torch.inference_mode():
            possible = (self.scores(torch.from_numpy(states), *past) > RULED_OUT / 2).numpy()
        weights = rng.exponential(size=possible.shape) * (rng.random(possible.shape) < 0.7)
        weights[np.arange(len(states)), possible.argmax(axis=1)] += 0.5
        base = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
        return torch.from_numpy(states), torch.from_numpy(base), *past

    def check(self, inputs: tuple[torch.Tensor, ...], outputs: Sequence[torch.Tensor]) -> None:
        """Hold what a file gave against the policy in numpy: the probability of each action, and their order.

        Raises:
            InputError: they differ by more than a rounding.
        """
        (states, base, *past), (names, probabilities) = inputs, (part.numpy() for part in outputs)
        with torch.inference_mode():
            scores = self.scores(states, *past).double().numpy()
        scores = np.where(scores > RULED_OUT / 2, scores * self.worth, -np.inf)
        rows = self.policy.reweight(self._reweighting(scores), base.numpy())
        if self.other_action is not None:
            rows[:, self.other_action] = -1.0
        off = self._off(states, names, probabilities, rows)
        off[self._too_close(scores, base.numpy())] = 0.0
        soft = self.policy.temperature if isinstance(self.policy, Tilted) and self.temperature > 0 else np.inf
        refuse_off(off, scores, soft)

    def _reweighting(self, scores: np.ndarray) -> np.ndarray:
        """(b, A) what the policy reweights a base by: of a mixture, the greedy policy's probabilities."""
        return one_hot(scores.argmax(axis=1), scores.shape[1]) if isinstance(self.policy, Mixed) else scores

    def _too_close(self, scores: np.ndarray, base: np.ndarray) -> np.ndarray:
        """(b,) whether the policy jumps at the best action, and another one is as good but for rounding."""
        if isinstance(self.policy, Tilted) and self.temperature > 0:
            return np.zeros(len(scores), dtype=bool)
        taken = scores
        if not isinstance(self.policy, Mixed):
            within = np.where(scores > -np.inf, base, 0.0)
            share = self.policy.share if isinstance(self.policy, ConstrainedGreedy) else 0.0
            likely = (within > 0) & (within >= share * within.max(axis=1, keepdims=True))
            taken = np.where(likely, scores, -np.inf)
        second, best = np.sort(taken, axis=1)[:, -2:].T
        # Where nothing is left, both are minus infinity.
        nothing = best == -np.inf
        best = np.where(nothing, 0.0, best)
        return nothing | (best - second <= 2.0 * TOLERANCE * np.maximum(np.abs(best), 1.0))
