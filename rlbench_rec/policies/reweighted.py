"""Policies that stay with the behaviour policy: they reweight its probabilities by scores."""

from __future__ import annotations

from abc import abstractmethod

import numpy as np

from ..bad_rows import refuse_rows
from ..errors import InputError
from ..mdp.past import Past
from ..tolerances import PROBABILITY_SUM
from .policy import CHUNK_CELLS, Policy, PolicyWithMemory, ask, at_actions, sample


class Reweighted(PolicyWithMemory):
    """A policy made of scores and of the base: the probabilities of the behaviour policy, or of whatever else is in
    service now.

    Where scores rule out (minus infinity) everything that the base shows in a state, the policy is the base there.

    Attributes:
        base: where the base comes from when a call does not bring it; None: every call must.
    """

    base: Policy | None

    @abstractmethod
    def scores(self, states: np.ndarray, past: Past | None = None) -> np.ndarray:
        """(n, state size), and what happened before where they look back -> (n, A), what the base is reweighted by."""

    @abstractmethod
    def reweight(self, scores: np.ndarray, base: np.ndarray) -> np.ndarray:
        """(n, A) scores, (n, A) base probabilities -> (n, A) float64 rows that sum to what the base's rows sum to."""

    def probabilities(
        self, states: np.ndarray, base: np.ndarray | None = None, *, past: Past | None = None
    ) -> np.ndarray:
        """(n, state size) -> (n, action_count) float64, rows sum to 1.

        Args:
            states: the states.
            base: (n, A) probabilities of whatever is in service in these states; None asks `self.base`.
            past: of the sessions, where the scores or the base look back.

        Raises:
            InputError: no base at all, one of another shape, or rows that are not probabilities.
        """
        return self.reweight(self.scores(states, past), self._base(states, base, past))

    def probability_of(
        self, states: np.ndarray, actions: np.ndarray, base: np.ndarray | None = None, *, past: Past | None = None
    ) -> np.ndarray:
        """(n,) probability of each action; see `probabilities`."""
        if base is None:
            return super().probability_of(states, actions, past=past)
        if not len(states) == len(actions) == len(base):
            what = f"{len(states)} states, {len(actions)} actions and {len(base)} rows of the base."
            raise InputError(what, where="probability_of")
        size = max(1, CHUNK_CELLS // self.action_count)
        parts = []
        for i in range(0, len(states), size):
            rows = slice(i, i + size)
            matrix = self.probabilities(states[rows], base[rows], past=None if past is None else past[rows])
            parts.append(at_actions(matrix, actions[rows]))
        return np.concatenate(parts) if parts else np.empty(0)

    def act(
        self,
        states: np.ndarray,
        rng: np.random.Generator,
        base: np.ndarray | None = None,
        *,
        past: Past | None = None,
    ) -> np.ndarray:
        """(n,) int64 actions drawn from `probabilities`, one uniform number per state."""
        return sample(self.probabilities(states, base, past=past), rng)

    def _base(self, states: np.ndarray, base: np.ndarray | None, past: Past | None) -> np.ndarray:
        if base is not None:
            return checked_base(base, len(states), self.action_count)
        if self.base is None:
            hint = "Give base, the probabilities of what is in service, or make the policy with a base."
            raise InputError(f"{self.name} reweights another policy, and none is given.", where="base", hint=hint)
        return ask(self.base, states, past)


def checked_base(base: np.ndarray, rows: int, action_count: int) -> np.ndarray:
    """(rows, action_count) float64 probabilities, as they are given.

    Raises:
        InputError: another shape, a number that is not a probability, or a row that does not sum to 1 within 1e-4.
    """
    base = np.asarray(base, dtype=np.float64)
    if base.shape != (rows, action_count):
        raise InputError(f"Shape {base.shape}; ({rows}, {action_count}) is needed.", where="base")
    sums = base.sum(axis=1)
    # `not >=`: a NaN is neither.
    bad = ~((base >= 0.0).all(axis=1) & (np.abs(sums - 1.0) <= PROBABILITY_SUM))
    refuse_rows(
        bad,
        lambda row, count: InputError(
            f"Row {row} ({count} in all) is not a row of probabilities: it sums to {sums[row]:g}.", where="base"
        ),
    )
    return base
