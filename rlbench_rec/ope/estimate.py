"""Estimates with intervals and verdicts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from ..errors import InputError, UnknownNameError
from .bootstrap import resampled_means
from .diagnostics import Diagnostics, diagnose, effective_events, overlap
from .estimators import Estimator, estimator
from .gate import Gate, judge
from .log import EvaluationLog
from .parts import Part

Interval = Literal["bootstrap", "normal", "none"]
INTERVALS = ("bootstrap", "normal", "none")


@dataclass(frozen=True)
class Estimate:
    """What an estimator says of a policy's value, and how far to believe it.

    Attributes:
        estimator: id with parameters: `snips`, `ips-clip10`.
        value: the estimate; NaN where the log does not define one, with the reason.
        ci_low, ci_high: the interval; NaN where none was asked for.
        interval: how the interval was made: `bootstrap`, `normal` or `none`.
        interval_kind: `sampling`, or `sampling-only` where the estimator has a bias that no interval covers.
        confidence: level of the interval.
        std_error: delta-method standard error, clustered by user where the log knows users.
        n_rows, n_episodes: size of the log.
        verdict: `trusted`, `weak` or `unreliable`.
        reasons: why the verdict is not a better one.
        propensity_source: where the propensities came from.
    """

    estimator: str
    value: float
    ci_low: float
    ci_high: float
    interval: str
    interval_kind: str
    confidence: float
    std_error: float
    n_rows: int
    n_episodes: int
    verdict: str
    reasons: tuple[str, ...]
    propensity_source: str = "logged"

    def to_dict(self) -> dict[str, Any]:
        """Plain Python values."""
        return asdict(self)


def estimate(
    log: EvaluationLog,
    name: str | Estimator,
    *,
    interval: Interval = "bootstrap",
    confidence: float = 0.95,
    n_resamples: int = 2_000,
    seed: int = 0,
    metric: int | None = None,
    gate: Gate | None = None,
    **parameters: float,
) -> Estimate:
    """Estimate a policy's value; an estimator's parameters are keywords: `estimate(log, "switch-dr", threshold=10)`.

    Args:
        log: the logged decisions.
        name: estimator id or alias, or one made by `ope.estimator`.
        interval: percentile `bootstrap` over episodes (over users where the log has clusters), Student's t
            (`normal`) or `none`.
        confidence: in (0, 1).
        n_resamples: bootstrap resamples.
        seed: of the bootstrap.
        metric: a column of `log.metrics` to value in place of the reward.
        gate: thresholds of the verdict.

    Raises:
        UnknownNameError: no such estimator or interval.
        InputError: a parameter is missing or out of range, or the log lacks what the estimator needs.
    """
    settings = {"confidence": confidence, "n_resamples": n_resamples, "seed": seed, "metric": metric, "gate": gate}
    return estimate_all(log, [estimator(name, **parameters)], interval=interval, **settings)[0]


def estimate_all(
    log: EvaluationLog,
    names: Sequence[str | Estimator],
    *,
    interval: Interval = "bootstrap",
    confidence: float = 0.95,
    n_resamples: int = 2_000,
    seed: int = 0,
    metric: int | None = None,
    gate: Gate | None = None,
) -> list[Estimate]:
    """Several estimates in one pass over the weights; the bootstrap resamples the same episodes for all of them."""
    if interval not in INTERVALS:
        raise UnknownNameError("interval", interval, INTERVALS)
    if not 0.0 < confidence < 1.0:
        raise InputError(f"confidence is {confidence}; it must lie in (0, 1).", where="confidence")
    if interval == "bootstrap" and n_resamples < 1:
        raise InputError(f"{n_resamples} resamples.", where="n_resamples")
    gate = gate or Gate()
    chosen = [estimator(name) for name in names]
    diagnostics = diagnose(log, gate)
    with np.errstate(over="ignore", invalid="ignore"):
        parts = [one.parts(log, metric) for one in chosen]
        means = [[_means(part) for part in of_one] for of_one in parts]
        values = [_value(of_one, of_means) for of_one, of_means in zip(parts, means, strict=True)]
        errors = [_std_error(log, of_one, of_means) for of_one, of_means in zip(parts, means, strict=True)]
        if interval == "bootstrap":
            limits = _bootstrap_limits(log, parts, values, confidence, n_resamples, seed)
        elif interval == "normal":
            limits = [_student_limits(log, *pair, confidence) for pair in zip(values, errors, strict=True)]
        else:
            limits = [(np.nan, np.nan)] * len(chosen)
    return [
        Estimate(
            one.label,
            value,
            *limit,
            interval=interval,
            interval_kind="sampling-only" if one.biased else "sampling",
            confidence=confidence,
            std_error=error,
            n_rows=log.n_rows,
            n_episodes=log.n_episodes,
            **_verdict(log, one, value, diagnostics, metric, gate),
            propensity_source=log.propensity_source,
        )
        for one, value, error, limit in zip(chosen, values, errors, limits, strict=True)
    ]


def _means(part: Part) -> np.ndarray:
    return np.asarray(part.columns.sum(axis=0)).ravel() / part.columns.shape[0]


def _value(parts: list[Part], means: list[np.ndarray]) -> float:
    value = float(sum(part.value(mean) for part, mean in zip(parts, means, strict=True)))
    return value if np.isfinite(value) else np.nan


def _std_error(log: EvaluationLog, parts: list[Part], means: list[np.ndarray]) -> float:
    """sqrt(sum_u psi_u^2 C / (C - 1)) / N over the C resampling units, psi the delta-method influence of a unit."""
    influence = np.zeros(log.n_episodes)
    for part, mean in zip(parts, means, strict=True):
        gradient = part.gradient(mean)
        influence += part.columns @ gradient - mean @ gradient
    if log.clusters is not None:
        influence = np.bincount(log.clusters, influence)
    units = len(influence)
    if units < 2:
        return np.nan
    return float(np.sqrt(np.square(influence).sum() * units / (units - 1)) / log.n_episodes)


def _bootstrap_limits(
    log: EvaluationLog, parts: list[list[Part]], values: list[float], confidence: float, n_resamples: int, seed: int
) -> list[tuple[float, float]]:
    flat = [part for of_one in parts for part in of_one]
    widths = [part.columns.shape[1] for part in flat]
    means = np.split(resampled_means(_stack(flat), log.clusters, n_resamples, seed), np.cumsum(widths)[:-1], axis=1)
    levels = [(1 - confidence) / 2, (1 + confidence) / 2]
    limits, at = [], 0
    for of_one, value in zip(parts, values, strict=True):
        draws = sum(part.value(means[at + i]) for i, part in enumerate(of_one))
        at += len(of_one)
        defined = draws[np.isfinite(draws)]
        # Resamples without any weight leave a ratio undefined; the others speak, unless the value itself is undefined.
        ok = np.isfinite(value) and len(defined) > 0
        limits.append(tuple(map(float, np.quantile(defined, levels))) if ok else (np.nan, np.nan))
    return limits


def _stack(parts: list[Part]) -> Any:
    if all(isinstance(part.columns, np.ndarray) for part in parts):
        return np.concatenate([part.columns for part in parts], axis=1)
    from scipy import sparse

    return sparse.hstack([sparse.csr_array(part.columns) for part in parts], format="csr")


def _student_limits(log: EvaluationLog, value: float, error: float, confidence: float) -> tuple[float, float]:
    from scipy.special import stdtrit

    units = log.n_episodes if log.clusters is None else int(log.clusters.max()) + 1
    if units < 2:
        return np.nan, np.nan
    half = float(stdtrit(units - 1, (1 + confidence) / 2)) * error
    return value - half, value + half


def _verdict(
    log: EvaluationLog, one: Estimator, value: float, diagnostics: Diagnostics, metric: int | None, gate: Gate
) -> dict[str, Any]:
    outcome = log.outcome(metric)
    if one.id == "on-policy":
        unweighted = diagnose(_unweighted(log, outcome), gate)
        return {"verdict": unweighted.verdict, "reasons": unweighted.reasons}
    if not np.isfinite(value):
        return {
            "verdict": "unreliable",
            "reasons": ("the value is not defined: all weights of a step are 0 or overflow",),
        }
    if one.events == "nothing":
        events = np.inf
    else:
        events = effective_events(log, outcome - log.q_logged if one.events == "residual" else outcome)
    verdict, reasons = judge(overlap(diagnostics, events), gate)
    if one.biased and verdict == "trusted":
        verdict, reasons = "weak", ("the estimator has a bias that its interval does not cover",)
    return {"verdict": verdict, "reasons": reasons}


def _unweighted(log: EvaluationLog, outcome: np.ndarray) -> EvaluationLog:
    ones = np.ones(log.n_rows)
    return EvaluationLog(outcome, ones, ones, episode_starts=log.episode_starts, gamma=log.gamma, clusters=log.clusters)
