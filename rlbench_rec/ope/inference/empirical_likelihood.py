"""Empirical-likelihood intervals: all values that a slight reweighting of the rows makes true are kept."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ...tolerances import ROUNDING
from ..data.bounds import known_range, single_step
from .joint_resamples import Limits, MeasuredSample
from .value_ranges import Terms, bounded_terms


def cressie_read(sample: MeasuredSample) -> list[Limits]:
    """Karampatziakis, Langford and Mineiro 2020, with the Cressie-Read divergence of power -2, which has a closed form.

    Shares q_i of the rows are sought that are close to 1 / n, sum_i (n q_i - 1)^2 <= F quantile (1 and n degrees of
    freedom), and under which the mean weight is exactly 1, as it must be; the interval is the range of sum_i q_i x_i.
    Where weights explain the terms it is narrower than others, like a control variate without a model. One row that was
    not seen is added to the n: weight 0 or the largest there is, with the worst term it could have. It makes the
    interval cautious where the known bounds are far beyond what was seen. Right in large samples, not at any size. It
    covers the true value, not the estimate: an `ips` whose mean weight is far from 1 may lie outside."""
    from scipy.special import stdtrit

    limits = []
    for terms in bounded_terms(sample):
        n = terms.log.n_episodes
        if n < 2:
            limits.append(terms.of_value)
            continue
        # The square of Student's t with n degrees of freedom is F with 1 and n.
        quantile = float(stdtrit(n, sample.inference.levels[1])) ** 2
        unseen, weights, values = _unseen(terms), _weights(terms), terms.values
        low = min(_ends(weights, values, [(w, x) for w, x, _ in unseen], quantile, -1))
        high = max(_ends(weights, values, [(w, x) for w, _, x in unseen], quantile, 1))
        limits.append(terms.within(low, high))
    return limits


def _weights(terms: Terms) -> np.ndarray | None:
    """(episodes,) weights whose mean is 1; None where the terms have none, or none that is bounded."""
    if terms.log.weight_bound is None or terms.estimator.id in ("on-policy", "dm"):
        return None
    weights = terms.log.final_weights
    # Weights that are all 1 but for rounding explain nothing: any row that was not seen has one of 1 as well.
    return None if np.abs(weights - 1.0).max() <= ROUNDING else weights


def _unseen(terms: Terms) -> list[tuple[float, float, float]]:
    """(weight, smallest term, largest term) of rows that might have been."""
    log, extremes = terms.log, (terms.low, terms.high)
    if _weights(terms) is None:
        return [(1.0, *extremes)]
    # Terms without a known bound have no such weights.
    assert log.weight_bound is not None
    # A last weight of 0 says nothing of the steps before, which count in all but tis.
    if not single_step(log) and terms.estimator.id != "tis":
        without_weight = extremes
    else:
        without_weight = known_range(log, terms.metric) if terms.estimator.needs_q else (0.0, 0.0)
    return [(0.0, *without_weight), (log.weight_bound, *extremes)]


@dataclass(frozen=True)
class _Solution:
    """Of n rows and one unseen: the divergence that a mean weight of 1 alone costs, the value it leads to, and the
    variance of the terms that weights do not explain."""

    cost: float
    value: float
    variance: float


def _solution(weights: np.ndarray | None, values: np.ndarray, unseen: tuple[float, float]) -> _Solution:
    n = len(values) + 1
    # About the seen rows' means, so that nothing large is subtracted from anything large.
    centre = values.mean()
    x, x0 = values - centre, unseen[1] - centre
    mean_x = x0 / n
    var_x = (x @ x + x0 * x0) / n - mean_x**2
    if weights is None:
        return _Solution(0.0, centre + mean_x, max(var_x, 0.0))
    centre_w = weights.mean()
    w, w0 = weights - centre_w, unseen[0] - centre_w
    mean_w = w0 / n
    var_w = (w @ w + w0 * w0) / n - mean_w**2
    both = (w @ x + w0 * x0) / n - mean_w * mean_x
    if var_w <= 0:
        # No shares of weights that are all alike have another mean than theirs.
        return _Solution(0.0 if centre_w == 1.0 else math.inf, centre + mean_x, max(var_x, 0.0))
    short = 1.0 - centre_w - mean_w
    slope = both / var_w
    return _Solution(n * short**2 / var_w, centre + mean_x + slope * short, max(var_x - slope * both, 0.0))


def _ends(
    weights: np.ndarray | None, values: np.ndarray, unseen: list[tuple[float, float]], quantile: float, sign: int
) -> list[float]:
    """One end of the interval for each unseen row under which a mean weight of 1 is not refuted by itself."""
    solutions = [_solution(weights, values, row) for row in unseen]
    least, n = min(solution.cost for solution in solutions), len(values) + 1
    slacks = ((solution, quantile + least - solution.cost) for solution in solutions)
    return [
        solution.value + sign * math.sqrt(slack * solution.variance / n) for solution, slack in slacks if slack >= 0
    ]
