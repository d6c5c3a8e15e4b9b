"""The policy behind another log, as its action frequencies."""

from __future__ import annotations

import numpy as np

from ..errors import InputError
from ..mdp.dataset import TransitionDataset
from .policy import Policy


class Empirical(Policy):
    """pi(a|c) = n(c, a) / n(c), with c the value of some observation columns (the slot on the page, say).

    The frequencies sum to 1 over actions. Mean logged propensities do not: they are size-biased, since an action is
    logged more often exactly when its propensity was high.

    Args:
        log: the log whose behaviour policy is wanted.
        by: prefix of the observation columns that make up c; "" conditions on nothing.
        name: label in tables.

    Raises:
        InputError: if no observation column starts with `by`, or a state has a c that the log does not have.
    """

    def __init__(self, log: TransitionDataset, by: str = "", name: str = "empirical"):
        self.columns = [i for i, column in enumerate(log.observation_names) if by and column.startswith(by)]
        if by and not self.columns:
            raise InputError(f"No observation column starts with '{by}'.", where=log.provenance.source)
        self.name, self.action_count = name, log.action_count
        self.contexts, codes = np.unique(log.observations[:, self.columns], axis=0, return_inverse=True)
        counts = np.zeros((len(self.contexts), log.action_count))
        np.add.at(counts, (codes.ravel(), log.actions), 1.0)
        self.table = counts / counts.sum(axis=1, keepdims=True)

    def probabilities(self, states: np.ndarray) -> np.ndarray:
        return self.table[self._codes(states)]

    def probability_of(self, states: np.ndarray, actions: np.ndarray) -> np.ndarray:
        return self.table[self._codes(states), actions]

    def _codes(self, states: np.ndarray) -> np.ndarray:
        if not self.columns:
            return np.zeros(len(states), dtype=np.int64)
        match = (states[:, None, self.columns] == self.contexts[None]).all(axis=2)
        known = match.any(axis=1)
        if not known.all():
            raise InputError(
                f"Row {int(np.argmin(known))} has a context that the log does not have.", where=f"policy {self.name}"
            )
        return match.argmax(axis=1)
