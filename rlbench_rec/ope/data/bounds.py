"""What is known of a log's rewards, weights and lengths beforehand: finite-sample intervals stand on it."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral, Real
from typing import TYPE_CHECKING

import numpy as np

from ...errors import InputError
from . import checks

if TYPE_CHECKING:
    from .evaluation_log import EvaluationLog

Range = tuple[float, float]


def checked_limits(log: EvaluationLog) -> dict[str, object]:
    """`reward_range` and `metric_ranges` as floats. A limit that the log itself breaks is no limit.

    Raises:
        InputError: a range or a bound of another form, or one that a row breaks: the first such row.
    """
    found = {
        "reward_range": _range("reward_range", log.reward_range, "rewards", log.rewards),
        "metric_ranges": _metric_ranges(log),
    }
    if log.step_bound is not None:
        if not isinstance(log.step_bound, Integral) or log.step_bound < 1:
            what = f"step_bound is {log.step_bound!r}; a whole number from 1 up is needed."
            raise InputError(what, where="step_bound")
        if log.horizon > log.step_bound:
            longest = int(np.argmax(log.lengths))
            raise InputError(f"Episode {longest} has {log.horizon} rows, not {log.step_bound}.", where="step_bound")
    if log.weight_bound is not None:
        if not isinstance(log.weight_bound, Real) or not log.weight_bound > 0:
            raise InputError(f"weight_bound is {log.weight_bound!r}; it must be positive.", where="weight_bound")
        # By more than rounding.
        above = ~(log.importance_weights <= log.weight_bound * (1 + 1e-9))
        checks.refuse("weight_bound", above, f"weights above {log.weight_bound:g}", log.importance_weights)
    return found


def single_step(log: EvaluationLog) -> bool:
    """Whether episodes are known to have one step. That none in the log has a second one is a sample's extreme."""
    return log.episode_starts is None or log.step_bound == 1


def known_range(log: EvaluationLog, metric: int | None = None) -> Range:
    """The known range of a reward, or of a metric.

    Raises:
        InputError: it is not known.
    """
    if metric is None:
        if not _is_finite(log.reward_range):
            hint = "Give reward_range=(smallest possible reward, largest possible one)."
            raise InputError(
                "A finite-sample interval needs the known range of a reward.", where="reward_range", hint=hint
            )
        return log.reward_range
    log.outcome(metric)
    known = None if log.metric_ranges is None else log.metric_ranges[metric]
    if not _is_finite(known):
        what = f"A finite-sample interval of metric {metric} needs its known range; reward_range is that of the reward."
        raise InputError(what, where="metric_ranges", hint="Give a (smallest, largest) for each metric.")
    return known


def discounted_steps(log: EvaluationLog, since: int = 0) -> float:
    """sum_u gamma^u over the steps from `since` on that an episode has at most: step_bound - since of them, else
    1 / (1 - gamma).

    Raises:
        InputError: neither is known.
    """
    if single_step(log):
        return 1.0
    steps = log.step_bound
    if steps is None:
        if log.gamma == 1:
            what = "Undiscounted episodes have no known longest return."
            raise InputError(
                what, where="step_bound", hint="Give step_bound=, the most steps that an episode can have."
            )
        return 1.0 / (1.0 - log.gamma)
    left = max(int(steps) - since, 0)
    return float(left) if log.gamma == 1 else (1.0 - log.gamma**left) / (1.0 - log.gamma)


def return_range(log: EvaluationLog, one_reward: Range, since: int = 0) -> Range:
    """The range of sum_t gamma^t r_t from step `since` on. An episode may end at any step, so 0 rewards may follow."""
    low, high = one_reward
    if single_step(log):
        return low, high
    longest = discounted_steps(log, since)
    return min(0.0, low) * longest, max(0.0, high) * longest


def _is_finite(known: Range | None) -> bool:
    return known is not None and bool(np.isfinite(known).all())


def _metric_ranges(log: EvaluationLog) -> tuple[Range | None, ...] | None:
    if log.metric_ranges is None:
        return None
    have = 0 if log.metrics is None else log.metrics.shape[1]
    given = log.metric_ranges
    if not isinstance(given, Sequence) or len(given) != have:
        raise InputError(
            f"{given!r} is no list of a range (or None) for each of {have} metrics.", where="metric_ranges"
        )
    return tuple(
        _range("metric_ranges", one, f"metrics (column {at})", log.metrics[:, at]) for at, one in enumerate(given)
    )


def _range(name: str, given: object, column: str, values: np.ndarray) -> Range | None:
    known = checks.bounds(name, given)
    if known is not None:
        low, high = known
        checks.refuse(column, (values < low) | (values > high), f"outside {name} ({low:g}, {high:g})", values)
    return known
