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

DIFFERENCES = {"reward": "difference", "residual": "residual_difference"}
"""What tells the policies apart, beside what tells the evaluated one's value."""


def lift(log: EvaluationLog, name: str | Estimator = "snips", **settings: Any) -> Estimate:
    """V(evaluated) - V(logging), the latter the log's own mean return, on the same episodes in every resample.

    Rows that both policies would have handled alike cancel, so the interval is narrower than two intervals side by
    side. What does not cancel must carry the verdict too: beside the estimator's own weights it looks at W - 1 where
    that is not 0. Two policies that differ on a few rows have a well-known value each, and a lift of those few rows.

    Args:
        log: the logged decisions.
        name: how V(evaluated) is estimated.
        settings: the estimator's parameters, and `interval`, `confidence`, … of `ope.estimate`.

    Raises:
        InputError: as `ope.estimate`; finite-sample intervals are not made for lifts.
    """
    known = (name if isinstance(name, Estimator) else ESTIMATORS[name]).required
    given = estimator(name, **{key: settings.pop(key) for key in known if key in settings})
    return estimate(log, paired(given), **settings)


def paired(given: Estimator) -> Estimator:
    """The estimator of the lift that goes with an estimator of the value; for `ope.estimate_all`."""
    kinds = (*given.kinds, *(DIFFERENCES[kind] for kind in given.kinds if kind in DIFFERENCES))
    label = f"{given.label}-lift"
    return replace(given, id=label, compute=partial(_parts, given), events=kinds, required=(), parameters={})


def _parts(given: Estimator, log: EvaluationLog, outcome: np.ndarray) -> list[Part]:
    """V(evaluated) - mean_i sum_t gamma^t r_t."""
    return [*given.compute(log, outcome, **given.parameters), mean(log, -log.discounts * outcome)]
