"""What a log knows of the truth behind claims, for the chance that a test shows them."""

from __future__ import annotations

import numpy as np

from .claims import Claims

FLAT = 1e8
"""Variance of a prior, in squared standard errors, that leaves an estimate as it is to eight digits."""


def belief(claims: Claims) -> tuple[np.ndarray, np.ndarray]:
    """(K,) mean and (K, K) covariance of the true distances, given the estimates `seen` with covariance S.

    The headline has a flat prior: all lifts are as likely beforehand. Most changes leave a guardrail where it is, and a
    flat prior would take chance for harm, so that of a guardrail is normal around no change with variance
    t_k = max((seen_k - distance_k)^2 - S_kk, 0), as much as the estimate is further away than chance alone takes it
    (positive-part James and Stein 1961, empirical Bayes). With T = diag(t): mean = d + T (T + S)^-1 (seen - d),
    covariance T (T + S)^-1 S. An estimate of the headline that errs together with a guardrail's moves with it.

    Args:
        claims: with their estimates.
    """
    # In standard errors, so that revenue and rates are of one size; what does not vary is known.
    units = np.where(claims.errors > 0, claims.errors, 1.0)
    varies = (claims.errors > 0).astype(float)
    chance = np.outer(varies, varies) * claims.correlation
    apart = (claims.seen - claims.distances) / units
    prior = np.maximum(apart**2 - varies, 0.0)
    prior[0] = FLAT
    gain = prior[:, None] * np.linalg.pinv(chance + np.diag(prior), rcond=1e-12, hermitian=True)
    doubt = gain @ chance
    return claims.distances + units * (gain @ apart), np.outer(units, units) * (doubt + doubt.T) / 2.0
