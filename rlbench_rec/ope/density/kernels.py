"""Continuous actions (prices, bids): densities in place of probabilities, a kernel in place of an exact match."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Unpack

import numpy as np

from ...errors import InputError, UnknownNameError
from ..data import checks
from ..data.evaluation_log import EvaluationLog
from ..data.log_fields import LoggedFields
from ..estimators import Estimator, estimator
from ..inference.influence import LogParts, measure
from ..inference.slope import least_contradicted
from ..reliability.weight_sums import Magnitudes

FEWEST_MATCHES = 20.0
"""Effective sample size below which a bandwidth's standard error is a guess, and SLOPE leaves it out."""
HALF_WIDTH = 1.0
"""In standard errors. On eight simulated shops (other seeds than it was set on) the error of the chosen bandwidth was
1.5 to 1.9 times that of the best fixed one; with the two of `slope`, 2.4 to 3.4 times, by kernels too wide."""
GRID_SIZE = 10


def density_log(
    rewards: np.ndarray, densities: np.ndarray, target_densities: np.ndarray, **fields: Unpack[LoggedFields]
) -> EvaluationLog:
    """An EvaluationLog of continuous actions under two stochastic policies; weights are ratios of densities.

    Densities may exceed 1 and have no odds, so `ope.analysis.sensitivity` is refused on such a log.

    Args:
        rewards: (n,).
        densities: (n,) behaviour policy's density at the logged action, above 0.
        target_densities: (n,) target policy's, at least 0.
        fields: further fields of EvaluationLog.

    Raises:
        InputError: as EvaluationLog; a density that is not positive, with its row.
    """
    densities, target = _densities(densities), checks.vector("target_densities", target_densities)
    checks.chances("target_densities", target, np.inf)
    return EvaluationLog(rewards, densities, target, bandwidth=0.0, **fields)


def kernel_log(
    rewards: np.ndarray,
    actions: np.ndarray,
    densities: np.ndarray,
    target_actions: np.ndarray,
    bandwidth: float | str = "slope",
    *,
    kernel: str = "epanechnikov",
    bounds: tuple[float | None, float | None] = (None, None),
    grid: Sequence[float] | None = None,
    slope_for: str | Estimator = "snips",
    **fields: Unpack[LoggedFields],
) -> EvaluationLog:
    """An EvaluationLog of a policy that sets one price (or bid) per context: rows count by how near the logged one is.

        w = K((a - pi(x)) / h) / (h f(a|x)),   K a kernel, h the bandwidth, f the behaviour policy's density

    Then `ips`, `snips`, `dr` and all else work as on any log (Kallus and Zhou 2018); for `dr` q_logged is the model at
    the logged action, v_target at the target action. What is estimated without bias is the value of a policy that
    sets pi(x) with the kernel's noise; its distance from pi's own value is of order h^2 and no interval covers it, so
    estimates are `sampling-only` and carry the bandwidth in their names: `kernel0.3-snips`.

    Near a bound of the actions a part of the kernel would lie where nothing is ever logged: it is cut off and the rest
    divided by what is left, so that the mean weight stays 1. The bias there is of order h.

    Args:
        rewards: (n,).
        actions: (n,) logged actions.
        densities: (n,) behaviour policy's density at the logged action, above 0.
        target_actions: (n,) what the target policy would have done.
        bandwidth: h > 0, in units of the action, or "slope": the widest that the narrower ones do not contradict, with
            half widths of one standard error.
        kernel: `epanechnikov`, `triangular`, `uniform` or `gaussian`.
        bounds: smallest and largest action there is; None: there is none.
        grid: bandwidths to choose from; None: ten from a hundredth to a half of the range between the bounds, or where
            one is missing of 10/9 of the range that holds the middle 90 % of the actions: that of uniform ones, and of
            bids with a heavy tail still the range in which something happens.
        slope_for: the estimator whose values decide.
        fields: further fields of EvaluationLog.

    Raises:
        UnknownNameError: no such kernel.
        InputError: as EvaluationLog; an action outside the bounds, a density that is not positive, with its row.
    """
    if kernel not in KERNELS:
        raise UnknownNameError("kernel", kernel, KERNELS)
    actions, target = checks.vector("actions", actions), checks.vector("target_actions", target_actions)
    densities, (low, high) = _densities(densities), _limits(bounds)
    for name, column in (("actions", actions), ("target_actions", target)):
        checks.refuse(name, (column < low) | (column > high), f"outside bounds ({low:g}, {high:g})", column)
        if len(column) != len(densities):
            raise InputError(f"{len(column)} entries for {len(densities)} densities.", where=name)
    density, cumulative = KERNELS[kernel]

    def log_of(width: float) -> EvaluationLog:
        inside = cumulative((high - target) / width) - cumulative((low - target) / width)
        weights = density((actions - target) / width) / (width * inside)
        return EvaluationLog(rewards, densities, weights, bandwidth=width, **fields)

    if bandwidth == "slope":
        return _slope(log_of, _grid(actions, low, high) if grid is None else grid, estimator(slope_for))
    if isinstance(bandwidth, str) or not 0.0 < bandwidth < np.inf:
        raise InputError(f"bandwidth is {bandwidth!r}; it must be above 0, or 'slope'.", where="bandwidth")
    return log_of(float(bandwidth))


