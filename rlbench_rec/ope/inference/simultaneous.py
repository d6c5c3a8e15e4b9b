"""Intervals that hold for several estimates at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .joint_resamples import UNDEFINED, Limits, MeasuredSample


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
