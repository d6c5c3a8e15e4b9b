"""All tilts of one base by the same scores: what they share is computed once, and their tables are never held."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from ..errors import InputError
from .policy import at_actions
from .tilted import gaps_to_best

PRECISION = 1e-9
"""Relative error of the divergence of a temperature that was asked for."""
NEARLY = 1e-5
"""Relative error from which Newton's next point is within the precision: its error is of the order of the square."""
MOST_ROUNDS = 200
WIDEST_STEP, FURTHEST = 4.0, 600.0
"""Of the search, in log temperature: one step, and all of them together."""
BLOCK_CELLS = 32_768
"""Cells of a table that are worked on at once: they stay in a processor's cache, and no memory is asked for anew."""


class Tilts:
    """The tilts pi(a|s) in proportion to b(a|s) exp(q(s, a) / tau) of one base, at any temperature tau.

    Args:
        scores: (n, A) q; minus infinity for an action that must not be taken.
        base: (n, A) b.
        decisions_per_episode: mean number of decisions an episode, by which divergences are a session's.

    Raises:
        InputError: no rows, shapes that differ, scores that are not numbers.
    """

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
        self.left = np.asarray(within.any(axis=1))
        if not self.left.all():
            base, within, gaps = base[self.left], within[self.left], gaps[self.left]
        self.base = np.divide(within, base.sum(axis=1, keepdims=True), out=within)
        self.scale = float(-gaps.min(initial=0.0)) or 1.0
        self.gaps = np.divide(gaps, self.scale, out=gaps)
        self.unit = decisions_per_episode / len(scores)
        self.least = -np.log(self.base.sum(axis=1)).sum() * self.unit
        self.spread = math.sqrt(np.einsum("na,na,na->", self.base, self.gaps, self.gaps) * self.unit)
        self.largest = -np.log(self.base.sum(axis=1, where=self.gaps == 0.0)).sum() * self.unit

    def at(self, inverse: float) -> tuple[float, float]:
        """D at the temperature scale / inverse, and its slope in log inverse.

        KL = inverse E_pi[gap] - log Z; its slope in log inverse is inverse^2 Var_pi(gap).
        """
        nats = slope = 0.0
        for _, powers, scaled in self._powers(inverse):
            totals = np.einsum("na->n", powers)
            means = np.einsum("na,na->n", powers, scaled) / totals
            powers *= scaled
            squares = np.einsum("na,na->n", powers, scaled) / totals
            nats += float((means - np.log(totals)).sum())
            slope += float((squares - means**2).sum())
        return nats * self.unit, slope * self.unit

    def _powers(self, inverse: float) -> Iterator[tuple[slice, np.ndarray, np.ndarray]]:
        """Blocks of rows with b exp(inverse gap) and inverse gap, which the next block overwrites."""
        action_count = self.base.shape[1]
        size = max(1, BLOCK_CELLS // action_count)
        powers, scaled = np.empty((size, action_count)), np.empty((size, action_count))
        for first in range(0, len(self.base), size):
            rows = slice(first, min(first + size, len(self.base)))
            number = rows.stop - first
            np.multiply(self.gaps[rows], inverse, out=scaled[:number])
            np.exp(scaled[:number], out=powers[:number])
            powers[:number] *= self.base[rows]
            yield rows, powers[:number], scaled[:number]

    def ratios(self, actions: np.ndarray, temperature: float) -> np.ndarray:
        """(n,) pi(a|s) / b(a|s) = exp(q(s, a) / tau) / Z(s) of one action a row, Z = sum_a b exp(q / tau); 1 where the
        scores leave nothing of the base, 0 for an action that they rule out.

        Args:
            actions: (n,) one of each row, which the base takes.
            temperature: tau, above 0.
        """
        inverse, chosen = self.scale / temperature, np.empty(len(self.base))
        actions = actions[self.left]
        for rows, powers, _ in self._powers(inverse):
            taken, of_base = at_actions(powers, actions[rows]), at_actions(self.base[rows], actions[rows])
            totals = np.einsum("na->n", powers) * of_base
            chosen[rows] = np.divide(taken, totals, out=np.zeros(len(taken)), where=of_base > 0)
        ratios = np.ones(len(self.left))
        ratios[self.left] = chosen
        return ratios

    def log_totals(self, temperature: float) -> np.ndarray:
        """(n,) log of sum_a b exp((q(s, a) - the best of the row) / tau); 0 where the scores leave nothing of the base.

        Args:
            temperature: tau, above 0.
        """
        totals = np.empty(len(self.base))
        for rows, powers, _ in self._powers(self.scale / temperature):
            totals[rows] = np.einsum("na->n", powers)
        logs = np.zeros(len(self.left))
        logs[self.left] = np.log(totals)
        return logs

    def temperature(self, divergence: float) -> float:
        """The one at which D is as asked; see `temperature_for`."""
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
        low, high = -FURTHEST, FURTHEST
        point = math.log(math.sqrt(2.0 * wanted) / self.spread) if self.spread > 0 else 0.0
        for _ in range(MOST_ROUNDS):
            reached, slope = self.at(math.exp(point))
            if abs(reached - wanted) <= PRECISION * wanted:
                break
            if reached < wanted:
                low, room = point, min(WIDEST_STEP, 0.5 * (high - point))
            else:
                high, room = point, max(-WIDEST_STEP, 0.5 * (low - point))
            step = math.log(wanted / reached) * reached / slope if reached > 0.0 and slope > 0.0 else room
            if abs(reached - wanted) <= NEARLY * wanted and abs(step) <= NEARLY:
                return point + step
            point += step if abs(step) <= WIDEST_STEP and low < point + step < high else room
        return point
