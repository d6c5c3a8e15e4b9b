"""How far a policy is from the behaviour policy, and the tilt that is a given distance away."""

from __future__ import annotations

import math

import numpy as np

from ..errors import InputError
from .tilted import gaps_to_best

DIVERGENCES = (0.01, 0.02, 0.04, 0.08, 0.15, 0.3, 0.6, 1.2, 2.4)
"""The steps of a dial, in nats a session."""
PRECISION = 1e-9
"""Relative error of the divergence that `temperature_for` reaches."""
MOST_ROUNDS = 200
WIDEST_STEP, FURTHEST = 4.0, 600.0
"""Of the search, in log temperature: one step, and all of them together."""


def divergence(probabilities: np.ndarray, base: np.ndarray, decisions_per_episode: float) -> float:
    """D = mean over decisions of KL(pi || b) x decisions per episode, in nats a session.

    KL(pi || b) = sum_a pi(a|s) log(pi(a|s) / b(a|s)), with 0 log 0 = 0. It is infinite where the policy takes what the
    base never does.

    Args:
        probabilities: (n, A) pi, rows that sum to 1.
        base: (n, A) b, the same.
        decisions_per_episode: mean number of decisions an episode.

    Raises:
        InputError: shapes that differ, or no rows.
    """
    if probabilities.shape != base.shape or not len(base):
        what = f"Shapes {probabilities.shape} and {base.shape}; the same are needed, and a row at least."
        raise InputError(what, where="divergence")
    taken = probabilities > 0.0
    with np.errstate(divide="ignore"):
        logs = np.log(np.divide(probabilities, base, out=np.ones(base.shape), where=taken & (base > 0.0)))
    terms = np.where(taken & (base == 0.0), np.inf, probabilities * logs)
    return float(terms.sum() / len(base) * decisions_per_episode)


def temperature_for(scores: np.ndarray, base: np.ndarray, divergence: float, decisions_per_episode: float) -> float:
    """The temperature at which the tilt of the base by the scores is so many nats a session from the base.

    D falls in the temperature, from that of the base within its best actions (temperature 0) to that of the base within
    what the scores allow (infinity; 0 nats where they allow everything). What lies outside cannot be reached: the
    answer is then 0 or infinity.

    Args:
        scores: (n, A) of the states that the mean is over; minus infinity for an action that must not be taken.
        base: (n, A) probabilities of the behaviour policy in these states.
        divergence: D, 0 or above.
        decisions_per_episode: mean number of decisions an episode.

    Raises:
        InputError: a D below 0, no rows, shapes that differ, scores that are not numbers.
    """
    return _Tilts(scores, base, decisions_per_episode).temperature(divergence)


def temperatures_for(
    scores: np.ndarray, base: np.ndarray, divergences: tuple[float, ...], decisions_per_episode: float
) -> tuple[float, ...]:
    """`temperature_for` each of several D, what they share computed once."""
    tilts = _Tilts(scores, base, decisions_per_episode)
    return tuple(tilts.temperature(each) for each in divergences)


class _Tilts:
    """All tilts of one base by the same scores: D and its slope at any temperature."""

    def __init__(self, scores: np.ndarray, base: np.ndarray, decisions_per_episode: float):
        if scores.shape != base.shape or not len(base):
            what = f"Shapes {scores.shape} and {base.shape}; the same are needed, and a row at least."
            raise InputError(what, where="scores")
        if not decisions_per_episode > 0:
            raise InputError(f"{decisions_per_episode}; it must be above 0.", where="decisions_per_episode")
        base = np.asarray(base, dtype=np.float64)
        if not (scores < np.inf).all():
            raise InputError("A score is neither a number nor minus infinity.", where="scores")
        within, gaps = gaps_to_best(scores, base)
        # A row of which the scores leave nothing is the base's own: no nats.
        left = within.any(axis=1)
        self.base = within[left] / base[left].sum(axis=1, keepdims=True)
        self.scale = float(-gaps[left].min(initial=0.0)) or 1.0
        self.gaps = gaps[left] / self.scale
        self.unit = decisions_per_episode / len(base)
        self.least = -np.log(self.base.sum(axis=1)).sum() * self.unit
        self.largest = -np.log(self.base.sum(axis=1, where=self.gaps == 0.0)).sum() * self.unit

    def at(self, inverse: float) -> tuple[float, float]:
        """D at the temperature scale / inverse, and its slope in log inverse.

        KL = inverse E_pi[gap] - log Z; its slope in log inverse is inverse^2 Var_pi(gap).
        """
        scaled = self.gaps * inverse
        powers = np.exp(scaled)
        powers *= self.base
        totals = powers.sum(axis=1)
        means = np.einsum("na,na->n", powers, scaled) / totals
        squares = np.einsum("na,na,na->n", powers, scaled, scaled) / totals
        nats = (means - np.log(totals)).sum()
        return float(nats * self.unit), float((squares - means**2).sum() * self.unit)

    def temperature(self, divergence: float) -> float:
        """See `temperature_for`."""
        if not divergence >= 0:
            raise InputError(f"{divergence} nats; it must be 0 or above.", where="divergence")
        if divergence <= max(self.least, 0.0):
            return math.inf
        if divergence >= self.largest:
            return 0.0
        return self.scale / math.exp(self._log_inverse(divergence))

    def _log_inverse(self, wanted: float) -> float:
        """Newton's method for log D over log inverse, kept within what is known of where the answer lies."""
        # For mild tilts D = inverse^2 Var_b(gap) / 2: a straight line on these axes.
        spread = math.sqrt((self.base * self.gaps**2).sum() * self.unit)
        low, high = -FURTHEST, FURTHEST
        point = math.log(math.sqrt(2.0 * wanted) / spread) if spread > 0 else 0.0
        for _ in range(MOST_ROUNDS):
            reached, slope = self.at(math.exp(point))
            if abs(reached - wanted) <= PRECISION * wanted:
                break
            if reached < wanted:
                low, room = point, min(WIDEST_STEP, 0.5 * (high - point))
            else:
                high, room = point, max(-WIDEST_STEP, 0.5 * (low - point))
            step = math.log(wanted / reached) * reached / slope if reached > 0.0 and slope > 0.0 else room
            point += step if abs(step) <= WIDEST_STEP and low < point + step < high else room
        return point
