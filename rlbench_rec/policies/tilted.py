"""The exponential tilt of the behaviour policy."""

from __future__ import annotations

import numpy as np

from ..errors import InputError
from ..mdp.past import Past
from .policy import Policy, longest
from .q_policies import QFunction, memory_of, scores_of
from .reweighted import Reweighted


class Tilted(Reweighted):
    """pi(a|s) = b(a|s) exp(q(s, a) / tau) / sum_c b(c|s) exp(q(s, c) / tau), b the base.

    Its importance weight is exp(q(s, a) / tau) / Z(s), Z(s) = E_b[exp(q / tau) | s]: it is known where Z is, even if
    the propensity of the logged action is not (incremental interventions, Kennedy 2019).

    Args:
        q: the values; minus infinity for an action that must not be taken.
        action_count: number of actions A.
        temperature: tau, in units of q, in [0, infinity]. Infinity is the base; 0 is the base within its best actions.
            `temperature_for` sets it by the divergence from the base.
        base: the behaviour policy; None: each call brings its probabilities.
        name: label in tables.

    Raises:
        InputError: a temperature below 0.
    """

    def __init__(
        self, q: QFunction, action_count: int, temperature: float, base: Policy | None = None, name: str = "tilted"
    ):
        if not temperature >= 0:
            raise InputError(f"The temperature is {temperature}; it must be 0 or above.", where="temperature")
        self.q, self.action_count, self.temperature = q, action_count, float(temperature)
        self.memory = longest(memory_of(q), base.memory if base else None)
        self.base, self.name = base, name

    def scores(self, states: np.ndarray, past: Past | None = None) -> np.ndarray:
        return scores_of(self.q, states, past)

    def reweight(self, scores: np.ndarray, base: np.ndarray) -> np.ndarray:
        return tilt(scores, base, self.temperature)


def tilt(scores: np.ndarray, base: np.ndarray, temperature: float) -> np.ndarray:
    """(n, A) rows in proportion to base x exp(scores / temperature); a row of which the scores leave nothing is the
    base's own."""
    base = np.asarray(base, dtype=np.float64)
    within, gaps = gaps_to_best(scores, base)
    with np.errstate(over="ignore"):
        # exp is at most 1, and 1 at each row's best: no row vanishes, whatever the temperature.
        powers = within * (np.exp(gaps / temperature) if temperature > 0 else (gaps == 0.0))
    totals = powers.sum(axis=1, keepdims=True)
    sums = base.sum(axis=1, keepdims=True)
    return np.where(totals > 0, powers * (sums / np.where(totals > 0, totals, 1.0)), base)


def gaps_to_best(scores: np.ndarray, base: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(n, A) base probabilities, 0 where the score is minus infinity, and (n, A) score less the best one among what is
    left; 0 elsewhere."""
    scores = np.asarray(scores, dtype=np.float64)
    possible = (scores != -np.inf) & (base > 0.0)
    best = np.max(scores, axis=1, initial=-np.inf, where=possible, keepdims=True)
    return np.where(possible, base, 0.0), np.subtract(scores, best, out=np.zeros_like(scores), where=possible)
