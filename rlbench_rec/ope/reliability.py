"""Figures from which the gate tells whether an interval can be right: how many units there are in effect, how many
events, and how skewed their sum may still be.

An interval presumes that an estimate is nearly normal about the truth; how far it is from that, third moments tell. A
sum of k equal terms has a skewness of about 1 / sqrt(k), one of unequal terms x that of k3(x) = (sum x^2)^3 /
(sum |x|^3)^2 equal ones. Events are what differs from the median reward: a constant added to all rewards, or a positive
factor, changes none of the figures.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .columns import sum_of_squares

SMALLEST_SIZE = 0.01
"""Of the size-biased mean size: a reward that differs from the median by less is no event."""
ROUNDING = 16 * float(np.finfo(np.float64).eps)
"""Of the largest reward: rewards that differ by less are equal."""
NEAR_LARGEST = 0.95
"""Of the largest size: events from there on have been seen at their largest."""


@dataclass(frozen=True)
class Sizes:
    """How the sizes of events are spread.

    Attributes:
        events: how many there are.
        evenness: T = (N1 / Nh)^4, N1 = (sum e)^2 / sum e^2 and Nh = (sum sqrt e)^2 / sum e; 1 where all are alike,
            exp(-3 sigma^2) of log-normal sizes; 0 without events.
        largest: how many are within 5 % of the largest.
        capped: sum e^2 / cap^2, the number of events of the largest possible size that would vary as much; NaN where no
            largest possible size is known.
    """

    events: int
    evenness: float
    largest: int
    capped: float


def event_sizes(rewards: np.ndarray, weights: np.ndarray | None = None) -> tuple[np.ndarray, float]:
    """(n,) |r - median|, 0 where it is not worth the name of an event; and the median.

    Args:
        rewards: (n,) one a row, or an episode's return.
        weights: (n,) how many each stands for, where a log was thinned; None: each for one.
    """
    middle = median(rewards, weights)
    sizes = np.abs(rewards - middle)
    total = float(sizes.sum())
    usual = sum_of_squares(sizes) / total if total > 0 else 0.0
    largest = max(abs(float(rewards.max())), abs(float(rewards.min())))
    sizes[sizes <= max(SMALLEST_SIZE * usual, ROUNDING * largest)] = 0.0
    return sizes, middle


def median(values: np.ndarray, weights: np.ndarray | None = None) -> float:
    """The smallest value that at least half of all do not exceed."""
    if weights is not None:
        order = np.argsort(values, kind="stable")
        reached = np.cumsum(weights[order])
        return float(values[order[np.searchsorted(reached, 0.5 * reached[-1])]])
    least = float(values.min())
    # Most rewards are 0 in a shop: no need to sort.
    if 2 * np.count_nonzero(values == least) >= len(values):
        return least
    return float(np.partition(values, (len(values) - 1) // 2)[(len(values) - 1) // 2])


def spread_of_sizes(sizes: np.ndarray, cap: float | None = None) -> Sizes:
    """Of (n,) sizes, 0 where there is no event; `cap` is the largest possible one where it is known."""
    events = sizes[sizes > 0]
    if not len(events):
        return Sizes(0, 0.0, 0, np.nan)
    # In units of the largest, no square overflows or vanishes.
    largest = float(events.max())
    events = events / largest
    total, squares, roots = float(events.sum()), sum_of_squares(events), float(np.sqrt(events).sum())
    capped = np.nan if cap is None else squares * (largest / cap) ** 2
    return Sizes(
        len(events), (total**3 / (squares * roots**2)) ** 4, int(np.count_nonzero(events >= NEAR_LARGEST)), capped
    )


def effective_number(x: np.ndarray) -> float:
    """(sum |x|)^2 / sum x^2; 0 where all are 0."""
    squares = sum_of_squares(x)
    return float(np.abs(x).sum()) ** 2 / squares if squares > 0 else 0.0


def balanced_number(x: np.ndarray) -> float:
    """k3 = (sum x^2)^3 / (sum |x|^3)^2, as many equal terms are as skewed; 0 where all are 0."""
    x = np.abs(x)
    largest = float(x.max())
    if not 0 < largest < np.inf:
        return 0.0
    x = x / largest
    return sum_of_squares(x) ** 3 / float(np.einsum("i,i,i->", x, x, x)) ** 2


def balanced_weights(weights: np.ndarray) -> float:
    """ESS^3 / units^2 of (units,) weights: k3 of weights whose tail is as it should be, by moments that a log knows."""
    return effective_number(weights) ** 3 / len(weights) ** 2


def balanced_events(event_weights: np.ndarray, weights: np.ndarray, happened: np.ndarray) -> float:
    """K = min(k3(c), k3(w) x the share of units with an event): weights that an event did not meet could have met it.

    Args:
        event_weights: (units,) c, the sum of the weights of a unit's events.
        weights: (units,) w, that of all its weights; for a lift both are of weights less 1.
        happened: (units,) whether a unit has an event.
    """
    return min(balanced_number(event_weights), balanced_number(weights) * float(np.mean(happened)))


def skewness(influence: np.ndarray) -> float:
    """|sum psi^3| / (sum psi^2)^1.5: the skewness of the estimate, from (units,) influences; 0 where all are 0."""
    largest = float(np.abs(influence).max())
    if not 0 < largest < np.inf:
        return 0.0 if largest == 0 else np.inf
    psi = influence / largest
    return abs(float(np.einsum("i,i,i->", psi, psi, psi))) / sum_of_squares(psi) ** 1.5
