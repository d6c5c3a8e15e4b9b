"""Estimates with intervals and verdicts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import numpy as np

from ..errors import InputError, UnknownNameError
from .data.evaluation_log import EvaluationLog
from .estimators import Estimator, Outcome, estimator, valued
from .estimators.functionals import Part
from .estimators.magic import Blended
from .inference import INTERVALS, Sample, simultaneous
from .inference.influence import Pieces, measure
from .reliability.diagnostics import Verdicts, uncovered
from .reliability.gate import Gate

Interval = Literal[
    "bootstrap",
    "bca",
    "studentised",
    "normal",
    "hoeffding",
    "bernstein",
    "betting",
    "betting-sequence",
    "cressie-read",
    "simultaneous",
    "none",
]
KINDS = INTERVALS | {"simultaneous": simultaneous}
"""Of each estimate by itself, and of all at once."""
FROM_THE_LOG = ("bootstrap", "bca", "studentised", "normal", "simultaneous", "none")
"""Kinds that need no known range of the reward."""
STRATIFIED = ("bootstrap", "normal", "simultaneous", "none")
"""Kinds that know of parts of fixed size."""


@dataclass(frozen=True)
class Estimate:
    """What an estimator says of a policy's value, and how far to believe it.

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
    metric: Outcome = None,
    gate: Gate | None = None,
) -> list[Estimate]:
    """Several estimates in one pass over the weights; the bootstrap resamples the same episodes for all of them."""
    if interval not in KINDS:
        raise UnknownNameError("interval", interval, KINDS)
    chosen = [estimator(name) for name in names]
    if not chosen:
        return []
    if isinstance(metric, tuple):
        chosen, metric = [valued(one, metric) for one in chosen], None
    if interval not in FROM_THE_LOG and any(one.outcomes is not None for one in chosen):
        hint = "Ask for the outcomes one by one, each with half the error: confidence=0.975 for 95 % of both."
        raise InputError(f"'{interval}' has no known range of a ratio.", where="metric", hint=hint)
    if log.strata is not None and interval not in STRATIFIED:
        what = f"'{interval}' takes all episodes for drawn alike, not by strata."
        raise InputError(what, where="interval", hint=f"Use {', '.join(STRATIFIED)}.")
    pieces = Pieces(log, chosen, metric)
    with np.errstate(over="ignore", invalid="ignore"):
        measured = measure(pieces)
        limits = KINDS[interval](Sample(pieces, measured, confidence, n_resamples, seed))
    verdicts = Verdicts(log, gate or Gate(), metric)
    judged = [verdicts.of(one, found.value, found.skewness) for one, found in zip(chosen, measured, strict=True)]
    return [
        Estimate(
            one.reported(log.bandwidth),
            found.value,
            *limit,
            interval=interval,
            interval_kind="sampling-only" if uncovered(one, log.bandwidth, log.propensity_source) else "sampling",
            confidence=confidence,
            std_error=found.std_error,
            n_rows=log.n_rows,
            n_episodes=log.n_episodes,
            verdict=verdict,
            reasons=reasons,
            propensity_source=log.propensity_source,
            chosen={
                key: share for part in found.parts if isinstance(part, Blended) for key, share in part.chosen.items()
            },
        )
        for one, found, limit, (verdict, reasons) in zip(chosen, measured, limits, judged, strict=True)
    ]


def _shares_chosen(parts: Sequence[Part]) -> dict[str, float]:
    """What `magic` chose from the log; nothing for other estimators."""
    return {name: share for part in parts if isinstance(part, Blended) for name, share in part.chosen.items()}
