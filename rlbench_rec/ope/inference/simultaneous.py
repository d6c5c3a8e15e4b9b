"""Intervals that hold for several estimates at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .joint_resamples import UNDEFINED, Limits, Sample


def simultaneous(sample: Sample) -> list[Limits]:
    """Intervals of which, with the given confidence, none misses; see `band`."""
    return band([one.value for one in sample.measured], sample.draws, sample.confidence)


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
    values, drawn = np.asarray(values, dtype=np.float64), np.asarray(draws)
    known = np.isfinite(values)
    apart = np.abs(drawn[known] - values[known, None])
    apart = apart[:, np.isfinite(apart).all(axis=0)]
    if not apart.size:
        return [UNDEFINED] * len(values)
    # By the draws' own spread: of an estimate that varies by rounding alone, both are rounding.
    spreads = np.sqrt(np.square(apart).mean(axis=1))
    ratios = apart[spreads > 0] / spreads[spreads > 0, None]
    factor = float(np.quantile(ratios.max(axis=0, initial=0.0), confidence, method="weibull"))
    half = np.full(len(values), np.nan)
    half[known] = factor * spreads
    return [(float(value - by), float(value + by)) for value, by in zip(values, half, strict=True)]
