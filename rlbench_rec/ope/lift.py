"""The paired lift over the logging policy: what a shop decides on."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from .estimate import Estimate, estimate
from .estimators import ESTIMATORS, Estimator, estimator
from .log import EvaluationLog
from .parts import Part, mean


def lift(log: EvaluationLog, name: str | Estimator = "snips", **settings: Any) -> Estimate:
    """V(evaluated) - V(logging), the latter the log's own mean return, on the same episodes in every resample.

    Rows that both policies would have handled alike cancel, so the interval is narrower than two intervals side by
    side. The verdict is that of the estimator.

    Args:
        log: the logged decisions.
        name: how V(evaluated) is estimated.
        settings: the estimator's parameters, and `interval`, `confidence`, … of `ope.estimate`.

    Raises:
        InputError: as `ope.estimate`; finite-sample intervals are not made for lifts.
    """
    known = (name if isinstance(name, Estimator) else ESTIMATORS[name]).required
    given = estimator(name, **{key: settings.pop(key) for key in known if key in settings})
    paired = replace(given, id=f"{given.label}-lift", compute=partial(_parts, given), required=(), parameters={})
    return estimate(log, paired, **settings)


def _parts(given: Estimator, log: EvaluationLog, outcome: np.ndarray) -> list[Part]:
    """V(evaluated) - mean_i sum_t gamma^t r_t."""
    return [*given.compute(log, outcome, **given.parameters), mean(log, -log.discounts * outcome)]
