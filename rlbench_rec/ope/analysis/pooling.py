"""Several logs of one shop: each estimate weighted by its precision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import reduce

import numpy as np

from ...errors import InputError
from ..data.evaluation_log import EvaluationLog
from ..estimate import Estimate
from ..estimators import Estimator, Outcome, estimator, valued
from ..inference import UNDEFINED, Inference, Interval, MeasuredSample, percentiles
from ..inference.influence import LogParts, Measured, measure
from ..reliability.diagnostics import LogTraits, effective_users, qualified, uncovered, verdict_on, worst
from ..reliability.effective_sizes import events_of, spread_of_sizes
from ..reliability.gate import Gate, Verdict, judge_skewness, judge_users
from ..reliability.log_overlap import LogOverlap
from ..reliability.weight_sums import WeightSums
from .subsets import subset

FOLDS = 2
POOLED_INTERVALS = ("bootstrap", "normal", "none")


def estimate_weighted(
    logs: Mapping[str, EvaluationLog],
    name: str | Estimator = "ips",
    *,
    metric: Outcome = None,
    interval: Interval = "bootstrap",
    confidence: float = 0.95,
    n_resamples: int = 2_000,
    seed: int = 0,
    gate: Gate | None = None,
) -> Estimate:
    """Several logs of the same shop under different behaviour policies, each estimate weighted by its precision.

    sum_k x_k V_k with x_k proportional to 1 / s_k^2, s_k the standard error on log k alone: Agarwal et al. 2017. It
    needs no policy's propensities of another's actions; where these are known, `mixture_log` is the better choice.
    A log without purchases has a small value *and* a small standard error, so shares taken from the rows they weigh
    would pull the estimate down; here each half of a log is weighted by the standard errors of the other halves, so
    that an unbiased V_k stays unbiased. The interval takes the shares as given.

    Args:
        logs: by name; each with its own propensities, and at least four episodes (or users).
        name: the estimator.
        metric: what is valued in place of the reward; see `ope.estimate`.
        interval: `bootstrap` (within each log), `normal` or `none`.
        confidence, n_resamples, seed, gate: as in `ope.estimate`.

    Raises:
        InputError: fewer than two logs, one that is too small or has strata, one on which the estimator is
            not defined, or an interval of another kind.
    """
    if len(logs) < 2:
        raise InputError(f"{len(logs)} logs; two are needed.", where="logs", hint="Use ope.estimate.")
    if interval not in POOLED_INTERVALS:
        raise InputError(f"'{interval}' is not made for several logs.", where="interval", hint="Use bootstrap.")
    inference = Inference(interval, confidence, n_resamples, seed, gate or Gate())
    of_value = estimator(name) if metric is None else valued(estimator(name), metric)
    halves = [_halves(label, log) for label, log in logs.items()]
    samples = [[_sample(half, of_value, inference) for half in pair] for pair in halves]
    for label, pair in zip(logs, samples, strict=True):
        if not all(np.isfinite(half.measured[0].value) for half in pair):
            raise InputError(f"'{of_value.label}' is not defined on half of the log.", where=str(label))
    errors = np.array([[half.measured[0].std_error for half in pair] for pair in samples])
    shares = np.stack([_precisions(errors[:, fold]) for fold in reversed(range(FOLDS))], axis=1) / FOLDS
    measured = [half.measured[0] for pair in samples for half in pair]
    value = float(shares.ravel() @ [half.value for half in measured])
    error = float(np.sqrt(shares.ravel() ** 2 @ np.square([half.std_error for half in measured])))
    limits = _limits(inference, value, error, [half for pair in samples for half in pair], shares)
    of_logs = shares.sum(axis=1)
    skewness = _skewness(measured, shares)
    verdict, reasons = _verdict(of_value, list(logs.values()), of_logs, skewness, value, inference.gate)
    first = next(iter(logs.values()))
    terms = " ".join(f"{share:.2f} {label}" for share, label in zip(of_logs, logs, strict=True))
    traits = _traits(list(logs.values()))
    return Estimate(
        f"weighted-{of_value.reported(first.bandwidth)}({terms})",
        value,
        *limits,
        interval=interval,
        interval_kind="sampling-only" if uncovered(of_value, traits) else "sampling",
        confidence=confidence,
        std_error=error,
        n_rows=sum(log.n_rows for log in logs.values()),
        n_episodes=sum(log.n_episodes for log in logs.values()),
        verdict=verdict,
        reasons=reasons,
        propensity_source=traits.propensity_source,
    )


def _halves(label: str, log: EvaluationLog) -> list[EvaluationLog]:
    """By every other episode, or user."""
    units = np.arange(log.n_episodes) if log.clusters is None else log.clusters
    if log.strata is not None or units.max() < 3:
        what = "It has strata." if log.strata is not None else "Fewer than four episodes or users."
        raise InputError(what, where=str(label))
    return [subset(log, units % FOLDS == fold) for fold in range(FOLDS)]


def _sample(log: EvaluationLog, of_value: Estimator, inference: Inference) -> MeasuredSample:
    parts = LogParts(log, [of_value])
    with np.errstate(over="ignore", invalid="ignore"):
        return MeasuredSample(parts, measure(parts), inference)


def _precisions(errors: np.ndarray) -> np.ndarray:
    """(k,) shares that sum to 1, proportional to 1 / error^2; spread over those without any error, where there are."""
    certain = errors == 0
    raw = certain * 1.0 if certain.any() else errors**-2.0
    return raw / raw.sum()


def _limits(
    inference: Inference, value: float, error: float, halves: list[MeasuredSample], shares: np.ndarray
) -> tuple[float, float]:
    if inference.interval == "none":
        return UNDEFINED
    if inference.interval == "normal":
        from scipy.special import stdtrit

        half_width = error * float(stdtrit(sum(half.units for half in halves) - 1, inference.levels[1]))
        return value - half_width, value + half_width
    seeds = np.random.SeedSequence(inference.seed).generate_state(len(halves)).tolist()
    # The logs are independent of one another, and must be drawn so.
    drawn = [replace(half, inference=replace(inference, seed=seed)) for half, seed in zip(halves, seeds, strict=True)]
    return percentiles(shares.ravel() @ np.array([half.draws[0] for half in drawn]), inference.confidence)


def _skewness(halves: list[Measured], shares: np.ndarray) -> float:
    """That of a sum of independent estimates, each with its share."""
    spread = shares.ravel() * [half.std_error for half in halves]
    variance = float((spread**2).sum())
    return float(spread**3 @ [half.skewness for half in halves]) / variance**1.5 if variance > 0 else 0.0


def _verdict(
    of_value: Estimator, logs: list[EvaluationLog], shares: np.ndarray, skewness: float, value: float, gate: Gate
) -> Verdict:
    """On the weights as they enter the sum: a row of log k counts x_k / N_k times, so that w has mean 1. The mean
    weight of each log by itself must be 1 too."""
    judged = []
    for outcome in (None,) if of_value.outcomes is None else of_value.outcomes:
        by_log = [LogOverlap(log, outcome) for log in logs]
        sizes = spread_of_sizes(events_of(np.concatenate([log.outcome(outcome) for log in logs])).sizes)
        for kind in of_value.kinds:
            sums = [of_log.sums(kind) for of_log in by_log]
            if any(len(of_log) > 1 for of_log in sums):
                raise InputError(f"'{of_value.id}' is judged by position.", where="name", hint="Use ips or snips.")
            scaled = [
                of_log[0].times(share / log.total_weight) for of_log, share, log in zip(sums, shares, logs, strict=True)
            ]
            whole = reduce(WeightSums.merged, scaled)
            furthest = max((of_log[0].mean_weight_z for of_log in sums), key=abs)
            judged.append(
                verdict_on([replace(whole.overlap(sizes), mean_weight_z=furthest)], gate, kind, of_value.kinds)
            )
    verdict = qualified(of_value, value, judge_skewness(worst(judged), skewness, gate), _traits(logs))
    users = [effective_users(log) for log in logs]
    known = [number for number in users if number is not None]
    return judge_users(verdict, sum(known) if len(known) == len(users) else None, gate)


def _traits(logs: list[EvaluationLog]) -> LogTraits:
    """Those of all logs together: what is doubtful of one is of the sum."""
    traits = [LogTraits.of(log) for log in logs]
    sources = [of_log.propensity_source for of_log in traits]
    return LogTraits(
        traits[0].bandwidth,
        next((source for source in ("estimated", "service") if source in sources), "logged"),
        uneven=any(of_log.uneven for of_log in traits),
        unknown_error=any(of_log.unknown_error for of_log in traits),
    )
