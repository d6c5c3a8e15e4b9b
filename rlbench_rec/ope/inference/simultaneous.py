"""Intervals that hold for several estimates at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...statistics.bootstrap import parts_of
from .joint_resamples import UNDEFINED, Limits, MeasuredSample

N_DRAWS = 20_000
"""Of the largest of correlated t variables: their .95 quantile is then known to within 1 %."""
RIDGE = 1e-6
"""Added to the variances of correlated variables, so that copies of one another have a Cholesky factor too."""


def simultaneous(sample: MeasuredSample) -> list[Limits]:
    """Intervals that, with the given confidence, all hold; see `band`."""
    return band([estimator.value for estimator in sample.measured], sample.draws, sample.inference.confidence)


def band(values: Sequence[float], draws: Sequence[np.ndarray], confidence: float) -> list[Limits]:
    """value_k -+ c s_k, s_k the root mean square of draw_bk - value_k over the joint draws b, and c the `confidence`
    quantile of max_k |draw_bk - value_k| / s_k: the same c for all.

    Wider than intervals one by one, narrower than Bonferroni's where estimates move together. Sup-t band, Montiel Olea
    and Plagborg-Moller 2019; single-step maxT, Romano and Wolf 2005.

    Args:
        values: (K,) estimates; those that are not finite have no interval.
        draws: K vectors (resamples,), drawn together; resamples in which one is not defined are left out.
        confidence: with which all K intervals cover.
    """
    centres, drawn = np.asarray(values, dtype=np.float64), np.asarray(draws)
    known = np.isfinite(centres)
    apart = np.abs(drawn[known] - centres[known, None])
    apart = apart[:, np.isfinite(apart).all(axis=0)]
    if not apart.size:
        return [UNDEFINED] * len(centres)
    # By the draws' own spread: of an estimate that varies by rounding alone, both are rounding.
    spreads = np.sqrt(np.square(apart).mean(axis=1))
    ratios = apart[spreads > 0] / spreads[spreads > 0, None]
    factor = float(np.quantile(ratios.max(axis=0, initial=0.0), confidence, method="weibull"))
    half = np.full(len(centres), np.nan)
    half[known] = factor * spreads
    return [(float(value - width), float(value + width)) for value, width in zip(centres, half, strict=True)]


def critical_value(
    influences: Sequence[np.ndarray],
    confidence: float,
    *,
    strata: np.ndarray | None = None,
    n_draws: int = N_DRAWS,
    seed: int = 0,
) -> float:
    """c, so that value_k -+ c std_error_k cover for all k at once: the `confidence` quantile of max_k |T_k|, T a
    multivariate t with units - 1 degrees of freedom and the correlations of the estimates' influences over the units.

    The band of `band` without resamples: the correlations of a bootstrap are those of the influences (its linear part),
    and K estimates cost K^2 products of columns in place of K bootstraps. For one estimate it is Student's quantile.
    Sup-t band, Montiel Olea and Plagborg-Moller 2019; Gaussian approximation of maxima, Chernozhukov, Chetverikov and
    Kato 2013.

    Args:
        influences: K vectors (units,) psi_u, from `influence.unit_influences`; those that are not finite, and those
            that are 0 throughout, are left out.
        confidence: with which all K intervals cover, in (0, 1).
        strata: (units,) codes of parts whose sizes are fixed; influences are then taken from their means in each.
        n_draws, seed: of the maximum.

    Returns:
        NaN where there are fewer than two units, or nothing varies.
    """
    from scipy.special import stdtrit

    columns = [_unit_length(psi, strata) for psi in influences if np.isfinite(psi).all() and psi.any()]
    degrees = (len(columns[0]) if columns else 1) - 1
    if degrees < 1:
        return float("nan")
    alone, bonferroni = (float(stdtrit(degrees, 1 - (1 - confidence) / (2 * k))) for k in (1, len(columns)))
    if len(columns) == 1:
        return alone
    table = np.stack(columns)
    # The factor with a positive diagonal is unique and moves little with its matrix: eigenvectors may change their
    # sign from processor to processor, and with them every draw.
    factor = np.linalg.cholesky(table @ table.T + RIDGE * np.eye(len(columns)))
    rng = np.random.default_rng(seed)
    largest = np.abs(rng.standard_normal((n_draws, len(columns))) @ factor.T).max(axis=1)
    largest /= np.sqrt(rng.chisquare(degrees, n_draws) / degrees)
    drawn = float(np.quantile(largest, confidence, method="weibull"))
    # Whatever the correlations are, it lies between these two.
    return min(max(drawn, alone), bonferroni)


def _unit_length(psi: np.ndarray, strata: np.ndarray | None) -> np.ndarray:
    """Influences less their mean (in each stratum), of length 1; 0 where nothing is left."""
    centred = psi / np.abs(psi).max()
    for members in [np.arange(len(psi))] if strata is None else parts_of(strata):
        centred[members] -= centred[members].mean()
    length = float(np.sqrt(np.square(centred).sum()))
    return centred / length if length > 0 else centred