def _slope(
    log_of: Callable[[float], EvaluationLog], grid: Sequence[float] | np.ndarray, decisive: Estimator
) -> EvaluationLog:
    widths = np.unique(np.asarray(grid, dtype=np.float64))
    if not len(widths) or not 0.0 < widths[0] <= widths[-1] < np.inf:
        raise InputError("Bandwidths above 0 are needed.", where="grid")
    logs = [log_of(float(width)) for width in widths]
    usable = [log for log in logs if Magnitudes.of(log.importance_weights).effective_number >= FEWEST_MATCHES]
    if not usable:
        return logs[-1]
    # Far out in the tail of the logged bids a weight may be too large for a float; the estimate is then not finite.
    with np.errstate(over="ignore", invalid="ignore"):
        measured = [measure(LogParts(log, [decisive]))[0] for log in usable]
    return usable[least_contradicted([x.value for x in measured], [x.std_error for x in measured], HALF_WIDTH)]


def _densities(values: np.ndarray) -> np.ndarray:
    column = checks.vector("densities", values)
    checks.chances("densities", column, np.inf, positive=True)
    return column


def _limits(bounds: tuple[float | None, float | None]) -> tuple[float, float]:
    """The bounds, infinite where there is none."""
    least, most = checks.pair("bounds", bounds)
    low, high = checks.bounds("bounds", (-np.inf if least is None else least, np.inf if most is None else most))
    if low == high:
        raise InputError(f"{low:g} is the only action.", where="bounds")
    return low, high


def _grid(actions: np.ndarray, low: float, high: float) -> np.ndarray:
    width = high - low
    if not np.isfinite(width):
        width = float(np.diff(np.quantile(actions, (0.05, 0.95)))[0]) / 0.9
    if width <= 0:
        hint = "Give bandwidth= or grid=."
        raise InputError("Nearly all actions are the same.", where="actions", hint=hint)
    # Three digits, so that the name of a result holds the whole value.
    return np.array([float(f"{value:.3g}") for value in width * np.geomspace(0.01, 0.5, GRID_SIZE)])


def _gaussian(u: np.ndarray) -> np.ndarray:
    return np.exp(-0.5 * u**2) / np.sqrt(2 * np.pi)


def _gaussian_cumulative(u: np.ndarray) -> np.ndarray:
    from scipy.special import ndtr

    return ndtr(u)


def _within(u: np.ndarray) -> np.ndarray:
    return np.clip(u, -1.0, 1.0)


Kernel = tuple[Callable[[np.ndarray], np.ndarray], Callable[[np.ndarray], np.ndarray]]
KERNELS: dict[str, Kernel] = {
    "epanechnikov": (
        lambda u: 0.75 * (1 - _within(u) ** 2),
        lambda u: 0.5 + 0.75 * _within(u) - 0.25 * _within(u) ** 3,
    ),
    "triangular": (
        lambda u: 1 - np.abs(_within(u)),
        lambda u: 0.5 + _within(u) - 0.5 * _within(u) * np.abs(_within(u)),
    ),
    "uniform": (lambda u: 0.5 * (np.abs(u) <= 1), lambda u: 0.5 + 0.5 * _within(u)),
    "gaussian": (_gaussian, _gaussian_cumulative),
}
"""Density and distribution function of each kernel."""
