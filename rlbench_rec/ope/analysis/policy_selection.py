"""Choosing among policies: how well estimates rank them, and which one to choose on one log.

The k policies with the highest estimates are chosen (ties: the one given first; NaN last). `true` and `estimated` are
(policies,) values, higher is better.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from ...errors import InputError, UnknownNameError
from ...tolerances import LAST_DIGITS
from ..data.evaluation_log import EvaluationLog
from ..estimate import Estimate, infer
from ..estimators import Estimator, estimator
from ..inference import UNDEFINED, Inference, MeasuredSample, band, jointly_resampled, percentiles
from ..inference.influence import LogParts, measure
from ..reliability.gate import Gate
from .lifts import check_same_decisions, paired


def rank_correlation(true: np.ndarray, estimated: np.ndarray) -> float:
    """Spearman's correlation of the ranks, ties sharing their mean rank; NaN where either side is constant or where
    fewer than two policies have an estimate."""
    true, estimated = _pair(true, estimated)
    known = np.isfinite(estimated)
    true_ranks, ranks = _ranks(true[known]), _ranks(estimated[known])
    if len(ranks) < 2 or np.ptp(true_ranks) == 0 or np.ptp(ranks) == 0:
        return np.nan
    return float(np.corrcoef(true_ranks, ranks)[0, 1])


def regret(true: np.ndarray, estimated: np.ndarray, k: int = 1) -> float:
    """regret@k: the best true value minus the best true value among the k chosen."""
    true, estimated = _pair(true, estimated)
    return float(true.max() - true[_chosen(estimated, k)].max())


def summed_regret(true: np.ndarray, estimated: np.ndarray, k: int = 1) -> float:
    """The sum of the k best true values minus the sum of the true values of the k chosen."""
    true, estimated = _pair(true, estimated)
    chosen = _chosen(estimated, k)
    return float(np.sort(true)[::-1][:k].sum() - true[chosen].sum())


def type_one_error(true: np.ndarray, estimated: np.ndarray, threshold: float) -> float:
    """Share of the truly safe policies (true >= threshold) that are estimated unsafe; NaN where none is safe."""
    true, estimated = _pair(true, estimated)
    safe = true >= threshold
    return float(np.mean(~(estimated[safe] >= threshold))) if safe.any() else np.nan


def type_two_error(true: np.ndarray, estimated: np.ndarray, threshold: float) -> float:
    """Share of the truly unsafe policies (true < threshold) that are estimated safe; NaN where none is unsafe."""
    true, estimated = _pair(true, estimated)
    unsafe = true < threshold
    return float(np.mean(estimated[unsafe] >= threshold)) if unsafe.any() else np.nan


def sharpe_ratio(true: np.ndarray, estimated: np.ndarray, behaviour: float, k: int = 3) -> float:
    """SharpeRatio@k: (best true value of the k chosen - behaviour) / population standard deviation of the k; NaN where
    they do not differ. Kiyohara et al. 2024."""
    true, estimated = _pair(true, estimated)
    values = true[_chosen(estimated, k)]
    spread = values.std()
    return float((values.max() - behaviour) / spread) if spread > 0 else np.nan


@dataclass(frozen=True)
class Candidate:
    """One policy among several on one log.

    Attributes:
        policy: its name.
        estimate: its value, with a percentile interval from the resamples that all candidates share.
        lift, lift_low, lift_high: its value minus the behaviour policy's, paired in every resample.
        lift_verdict, lift_reasons: those of `ope.lift`: they look at the rows where the policies differ, too.
        p_better: share of the resamples in which it beats the behaviour policy.
        p_best: share of the resamples in which it is the best candidate; those that tie share them.
    """

    policy: str
    estimate: Estimate
    lift: float
    lift_low: float
    lift_high: float
    lift_verdict: str
    lift_reasons: tuple[str, ...]
    p_better: float
    p_best: float


def select(
    logs: Mapping[str, EvaluationLog],
    name: str | Estimator = "snips",
    *,
    interval: Literal["bootstrap", "simultaneous"] = "bootstrap",
    confidence: float = 0.95,
    n_resamples: int = 2_000,
    seed: int = 0,
    gate: Gate | None = None,
    lower_is_better: bool = False,
    **parameters: float,
) -> list[Candidate]:
    """Candidates from best to worst value, NaN last. The best of many looks better than it is: take the `lift_low` of a
    simultaneous interval, which holds for whichever is chosen, or confirm it on rows that did not choose it.

    Args:
        logs: by policy name; the same logged decisions, each with its own target propensities (and q).
        name: the estimator, with its parameters as keywords.
        interval: percentiles for each candidate by itself (`bootstrap`), or bands that hold for all candidates'
            values at once, and for all their lifts at once (`simultaneous`).
        confidence, n_resamples, seed: of the joint bootstrap.
        gate: thresholds of the verdicts.
        lower_is_better: rewards are costs: the best has the lowest value, and the others are better where they cost
            less.

    Raises:
        InputError: no log, or logs of different decisions.
    """
    if interval not in ("bootstrap", "simultaneous"):
        raise UnknownNameError("interval", interval, ("bootstrap", "simultaneous"))
    if not logs:
        raise InputError("No policies to choose from.", where="logs")
    first = next(iter(logs.values()))
    for policy, log in logs.items():
        check_same_decisions(log, first, f"logs['{policy}']")
    inference = Inference(interval, confidence, n_resamples, seed, gate or Gate())
    of_value, on_policy = estimator(name, **parameters), estimator("on-policy")
    samples = []
    for log, member in [*((log, of_value) for log in logs.values()), (first, on_policy)]:
        parts = LogParts(log, [member])
        with np.errstate(over="ignore", invalid="ignore"):
            samples.append(MeasuredSample(parts, measure(parts), inference))
    *draws, behaviour_draws = (of_log[0] for of_log in jointly_resampled(samples))
    sign = -1.0 if lower_is_better else 1.0
    shares = _shares_of_best(sign * np.array(draws))
    without_limits = replace(inference, interval="none")
    pairs = [infer(log, [of_value, paired(of_value)], without_limits) for log in logs.values()]
    lifts = [_differences(drawn, behaviour_draws) for drawn in draws]
    limits = _limits([value for value, _ in pairs], draws, inference)
    of_lifts = _limits([gain for _, gain in pairs], lifts, inference)
    candidates = []
    for at, (policy, (value, gain)) in enumerate(zip(logs, pairs, strict=True)):
        known = lifts[at][np.isfinite(lifts[at])]
        low, high = limits[at]
        candidates.append(
            Candidate(
                policy,
                replace(value, ci_low=low, ci_high=high, interval=interval),
                gain.value,
                *of_lifts[at],
                lift_verdict=gain.verdict,
                lift_reasons=gain.reasons,
                p_better=float(np.mean(sign * known > 0)) if len(known) else np.nan,
                p_best=float(shares[at]),
            )
        )
    # By the lift, which is exactly 0 where nothing varies.
    return sorted(candidates, key=lambda c: -sign * c.lift if np.isfinite(c.lift) else np.inf)


def _differences(draws: np.ndarray, behaviour: np.ndarray) -> np.ndarray:
    """(resamples,) draws minus the behaviour policy's; 0 where they differ in the last digits alone."""
    differences = draws - behaviour
    rounding = LAST_DIGITS * (np.abs(draws) + np.abs(behaviour))
    return np.where(np.abs(differences) <= rounding, 0.0, differences)


