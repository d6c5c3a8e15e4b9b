"""The paired lift over the behaviour policy, or over another one: what a shop decides on."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np

from ...arguments import expect
from ...errors import InputError
from ..data.evaluation_log import EvaluationLog
from ..estimate import Estimate, infer
from ..estimators import Estimator, Outcome, estimator, valued
from ..estimators.functionals import Part
from ..estimators.registry import Events
from ..inference.combination import Scaled
from ..inference.inference_options import Inference, Interval
from ..reliability.diagnostics import verdict_on, worst
from ..reliability.gate import Gate
from ..reliability.log_overlap import LogOverlap

DIFFERENCES: dict[Events, Events] = {"reward": "difference", "trajectory": "trajectory_difference"}
"""The weights that show how the policies differ, for the weights that the target policy's value rests on."""


def lift(
    log: EvaluationLog,
    name: str | Estimator = "snips",
    *,
    against: EvaluationLog | None = None,
    metric: Outcome = None,
    interval: Interval = "bootstrap",
    confidence: float = 0.95,
    n_resamples: int = 2_000,
    seed: int = 0,
    gate: Gate | None = None,
    **parameters: float,
) -> Estimate:
    """V(target) - V(behaviour), the latter the log's own mean return, on the same episodes in every resample.

    Rows that both policies would have handled alike cancel, so the interval is narrower than two intervals side by
    side. What does not cancel must carry the verdict too: beside the estimator's own weights it looks at W - 1 where
    that is not 0. Two policies that differ on a few rows have a well-known value each, and a lift of those few rows.

    Args:
        log: the logged decisions.
        name: how V(target) is estimated.
        against: the same decisions with another policy's target propensities: V(target) - V(that policy), both by the
            same estimator. For logs of an exploring policy, or of several, on which today's policy is one of many.
        metric: what is valued in place of the reward: a column of `log.metrics`, or a pair (a, b) for the ratio of two
            outcomes, None being the reward.
        interval, confidence, n_resamples, seed, gate: as in `ope.estimate`.
        parameters: of the estimator.

    Raises:
        InputError: as `ope.estimate`; finite-sample intervals are not made for lifts; `against` other decisions.
    """
    expect(log, EvaluationLog, "log")
    inference = Inference(interval, confidence, n_resamples, seed, gate or Gate())
    of_value = estimator(name, **parameters)
    of_value = of_value if metric is None else valued(of_value, metric)
    if against is not None:
        expect(against, EvaluationLog, "against")
        return _between(log, against, of_value, inference)
    return infer(log, [paired(of_value)], inference)[0]


def paired(of_value: Estimator) -> Estimator:
    """The estimator of the lift that goes with an estimator of the value; for `ope.estimate_all`."""
    kinds = (*of_value.kinds, *(DIFFERENCES[kind] for kind in of_value.kinds if kind in DIFFERENCES))
    label = f"{of_value.label}-lift"
    return replace(of_value, id=label, compute=partial(_parts, of_value), events=kinds, required=(), parameters={})


def check_same_decisions(log: EvaluationLog, other: EvaluationLog, where: str) -> None:
    """Refuse a log of other decisions, or of other units to resample."""
    columns = ("rewards", "starts", "propensities", "clusters", "strata", "weights")
    if not all(np.array_equal(getattr(log, name), getattr(other, name)) for name in columns):
        raise InputError("Its decisions differ from the first's.", where=where)


def _parts(of_value: Estimator, log: EvaluationLog, outcome: np.ndarray) -> list[Part]:
    """V(target) - mean_i sum_t gamma^t r_t; of a ratio of two outcomes, minus that of the two means."""
    return [*of_value.compute(log, outcome, **of_value.parameters), *of_value.minus_behaviour(log, outcome)]


def _between(log: EvaluationLog, other: EvaluationLog, of_value: Estimator, inference: Inference) -> Estimate:
    """V(target) - V(another policy), and the worst verdict: on either, and on the weights where the two differ."""
    check_same_decisions(log, other, "against")
    of_value.parts(other)
    difference = replace(
        of_value,
        id=f"{of_value.label}-lift",
        compute=partial(_difference, of_value, other),
        by_blocks=False,
        required=(),
        parameters={},
    )
    (lift_over_other,) = infer(log, [difference], inference)
    (of_other,) = infer(other, [of_value], replace(inference, interval="none"))
    by_outcome = [LogOverlap(log, outcome) for outcome in (of_value.outcomes or (None,))]
    differences = [(of_log.between(other), of_log.sizes("difference")[0]) for of_log in by_outcome]
    overlaps = [sums.overlap(sizes) for sums, sizes in differences if sums.units]
    on_difference = verdict_on(overlaps, inference.gate, "difference", ("difference",))
    on_either = [(estimate.verdict, estimate.reasons) for estimate in (lift_over_other, of_other)]
    verdict, reasons = worst([*on_either, on_difference])
    return replace(lift_over_other, verdict=verdict, reasons=reasons)


def _difference(of_value: Estimator, other: EvaluationLog, log: EvaluationLog, outcome: np.ndarray) -> list[Part]:
    """V(target) - V(another policy)."""
    # With what its fitted parameters add to the error.
    of_other = of_value.parts(other)
    return [*of_value.compute(log, outcome, **of_value.parameters), *(Scaled(-1.0, part) for part in of_other)]
