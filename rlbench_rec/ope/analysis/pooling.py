"""Several logs of one shop: each estimate weighed by its precision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import reduce

import numpy as np

from ...errors import InputError
from ..data.evaluation_log import EvaluationLog
from ..estimate import Estimate
from ..estimators import Estimator, Outcome, estimator, valued
from ..inference import UNDEFINED, Sample, percentiles
from ..inference.influence import Measured, Pieces, measure
from ..reliability.diagnostics import LogTraits, effective_users, qualified, uncovered, verdict_on, worst
from ..reliability.effective_sizes import events_of, spread_of_sizes
from ..reliability.gate import Gate, Verdict, judge_skewness, judge_users
from ..reliability.log_overlap import LogOverlap
from ..reliability.weight_sums import WeightSums
from .subsets import subset

FOLDS = 2
INTERVALS = ("bootstrap", "normal", "none")


def estimate_weighted(
    logs: Mapping[str, EvaluationLog],
    name: str | Estimator = "ips",
    *,
    metric: Outcome = None,
    interval: str = "bootstrap",
    confidence: float = 0.95,
    n_resamples: int = 2_000,
    seed: int = 0,
    gate: Gate | None = None,
) -> Estimate:
    """Several logs of the same shop under different logging policies, each estimate weighed by its precision.

    sum_k x_k V_k with x_k proportional to 1 / s_k^2, s_k the standard error on log k alone: Agarwal et al. 2017. It
    needs no policy's propensities of another's actions; where these are known, `mixture_log` is the better choice.
    A log without purchases has a small value *and* a small standard error, so shares taken from the rows they weigh
    would pull the estimate down; here each half of a log is weighed by the standard errors of the other halves, so
    that an unbiased V_k stays unbiased. The interval takes the shares as given.

    Args:
        logs: by name; each with its own propensities, and at least four episodes (or users).
        name: the estimator.
        metric: what is valued in place of the reward; see `ope.estimate`.
        interval: `bootstrap` (within each log), `normal` or `none`.
        confidence, n_resamples, seed, gate: as in `ope.estimate`.

    Raises:
        InputError: fewer than two logs, one that is too small or has strata of its own, one on which the estimator is
            not defined, or an interval of another kind.
    """
    if len(logs) < 2:
        raise InputError(f"{len(logs)} logs; two are needed.", where="logs", hint="Use ope.estimate.")
    if interval not in INTERVALS:
        raise InputError(f"'{interval}' is not made for several logs.", where="interval", hint="Use bootstrap.")
    one = estimator(name) if metric is None else valued(estimator(name), metric)
    halves = [_halves(label, log) for label, log in logs.items()]
    samples = [[_sample(half, one, confidence, n_resamples, seed) for half in pair] for pair in halves]
    for label, pair in zip(logs, samples, strict=True):
        if not all(np.isfinite(half.measured[0].value) for half in pair):
            raise InputError(f"'{one.label}' is not defined on half of the log.", where=str(label))
    errors = np.array([[half.measured[0].std_error for half in pair] for pair in samples])
    shares = np.stack([_precisions(errors[:, fold]) for fold in reversed(range(FOLDS))], axis=1) / FOLDS
    found = [half.measured[0] for pair in samples for half in pair]
    value = float(shares.ravel() @ [half.value for half in found])
    error = float(np.sqrt(shares.ravel() ** 2 @ np.square([half.std_error for half in found])))
    limits = _limits(interval, value, error, samples, shares, confidence)
    of_logs = shares.sum(axis=1)
    verdict, reasons = _verdict(one, list(logs.values()), of_logs, _skewness(found, shares), value, gate or Gate())
    first = next(iter(logs.values()))
    told = " ".join(f"{share:.2f} {label}" for share, label in zip(of_logs, logs, strict=True))
    source = "estimated" if any(log.propensity_source == "estimated" for log in logs.values()) else "logged"
    return Estimate(
        f"weighted-{one.reported(first.bandwidth)}({told})",
        value,
        *limits,
        interval=interval,
        interval_kind="sampling-only" if uncovered(one, first.bandwidth, source) else "sampling",
        confidence=confidence,
        std_error=error,
        n_rows=sum(log.n_rows for log in logs.values()),
        n_episodes=sum(log.n_episodes for log in logs.values()),
        verdict=verdict,
        reasons=reasons,
        propensity_source=source,
    )


def _halves(label: str, log: EvaluationLog) -> list[EvaluationLog]:
    """By every other episode, or user."""
    units = np.arange(log.n_episodes) if log.clusters is None else log.clusters
    if log.strata is not None or units.max() < 3:
        what = "It has strata of its own." if log.strata is not None else "Fewer than four episodes or users."
        raise InputError(what, where=str(label))
    return [subset(log, units % FOLDS == fold) for fold in range(FOLDS)]


def _sample(log: EvaluationLog, one: Estimator, confidence: float, n_resamples: int, seed: int) -> Sample:
    pieces = Pieces(log, [one])
    with np.errstate(over="ignore", invalid="ignore"):
        found = measure(pieces)
    return Sample(pieces, found, confidence, n_resamples, seed)


def _precisions(errors: np.ndarray) -> np.ndarray:
    """(k,) shares that sum to 1, proportional to 1 / error^2; spread over those without any error, where there are."""
    certain = errors == 0
    raw = certain * 1.0 if certain.any() else errors**-2.0
    return raw / raw.sum()


def _limits(
    interval: str, value: float, error: float, samples: list[list[Sample]], shares: np.ndarray, confidence: float
) -> tuple[float, float]:
    if interval == "none":
        return UNDEFINED
    if interval == "normal":
        from scipy.special import stdtrit

        half = error * float(stdtrit(sum(one.units for pair in samples for one in pair) - 1, (1 + confidence) / 2))
        return value - half, value + half
    flat = [one for pair in samples for one in pair]
    seeds = np.random.SeedSequence(flat[0].seed).generate_state(len(flat)).tolist()
    # The logs are independent of one another, and must be drawn so.
    draws = [replace(one, seed=seed).draws[0] for one, seed in zip(flat, seeds, strict=True)]
    return percentiles(shares.ravel() @ np.array(draws), confidence)


def _skewness(halves: list[Measured], shares: np.ndarray) -> float:
    """That of a sum of independent estimates, each with its share."""
    spread = shares.ravel() * [half.std_error for half in halves]
    variance = float((spread**2).sum())
    return float(spread**3 @ [half.skewness for half in halves]) / variance**1.5 if variance > 0 else 0.0


def _verdict(
    one: Estimator, logs: list[EvaluationLog], shares: np.ndarray, skewness: float, value: float, gate: Gate
) -> Verdict:
    """On the weights as they enter the sum: a row of log k counts x_k / N_k times, so that w has mean 1. The mean
    weight of each log by itself must be 1 too."""
    judged = []
    for outcome in (None,) if one.outcomes is None else one.outcomes:
        weighings = [LogOverlap(log, outcome) for log in logs]
        sizes = spread_of_sizes(events_of(np.concatenate([log.outcome(outcome) for log in logs])).sizes)
        for kind in one.kinds:
            sums = [weighing.sums(kind) for weighing in weighings]
            if any(len(of_log) > 1 for of_log in sums):
                raise InputError(f"'{one.id}' is judged by position.", where="name", hint="Use ips or snips.")
            scaled = [
                of_log[0].times(share / log.total_weight) for of_log, share, log in zip(sums, shares, logs, strict=True)
            ]
            whole = reduce(WeightSums.merged, scaled)
            furthest = max((of_log[0].mean_weight_z for of_log in sums), key=abs)
            judged.append(verdict_on([replace(whole.overlap(sizes), mean_weight_z=furthest)], gate, kind, one.kinds))
    facts = [LogTraits.of(log) for log in logs]
    source = "estimated" if any(log.propensity_source == "estimated" for log in logs) else "logged"
    of_all = LogTraits(facts[0].bandwidth, source, any(fact.uneven for fact in facts))
    found = qualified(one, value, judge_skewness(worst(judged), skewness, gate), of_all)
    users = [effective_users(log) for log in logs]
    return judge_users(found, None if None in users else sum(users), gate)
