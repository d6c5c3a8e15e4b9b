"""The paired lift over the logging policy, or over another one: what a shop decides on."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from ...errors import InputError
from ..data.evaluation_log import EvaluationLog
from ..estimate import Estimate, estimate
from ..estimators import ESTIMATORS, Estimator, Outcome, estimator, valued
from ..estimators.functionals import Part
from ..inference.combination import Scaled
from ..reliability.diagnostics import verdict_on, worst
from ..reliability.gate import Gate
from ..reliability.log_overlap import LogOverlap

DIFFERENCES = {"reward": "difference", "trajectory": "trajectory_difference"}
"""What tells the policies apart, beside what tells the evaluated one's value."""


def lift(
    log: EvaluationLog,
    name: str | Estimator = "snips",
    *,
    against: EvaluationLog | None = None,
    metric: Outcome = None,
    **settings: Any,
) -> Estimate:
    """V(evaluated) - V(logging), the latter the log's own mean return, on the same episodes in every resample.

    Rows that both policies would have handled alike cancel, so the interval is narrower than two intervals side by
    side. What does not cancel must carry the verdict too: beside the estimator's own weights it looks at W - 1 where
    that is not 0. Two policies that differ on a few rows have a well-known value each, and a lift of those few rows.

    Args:
        log: the logged decisions.
        name: how V(evaluated) is estimated.
        against: the same decisions with another policy's target propensities: V(evaluated) - V(that policy), both by
            the same estimator. For logs of an exploring policy, or of several, on which today's policy is one of many.
        metric: what is valued in place of the reward: a column of `log.metrics`, or a pair (a, b) for the ratio of two
            outcomes, None being the reward.
        settings: the estimator's parameters, and `interval`, `confidence`, … of `ope.estimate`.

    Raises:
        InputError: as `ope.estimate`; finite-sample intervals are not made for lifts; `against` other decisions.
    """
    known = (name if isinstance(name, Estimator) else ESTIMATORS[name]).required
    given = estimator(name, **{key: settings.pop(key) for key in known if key in settings})
    given = given if metric is None else valued(given, metric)
    return estimate(log, paired(given), **settings) if against is None else _between(log, against, given, settings)


def paired(given: Estimator) -> Estimator:
    """The estimator of the lift that goes with an estimator of the value; for `ope.estimate_all`."""
    kinds = (*given.kinds, *(DIFFERENCES[kind] for kind in given.kinds if kind in DIFFERENCES))
    label = f"{given.label}-lift"
    return replace(given, id=label, compute=partial(_parts, given), events=kinds, required=(), parameters={})


def check_same_decisions(log: EvaluationLog, other: EvaluationLog, where: str) -> None:
    """Refuse a log of other decisions, or of other units to resample."""
    columns = ("rewards", "starts", "propensities", "clusters", "strata", "weights")
    if not all(np.array_equal(getattr(log, name), getattr(other, name)) for name in columns):
        raise InputError("It holds other decisions than the first.", where=where)


def _parts(given: Estimator, log: EvaluationLog, outcome: np.ndarray) -> list[Part]:
    """V(evaluated) - mean_i sum_t gamma^t r_t; of a ratio of two outcomes, minus that of the two means."""
    return [*given.compute(log, outcome, **given.parameters), *given.own(log, outcome)]


def _between(log: EvaluationLog, other: EvaluationLog, given: Estimator, settings: dict[str, Any]) -> Estimate:
    """V(evaluated) - V(another policy), and the worst verdict: on either, and on the weights where the two differ."""
    check_same_decisions(log, other, "against")
    given.parts(other)
    apart = replace(
        given,
        id=f"{given.label}-lift",
        compute=partial(_apart, given, other),
        by_blocks=False,
        required=(),
        parameters={},
    )
    found = estimate(log, apart, **settings)
    gate = settings.get("gate") or Gate()
    of_other = estimate(other, given, interval="none", gate=gate)
    weighings = [LogOverlap(log, outcome) for outcome in (given.outcomes or (None,))]
    differences = [(weighing.between(other), weighing.sizes("difference")[0]) for weighing in weighings]
    overlaps = [sums.overlap(sizes) for sums, sizes in differences if sums.units]
    of_difference = verdict_on(overlaps, gate, "difference", ("difference",))
    verdict, reasons = worst([(found.verdict, found.reasons), (of_other.verdict, of_other.reasons), of_difference])
    return replace(found, verdict=verdict, reasons=reasons)


def _apart(given: Estimator, other: EvaluationLog, log: EvaluationLog, outcome: np.ndarray) -> list[Part]:
    """V(evaluated) - V(another policy)."""
    taken = given.compute(other, outcome, **given.parameters)
    return [*given.compute(log, outcome, **given.parameters), *(Scaled(-1.0, part) for part in taken)]
