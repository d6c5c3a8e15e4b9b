"""Lifts of many target policies on one log, with limits that hold for all of them at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ...statistics.bootstrap import unit_strata
from ..data.evaluation_log import EvaluationLog
from ..estimate import Estimate, reported
from ..estimators import Estimator, estimator
from ..inference.inference_options import Inference
from ..inference.influence import LogParts, measure, unit_influences
from ..inference.joint_resamples import UNDEFINED
from ..inference.simultaneous import critical_value
from ..reliability.diagnostics import Verdicts
from ..reliability.gate import Gate, Verdict, times_as_long
from .lifts import paired


@dataclass(frozen=True)
class LiftOnLog:
    """The lift of one target policy, before limits that hold for several.

    Attributes:
        estimate: value, standard error and verdict; no limits yet.
        influences: (units,) how much each unit moves it.
        strata: (units,) see `EvaluationLog.strata`; None where there are none.
        balanced_weights: ESS^3 / units^2 of the target policy's weights; see `ope.Diagnostics`.
        stricter: verdict and reasons by a stricter gate; the estimate's own where there is none.
        times_needed: how many times as long the log must be for that gate to trust it.
    """

    estimate: Estimate
    influences: np.ndarray
    strata: np.ndarray | None
    balanced_weights: float
    stricter: Verdict
    times_needed: float


def lift_on_log(
    log: EvaluationLog,
    name: str | Estimator = "snips",
    *,
    inference: Inference | None = None,
    stricter: Gate | None = None,
) -> LiftOnLog:
    """V(target) - V(behaviour) with its influences, in a few passes over the log and without a bootstrap.

    Args:
        log: the logged decisions.
        name: how V(target) is estimated.
        inference: its gate, and the level of limits to come.
        stricter: another gate, for those who need a margin.
    """
    member, inference = paired(estimator(name)), replace(inference or Inference(), interval="simultaneous")
    parts = LogParts(log, [member])
    with np.errstate(over="ignore", invalid="ignore"):
        (measured,) = measure(parts)
        (influences,) = unit_influences(parts, [measured.parts], [measured.means])
    verdicts = Verdicts(log, inference.gate)
    figures = measured.value, measured.skewness, measured.std_error
    verdict, overlaps = verdicts.of(member, *figures), verdicts.overlaps(member)
    by_stricter = verdicts.by(stricter or inference.gate)
    return LiftOnLog(
        reported(log, inference, member, measured, UNDEFINED, verdict),
        influences,
        None if log.strata is None else unit_strata(log.clusters, log.strata),
        min(overlap.balanced_weights for overlap in overlaps),
        by_stricter.of(member, *figures),
        times_as_long(overlaps, measured.skewness, by_stricter.gate),
    )


def with_limits(lifts: Sequence[LiftOnLog], *, seed: int = 0) -> tuple[list[Estimate], float]:
    """The estimates with limits value -+ c std_error that, with their confidence, all hold, and c; see
    `inference.critical_value`. Where rounding is all that varies, limits are the value itself.

    Args:
        lifts: of target policies on the same units.
        seed: of c.
    """
    known = [lift for lift in lifts if np.isfinite(lift.estimate.value) and np.isfinite(lift.estimate.std_error)]
    if not known:
        return [lift.estimate for lift in lifts], float("nan")
    varying = [lift.influences for lift in known if lift.estimate.std_error > 0]
    factor = critical_value(varying, known[0].estimate.confidence, strata=known[0].strata, seed=seed)
    return [_between(lift.estimate, factor) for lift in lifts], factor


def _between(estimate: Estimate, factor: float) -> Estimate:
    half = factor * estimate.std_error if estimate.std_error > 0 else estimate.std_error
    return replace(estimate, ci_low=estimate.value - half, ci_high=estimate.value + half)
