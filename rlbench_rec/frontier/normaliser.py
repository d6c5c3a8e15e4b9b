"""Z(s) = E_b[exp(q / tau) | s] of a behaviour policy that is known only by its choices.

A model of the behaviour policy gives a first guess: with it the weight of a logged action is y = exp(q / tau) /
Z_model, and E_b[y | s] is 1 where the model is right. Elsewhere it is corrected: the weight is

    w = y exp(theta' x(s)),  theta such that  sum_rows g (w - 1) x = 0,

x features of state and step, g = W_{t-1} the weight that the session has reached (capped, from a first fit on few
features; it is known before the row's action). Any function of the past may stand before (w - 1): its expectation is 0.
With this one, the weights are right on average for whatever the features can tell of what is still to come, so that an
error of Z does its harm only where both the weights and the value that is left escape them (entropy balancing,
Hainmueller 2012; calibrated weights, Tan 2020). The loss sum g (w - theta' x) is convex.

theta is fitted on the log that is scored, whose episodes neither the scores nor the model have seen. Its error is that
of an M-estimator: theta-hat - theta = mean_i nu_i, nu_i = -J^-1 sum_rows g (w - 1) x, J = mean_i sum_rows g w x x'.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

RIDGE = 1e-4
"""Penalty of the squared coefficients but the first, in units of one row."""
LARGEST_EXPONENT = 30.0
CAPPED_AT = 0.999
"""Quantile of the rows' factors g at which they are capped: their sum must not be a few sessions'."""
MOST_ROUNDS, ENOUGH = 50, 1e-9


class Calibrated(NamedTuple):
    """Weights whose normaliser is fitted.

    Attributes:
        ratios: (n,) w.
        influence: (episodes, p) nu.
    """

    ratios: np.ndarray
    influence: np.ndarray


def calibrated(ratios: np.ndarray, features: np.ndarray, factors: np.ndarray, starts: np.ndarray) -> Calibrated:
    """The weights w, and how far each episode moved theta; d log w / d theta are the features.

    Args:
        ratios: (n,) y >= 0, those of the model.
        features: (n, p) x, the first of them 1, the others of mean 0 and about one in size.
        factors: (n,) g >= 0.
        starts: (episodes,) first row of each.
    """
    shares = factors / factors.sum()
    theta = _solved(ratios, features, shares)
    weights = _weights(ratios, features, theta)
    by_row = features * (shares * (weights - 1.0))[:, None]
    scores = np.add.reduceat(by_row, starts, axis=0)
    slopes = (features * (shares * weights)[:, None]).T @ features + _penalties(len(theta))
    influence = np.linalg.solve(slopes, -(scores - scores.mean(axis=0)).T).T * len(starts)
    return Calibrated(weights, influence)


def prefix_factors(ratios: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """(n,) W_{t-1}, capped; 1 at the first step of an episode, and everywhere where no weight is above 0."""
    lengths = np.diff(starts, append=len(ratios))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        logs = np.maximum(np.log(ratios), -1e3)
        sums = np.cumsum(logs) - logs
        before = np.exp(np.minimum(sums - np.repeat(sums[starts], lengths), 700.0))
    return np.minimum(before, np.quantile(before, CAPPED_AT))


def _solved(ratios: np.ndarray, features: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """The theta of least loss, by Newton's method with halved steps.

    The matrix of second derivatives costs as much as all else together, so it is kept as long as steps succeed.
    """
    theta, penalties = np.zeros(features.shape[1]), _penalties(features.shape[1])
    if not (shares @ ratios > 0):
        return theta
    theta[0] = -np.log(shares @ ratios)
    loss, matrix = _loss(ratios, features, shares, theta), None
    for _ in range(MOST_ROUNDS):
        weights = _weights(ratios, features, theta)
        gradient = features.T @ (shares * (weights - 1.0)) + penalties.diagonal() * theta
        if matrix is None:
            matrix = np.linalg.inv((features * (shares * weights)[:, None]).T @ features + penalties)
            fresh = True
        step = matrix @ gradient
        gained = float(gradient @ step)
        if gained <= ENOUGH:
            break
        size, reached = 1.0, _loss(ratios, features, shares, theta - step)
        while reached > loss and size > 1e-6:
            size /= 2.0
            reached = _loss(ratios, features, shares, theta - size * step)
        if reached > loss:
            break
        # A slow step of an old matrix is worth a new one.
        if (size < 1.0 or loss - reached < 0.3 * gained) and not fresh:
            matrix = None
        theta, loss, fresh = theta - size * step, reached, False
    return theta


def _loss(ratios: np.ndarray, features: np.ndarray, shares: np.ndarray, theta: np.ndarray) -> float:
    exponents = features @ theta
    weights = ratios * np.exp(np.clip(exponents, -LARGEST_EXPONENT, LARGEST_EXPONENT))
    return float(shares @ (weights - exponents) + theta @ _penalties(len(theta)) @ theta / 2.0)


def _weights(ratios: np.ndarray, features: np.ndarray, theta: np.ndarray) -> np.ndarray:
    return ratios * np.exp(np.clip(features @ theta, -LARGEST_EXPONENT, LARGEST_EXPONENT))


def _penalties(number: int) -> np.ndarray:
    """(p, p) diagonal; next to nothing for the constant, so that weights have mean 1."""
    penalties = np.full(number, RIDGE)
    penalties[0] = 1e-12
    return np.diag(penalties)