def _shares_of_best(draws: np.ndarray) -> np.ndarray:
    """(candidates,) share of the resamples in which each is the best; those that tie share one among them."""
    known = np.where(np.isfinite(draws), draws, -np.inf)
    top = known.max(axis=0)
    known, top = known[:, np.isfinite(top)], top[np.isfinite(top)]
    if not len(top):
        return np.full(len(draws), np.nan)
    first = known >= top - LAST_DIGITS * np.abs(top)
    return (first / first.sum(axis=0)).mean(axis=1)


def _limits(
    estimates: Sequence[Estimate], draws: Sequence[np.ndarray], inference: Inference
) -> list[tuple[float, float]]:
    """For each estimate, from draws made together."""
    if inference.interval == "simultaneous":
        return band([estimate.value for estimate in estimates], draws, inference.confidence)
    return [
        percentiles(drawn, inference.confidence) if np.isfinite(estimate.value) else UNDEFINED
        for estimate, drawn in zip(estimates, draws, strict=True)
    ]


def _pair(true: np.ndarray, estimated: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    true, estimated = np.asarray(true, dtype=np.float64), np.asarray(estimated, dtype=np.float64)
    if true.ndim != 1 or true.shape != estimated.shape or not len(true):
        raise InputError(f"Shapes {true.shape} and {estimated.shape}; two vectors are needed.", where="estimated")
    if not np.isfinite(true).all():
        raise InputError(f"Policy {int(np.argmin(np.isfinite(true)))} has no true value.", where="true")
    return true, estimated


def _chosen(estimated: np.ndarray, k: int) -> np.ndarray:
    if not 1 <= k <= len(estimated):
        raise InputError(f"{k} of {len(estimated)} policies cannot be chosen.", where="k")
    return np.argsort(np.where(np.isnan(estimated), np.inf, -estimated), kind="stable")[:k]


def _ranks(values: np.ndarray) -> np.ndarray:
    _, codes, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[codes]
