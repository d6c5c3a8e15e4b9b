"""Figures by which the gate judges whether an interval can be right: how many units there are in effect, how many
events, and how skewed their sum may still be.

An interval presumes that an estimate is nearly normal about the truth; third moments show how far from normal it is. A
sum of k equal terms has a skewness of about 1 / sqrt(k), one of unequal terms x that of k3(x) = (sum x^2)^3 /
(sum |x|^3)^2 equal ones. Events are rows whose reward differs from the median reward: a constant added to all rewards,
or a positive factor, changes none of the figures.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np

from ...tolerances import LAST_DIGITS, ROUNDING
from ..data.bounds import Range

EQUAL_REWARDS = 16 * float(np.finfo(np.float64).eps)
"""Of the largest reward: rewards that differ by less are equal."""
NEGLIGIBLE = 1e-9
"""Of the largest size: what is smaller is not an event."""
NEAR_LARGEST = 0.95 * (1 - ROUNDING)
"""Of the largest size: events from there on count as seen at their largest."""
RARELY_PASSED = 0.3
"""Of one event: how many of a log's events are expected beyond the quantile at which the sizes' tail is cut."""
UNSEEN = 0.33
"""The largest evenness that sizes themselves can show: a few events of one size do not show that none is
larger."""


@dataclass(frozen=True)
class Events:
    """What differs from the median reward.

    Attributes:
        rows: (m,) numbers of the rows with an event.
        sizes: (m,) e = |r - median|, all above 0.
        median: of the rewards.
    """

    rows: np.ndarray
    sizes: np.ndarray
    median: float


@dataclass(frozen=True)
class Sizes:
    """How the sizes of events are spread.

    Attributes:
        effective: N1 = (sum e)^2 / sum e^2.
        evenness: T in [0, 1], the share of their number that as skewed ones of equal size would have.
        largest: how many are within 5 % of the largest.
        known: sum e^2 / (m limit^2), the least that T can be where events cannot be larger than a limit; 0 where no
            limit is known.
        number: how many there are.
        ratio: N1 / Nh; see `log_normal_evenness`.
    """

    effective: float
    evenness: float
    largest: int
    known: float
    number: float = 0.0
    ratio: float = 1.0

    def of_longer(self, times: float, errors: float = 0.0) -> Sizes:
        """With the T of a log so many times as long, where sizes are log-normal: it falls as more of the tail is seen.

        Args:
            times: the length, in lengths of this log.
            errors: so many standard errors less even than they look. log(N1 / Nh) is estimated here, and again in the
                log that is planned: by the delta method from m events with the variance v / m, where
                v = 13 exp(s) + exp(4 s) + 4 exp(s / 4) - 6 exp(2 s) - 12 exp(s / 2), s = sigma^2.
        """
        if not self.number:
            return self
        s = max(0.0, -4.0 / 3.0 * math.log(self.ratio))
        spread = 13 * math.exp(s) + math.exp(4 * s) + 4 * math.exp(s / 4) - 6 * math.exp(2 * s) - 12 * math.exp(s / 2)
        error = math.sqrt(max(spread, 0.0) / self.number * (1.0 + 1.0 / times))
        evenness = log_normal_evenness(self.ratio * math.exp(-errors * error), self.number * times)
        return replace(self, evenness=max(min(evenness, UNSEEN), self.known))


def events_of(rewards: np.ndarray, middle: float | None = None) -> Events:
    """The events of (n,) rewards; `middle` is the median of all, where these are some of them."""
    middle = median(rewards) if middle is None else middle
    rows = np.flatnonzero(rewards != middle)
    if not len(rows):
        return Events(rows, np.zeros(0), middle)
    sizes = np.abs(rewards[rows] - middle)
    extreme = max(abs(float(rewards.max())), abs(float(rewards.min())))
    kept = sizes > max(NEGLIGIBLE * float(sizes.max()), EQUAL_REWARDS * extreme)
    return Events(rows, sizes, middle) if kept.all() else Events(rows[kept], sizes[kept], middle)


def median(values: np.ndarray, weights: np.ndarray | None = None) -> float:
    """The smallest of (n,) values that at least half of all do not exceed, each standing for (n,) `weights` of them."""
    if weights is not None:
        order = np.argsort(values, kind="stable")
        reached = np.cumsum(weights[order])
        # Half of a sum but for rounding is half of it.
        return float(values[order[np.searchsorted(reached, 0.5 * reached[-1] * (1.0 - LAST_DIGITS))]])
    least = float(values.min())
    # Most rewards are 0 in a shop: no need to sort.
    if 2 * np.count_nonzero(values == least) >= len(values):
        return least
    return float(np.partition(values, (len(values) - 1) // 2)[(len(values) - 1) // 2])


def largest_size(known: Range | None, middle: float) -> float | None:
    """The largest size that an event can have: from the median to the further end of the known range of rewards."""
    return None if known is None else max(known[1] - middle, middle - known[0])


def spread_of_sizes(sizes: np.ndarray, limit: float | None = None, counts: np.ndarray | None = None) -> Sizes:
    """How the sizes of events are spread.

    Args:
        sizes: (m,) all above 0.
        limit: the largest possible one, where it is known.
        counts: (m,) how many events have each size; None: one.
    """
    if not len(sizes):
        return Sizes(0.0, 0.0, 0, 0.0)
    counts = np.ones(len(sizes)) if counts is None else counts
    number, largest = float(counts.sum()), float(sizes.max())
    # In units of the largest, no square overflows or vanishes.
    e = sizes / largest
    total, squares, roots = float((counts * e).sum()), float((counts * e * e).sum()), float((counts * np.sqrt(e)).sum())
    effective = total**2 / squares
    known = 0.0 if limit is None else squares / number * (largest / limit) ** 2
    ratio = effective / (roots**2 / total)
    evenness = log_normal_evenness(ratio, number)
    # A known range helps where sizes come near it; within a wide one the largest may be unseen all the same.
    evenness = max(min(evenness, UNSEEN), known)
    return Sizes(effective, evenness, int(counts[e >= NEAR_LARGEST].sum()), known, number, ratio)


def log_normal_evenness(ratio: float, number: float) -> float:
    """T = (E e^2)^3 / (E e^3)^2 / E e^0 of log-normal sizes e = exp(sigma Z), cut where `number` of them rarely go.

    exp(-3 sigma^2) Phi(z - 2 sigma)^3 / Phi(z - 3 sigma)^2, z the normal quantile beyond which .3 of the events are
    expected. The moments of a sample miss its tail; sigma is taken from its body: of N1 = (sum e)^2 / sum e^2 and
    Nh = (sum sqrt e)^2 / sum e the ratio N1 / Nh is exp(-3/4 sigma^2).

    Args:
        ratio: N1 / Nh; 1 where all sizes are alike.
        number: how many events there are.
    """
    variance = max(0.0, -4.0 / 3.0 * math.log(ratio))
    sigma, normal = math.sqrt(variance), NormalDist()
    z = normal.inv_cdf(1.0 - min(0.5, RARELY_PASSED / number))
    beyond = normal.cdf(z - 3.0 * sigma)
    return math.exp(-3.0 * variance) * normal.cdf(z - 2.0 * sigma) ** 3 / beyond**2 if beyond > 0 else 0.0


def balanced_events(of_events: float, of_weights: float, happened: float) -> float:
    """K0 = sqrt(min(k3(c), kx) kx), kx = k3(x) times the share of units with an event: the weights of events
    are few and noisy, but an event could have had any weight.

    Args:
        of_events: k3(c), c the sum of the weights of a unit's events.
        of_weights: k3(x), x the sum of a unit's weights; for a lift both are of weights less 1.
        happened: share of the units with an event.
    """
    could_have = of_weights * happened
    return math.sqrt(min(of_events, could_have) * could_have)
