"""Estimates with intervals and verdicts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from ..arguments import expect
from ..errors import InputError
from .data.evaluation_log import EvaluationLog
from .estimators import Estimator, Outcome, estimator, refuse_one_name, valued
from .estimators.magic import Blended
from .inference.inference_options import Inference, Interval
from .inference.influence import LogParts, Measured, measure
from .inference.interval_kinds import FROM_THE_LOG, INTERVALS, STRATIFIED
from .inference.joint_resamples import Limits, MeasuredSample
from .reliability.diagnostics import LogTraits, Verdicts, uncovered
from .reliability.gate import Gate, Verdict


@dataclass(frozen=True)
class Estimate:
    """An estimate of a policy's value, and how far to believe it.

    Attributes:
        estimator: id with parameters: `snips`, `ips-clip10`.
        value: the estimate; NaN where the log does not define one, with the reason.
        ci_low, ci_high: the interval; NaN where none was asked for.
        interval: how the interval was made.
        interval_kind: `sampling`, or `sampling-only` where the error has a part that no interval covers: an estimator's
            bias, a kernel's, or that of estimated propensities.
        confidence: level of the interval.
        std_error: delta-method standard error, clustered by user where the log knows users.
        n_rows, n_episodes: size of the log.
        verdict: `trusted`, `weak` or `unreliable`.
        reasons: why the verdict is not a better one.
        propensity_source: where the propensities came from.
        chosen: what the estimator chose from the log beyond its name: `magic`'s shares.
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
    chosen: dict[str, float] = field(default_factory=dict)

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
    metric: Outcome = None,
    gate: Gate | None = None,
    **parameters: float,
) -> Estimate:
    """Estimate a policy's value; an estimator's parameters are keywords: `estimate(log, "switch-dr", threshold=10)`.

    Args:
        log: the logged decisions.
        name: estimator id or alias, or one made by `ope.estimator`.
        interval: over episodes, or over users where the log has clusters: percentile `bootstrap`, `bca`, `studentised`
            bootstrap, Student's t (`normal`); from known ranges of rewards and weights: `hoeffding`, `bernstein`,
            `betting`, `betting-sequence`, `cressie-read`; `simultaneous`, bands of several estimates that all hold at
            once; or `none`.
        confidence: in (0, 1).
        n_resamples: bootstrap resamples.
        seed: of the bootstrap.
        metric: a column of `log.metrics` to value in place of the reward, or a pair (a, b) for the ratio V_a / V_b of
            two outcomes, None being the reward: (None, 0) is the reward per unit of the first metric.
        gate: thresholds of the verdict.

    Raises:
        UnknownNameError: no such estimator or interval.
        InputError: a parameter is missing or out of range, or the log lacks what the estimator or the interval needs.
    """
    inference = Inference(interval, confidence, n_resamples, seed, gate or Gate())
    return infer(log, [estimator(name, **parameters)], inference, metric)[0]


def estimate_all(
    log: EvaluationLog,
    names: Sequence[str | Estimator],
    *,
    interval: Interval = "bootstrap",
    confidence: float = 0.95,
    n_resamples: int = 2_000,
    seed: int = 0,
    metric: Outcome = None,
    gate: Gate | None = None,
) -> list[Estimate]:
    """Several estimates in one pass over the weights; the bootstrap resamples the same episodes for all of them."""
    refuse_one_name(names, "names")
    inference = Inference(interval, confidence, n_resamples, seed, gate or Gate())
    return infer(log, [estimator(name) for name in names], inference, metric)


def infer(
    log: EvaluationLog, estimators: Sequence[Estimator], inference: Inference, metric: Outcome = None
) -> list[Estimate]:
    """Estimates, intervals and verdicts of several estimators; what `estimate_all` does once its options are read."""
    expect(log, EvaluationLog, "log")
    if not estimators:
        return []
    if isinstance(metric, tuple):
        estimators, metric = [valued(member, metric) for member in estimators], None
    _check_interval(log, estimators, inference.interval)
    parts = LogParts(log, estimators, metric)
    with np.errstate(over="ignore", invalid="ignore"):
        measured = measure(parts)
        limits = INTERVALS[inference.interval](MeasuredSample(parts, measured, inference))
    verdicts = Verdicts(log, inference.gate, metric)
    pairs = zip(estimators, measured, strict=True)
    judged = [verdicts.of(member, on_log.value, on_log.skewness, on_log.std_error) for member, on_log in pairs]
    rows = zip(estimators, measured, limits, judged, strict=True)
    return [reported(log, inference, *row) for row in rows]


def _check_interval(log: EvaluationLog, estimators: Sequence[Estimator], interval: Interval) -> None:
    """Refuse a kind of interval that is not made for the estimators, or for the log."""
    if interval not in FROM_THE_LOG and any(member.outcomes is not None for member in estimators):
        what = f"'{interval}' needs the known range of what it covers, and a lift or a ratio has none."
        alone = "Of its outcomes one by one it can be had, each with half the error: confidence=0.975 for 95 % of both."
        raise InputError(what, where="interval", hint=f"Use {', '.join(FROM_THE_LOG)}. {alone}")
    if log.strata is not None and interval not in STRATIFIED:
        what = f"'{interval}' assumes that all episodes are drawn alike, not by strata."
        raise InputError(what, where="interval", hint=f"Use {', '.join(STRATIFIED)}.")


def reported(
    log: EvaluationLog, inference: Inference, member: Estimator, measured: Measured, limits: Limits, verdict: Verdict
) -> Estimate:
    """The result for an estimator, from what was measured of it on a log."""
    return Estimate(
        member.reported(log.bandwidth),
        measured.value,
        *limits,
        interval=inference.interval,
        interval_kind="sampling-only" if uncovered(member, LogTraits.of(log)) else "sampling",
        confidence=inference.confidence,
        std_error=measured.std_error,
        n_rows=log.n_rows,
        n_episodes=log.n_episodes,
        verdict=verdict[0],
        reasons=verdict[1],
        propensity_source=log.propensity_source,
        chosen={
            name: share for part in measured.parts if isinstance(part, Blended) for name, share in part.chosen.items()
        },
    )
