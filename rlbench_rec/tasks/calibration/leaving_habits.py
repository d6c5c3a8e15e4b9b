"""How long visits last: a mixture of habits of leaving, as many as the log tells apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

MOST_HABITS, ROUNDS = 3, 500


@dataclass(frozen=True)
class Habits:
    """A mixture of geometric distributions of the clicks of a session.

    Attributes:
        shares: (k,) of the sessions that have a click; the shortest visits first.
        means: (k,) mean clicks of each.
        gain: how much better, by Bayes' information criterion, than one habit.
    """

    shares: np.ndarray
    means: np.ndarray
    gain: float = 0.0

    def __len__(self) -> int:
        return len(self.means)


def leaving_habits(lengths: np.ndarray) -> Habits:
    """The mixture of 1 to 3 geometric distributions that a log's session lengths speak for.

        P(length = n) = sum_k share_k (1 - h_k)^(n - 1) h_k,    h_k = 1 / mean_k

    by expectation-maximisation, and their number by Bayes' information criterion (Schwarz 1978): one habit is a hazard
    that is the same for all visits at all times.

    Args:
        lengths: (sessions,) clicks of each, at least 1.
    """
    values, counts = np.unique(lengths, return_counts=True)
    fits = [_mixture(values.astype(float), counts.astype(float), k) for k in range(1, MOST_HABITS + 1)]
    scores = [2.0 * fit[2] - (2 * k - 1) * np.log(counts.sum()) for k, fit in enumerate(fits, start=1)]
    best = int(np.argmax(scores))
    shares, means, _ = fits[best]
    order = np.argsort(means)
    return Habits(shares[order], means[order], float(scores[best] - scores[0]))


def _mixture(values: np.ndarray, counts: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray, float]:
    """Shares, means and log-likelihood."""
    mean = float(values @ counts / counts.sum())
    shares, means = np.full(k, 1.0 / k), np.maximum(mean * 4.0 ** np.linspace(-1.0, 1.0, k), 1.05) if k > 1 else [mean]
    means, likelihood, before = np.maximum(np.asarray(means, dtype=float), 1.0 + 1e-9), 0.0, -np.inf
    for _ in range(ROUNDS):
        logs = np.log(shares) - np.log(means) + (values[:, None] - 1.0) * np.log1p(-1.0 / means)
        totals = np.logaddexp.reduce(logs, axis=1)
        likelihood = float(counts @ totals)
        if likelihood - before < 1e-7 * abs(likelihood):
            break
        before = likelihood
        weights = counts[:, None] * np.exp(logs - totals[:, None])
        sums = np.maximum(weights.sum(axis=0), 1e-9)
        shares = sums / sums.sum()
        means = np.maximum((values @ weights) / sums, 1.0 + 1e-9)
    return shares, means, likelihood
