"""The known ranges of a log's rewards, weights and lengths, on which finite-sample intervals rest."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from typing import TYPE_CHECKING

import numpy as np

from ...errors import InputError
from ...tolerances import ROUNDING
from . import checks

if TYPE_CHECKING:
    from .evaluation_log import EvaluationLog

Range = tuple[float, float]


def checked_reward_range(log: EvaluationLog) -> Range | None:
    """`reward_range` as floats.

    Raises:
        InputError: it is not a range, or a reward lies outside it: names the first such row.
    """
    return _range("reward_range", log.reward_range, "rewards", log.rewards)


def checked_metric_ranges(log: EvaluationLog) -> tuple[Range | None, ...] | None:
    """`metric_ranges` as floats.

    Raises:
        InputError: not one range, or None, for each metric, or a metric lies outside its range: names the first row.
    """
    ranges = log.metric_ranges
    if ranges is None:
        return None
    columns = [] if log.metrics is None else list(log.metrics.T)
    if not isinstance(ranges, Sequence) or len(ranges) != len(columns):
        what = f"{ranges!r} is not a list of a range (or None) for each of {len(columns)} metrics."
        raise InputError(what, where="metric_ranges")
    pairs = enumerate(zip(ranges, columns, strict=True))
    return tuple(_range("metric_ranges", known, f"metrics (column {at})", column) for at, (known, column) in pairs)


def check_bounds(log: EvaluationLog) -> None:
    """Refuse a `step_bound` or a `weight_bound` that is not a number, or that the log itself breaks.

    Raises:
        InputError: names the first row, or episode, that breaks it.
    """
    if log.step_bound is not None:
        if not isinstance(log.step_bound, Integral) or log.step_bound < 1:
            what = f"step_bound is {log.step_bound!r}; a whole number from 1 up is needed."
            raise InputError(what, where="step_bound")
        if log.horizon > log.step_bound:
            longest = int(np.argmax(log.lengths))
            raise InputError(f"Episode {longest} has {log.horizon} rows, not {log.step_bound}.", where="step_bound")
    if log.weight_bound is not None:
        bound = checks.real(log.weight_bound)
        if not bound > 0:
            raise InputError(f"weight_bound is {log.weight_bound!r}; it must be positive.", where="weight_bound")
        above = ~(log.importance_weights <= bound * (1 + ROUNDING))
        checks.refuse("weight_bound", above, f"weights above {bound:g}", log.importance_weights)


def single_step(log: EvaluationLog) -> bool:
    """Whether episodes are known to have one step. That no episode of the log has two does not prove it."""
    return log.episode_starts is None or log.step_bound == 1


def known_range(log: EvaluationLog, metric: int | None = None) -> Range:
    """The known range of a reward, or of a metric.

    Raises:
        InputError: it is not known.
    """
    if metric is None:
        what, where = "A finite-sample interval needs the known range of a reward.", "reward_range"
        hint = "Give reward_range=(smallest possible reward, largest possible one)."
        known = log.reward_range
    else:
        log.outcome(metric)
        what = f"A finite-sample interval of metric {metric} needs its known range; reward_range is that of the reward."
        hint, where = "Give a (smallest, largest) for each metric.", "metric_ranges"
        known = None if log.metric_ranges is None else log.metric_ranges[metric]
    if known is None or not np.isfinite(known).all():
        raise InputError(what, where=where, hint=hint)
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
    """The range of sum_t gamma^t r_t from step `since` on. An episode may end at any step; rewards are then 0."""
    low, high = one_reward
    if single_step(log):
        return low, high
    longest = discounted_steps(log, since)
    return min(0.0, low) * longest, max(0.0, high) * longest


def _range(name: str, limits: object, column: str, values: np.ndarray) -> Range | None:
    known = checks.optional_bounds(name, limits)
    if known is not None:
        low, high = known
        checks.refuse(column, (values < low) | (values > high), f"outside {name} ({low:g}, {high:g})", values)
    return known
