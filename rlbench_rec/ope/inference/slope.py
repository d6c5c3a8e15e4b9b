"""SLOPE: a clip, threshold, shrinkage or strength chosen from the log alone. Su, Srinath and Krishnamurthy 2020."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from ...errors import InputError
from ..data.evaluation_log import EvaluationLog
from ..estimators import ESTIMATORS, Estimator, estimator
from .influence import LogParts, measure

WIDTHS = 2.0
"""Half widths in standard errors."""


def slope(
    log: EvaluationLog, name: str | Estimator, grid: Sequence[float] | None = None, *, metric: int | None = None
) -> Estimator:
    """The estimator with the most biased, least variable parameter that the less biased ones do not contradict:
    `ope.estimate(log, ope.inference.slope(log, "switch-dr"))`.

    Parameters go from the least biased to the most biased one. Chosen is the last i with
    |V_i - V_k| <= c_i + (sqrt(6) - 1) c_k for every k before it, c being two standard errors. Its error is at most a
    constant times that of the best parameter where bias grows and variance falls along the grid. The chosen value is
    part of the reported name; the interval of the estimate takes it as given.

    Args:
        log: the logged decisions.
        name: `ips-clip`, `dr-clip`, `switch-dr`, `dros`, `sg-ips` or `sg-dr`.
        grid: values to choose from; None: ten from the middle of the weights to the largest.
        metric: a column of `log.metrics` in place of the reward.

    Raises:
        InputError: an estimator without such a parameter, or an empty grid.
    """
    base = name if isinstance(name, Estimator) else ESTIMATORS[name]
    if base.required not in [(parameter,) for parameter in GRIDS]:
        raise InputError(f"'{base.id}' has no parameter that trades bias for variance.", where="name")
    (parameter,) = base.required
    choices = np.unique(GRIDS[parameter](log) if grid is None else np.asarray(grid, dtype=np.float64))
    if not len(choices):
        raise InputError("No values to choose from.", where="grid")
    # A larger clip, threshold or shrinkage lets more weight through; a larger strength less.
    ordered = choices if parameter == "strength" else choices[::-1]
    candidates = [estimator(base, **{parameter: float(value)}) for value in ordered]
    measured = measure(LogParts(log, candidates, metric))
    values = [candidate.value for candidate in measured]
    return candidates[least_contradicted(values, [candidate.std_error for candidate in measured])]


def least_contradicted(values: Sequence[float], std_errors: Sequence[float], half_width: float = WIDTHS) -> int:
    """SLOPE's choice among estimates that go from the least biased to the most biased one, with half widths of so many
    standard errors; 0 if nothing is known."""
    estimates, widths = np.asarray(values), half_width * np.asarray(std_errors)
    chosen = 0
    for at in range(1, len(estimates)):
        apart = np.abs(estimates[at] - estimates[:at])
        if (apart <= widths[at] + (np.sqrt(6.0) - 1.0) * widths[:at]).all():
            chosen = at
    return chosen


def _weights(log: EvaluationLog) -> np.ndarray:
    weights = log.importance_weights[np.isfinite(log.importance_weights) & (log.importance_weights > 0)]
    if not len(weights):
        return np.ones(1)
    return np.geomspace(np.median(weights), weights.max(), 10)


GRIDS: dict[str, Callable[[EvaluationLog], np.ndarray]] = {
    "clip": _weights,
    "threshold": _weights,
    "shrinkage": lambda log: _weights(log) ** 2,
    "strength": lambda log: np.append(0.0, np.geomspace(1e-3, 1.0, 9)),
}
"""Values to choose a parameter from."""
