"""Estimators of another outcome than the log's reward: a metric, or a ratio of two outcomes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial, reduce
from operator import add
from typing import Any

import numpy as np

from ...errors import InputError
from ...statistics.bootstrap import side_by_side
from ..data.evaluation_log import EvaluationLog
from .functionals import Part, gradients, total
from .importance_sampling import on_policy
from .registry import Estimator

Outcome = int | None | tuple[int | None, int | None]
"""None is the reward, a number a column of `log.metrics`, and a pair (a, b) the ratio of two of these."""
DENOMINATOR = "the denominator of the ratio is 0, or the value of one of its sides is not defined"


@dataclass(frozen=True)
class Joined:
    """The columns of several parts side by side."""

    parts: list[Part]

    @property
    def width(self) -> int:
        """K."""
        return sum(part.columns.width for part in self.parts)

    def sums(self, weights: np.ndarray | None = None) -> np.ndarray:
        """(K,) sums over episodes, each counting with its weight."""
        return np.concatenate([part.columns.sums(weights) for part in self.parts])

    def project(self, gradient: np.ndarray) -> np.ndarray:
        """(episodes,) sum_k gradient_k column_k."""
        slopes = self.split(gradient)
        return reduce(add, [part.columns.project(slope) for part, slope in zip(self.parts, slopes, strict=True)])

    def matrix(self) -> Any:
        """(episodes, K)."""
        return side_by_side([part.columns.matrix() for part in self.parts])

    def split(self, means: np.ndarray) -> list[np.ndarray]:
        """For each part: its share of (..., K) numbers."""
        return np.split(means, np.cumsum([part.columns.width for part in self.parts])[:-1], axis=-1)


@dataclass(frozen=True)
class Quotient:
    """The value of some parts over the value of others, both from the same means.

    Args:
        above, below: parts of the numerator and of the denominator.
        sign: 1 or -1.
    """

    above: list[Part]
    below: list[Part]
    sign: float = 1.0

    @property
    def columns(self) -> Joined:
        """Those of both."""
        return Joined([*self.above, *self.below])

    def value(self, means: np.ndarray) -> np.ndarray:
        """(..., K) means -> (...) values; 0/0 is NaN."""
        above, below = self._sides(means)
        with np.errstate(divide="ignore", invalid="ignore"):
            return self.sign * total(self.above, above) / total(self.below, below)

    def gradient(self, means: np.ndarray) -> np.ndarray:
        """(K,) means -> (K,) derivatives: (A' - (A / B) B') / B."""
        above, below = self._sides(means)
        with np.errstate(divide="ignore", invalid="ignore"):
            share = total(self.above, above) / total(self.below, below)
            slopes = [*gradients(self.above, above), *(-share * slope for slope in gradients(self.below, below))]
            return self.sign * np.concatenate(slopes) / total(self.below, below)

    def _sides(self, means: np.ndarray) -> tuple[list[np.ndarray], list[np.ndarray]]:
        of_parts = self.columns.split(means)
        return of_parts[: len(self.above)], of_parts[len(self.above) :]


def valued(estimator: Estimator, outcome: Outcome) -> Estimator:
    """The estimator of one outcome, whichever it is asked for: the reward (None), a column of `log.metrics`, or of a
    pair (a, b) the ratio V_a / V_b, such as revenue per order.

    Numerator and denominator of a ratio are estimated from the same weights and resampled together; its standard error
    is the delta method's. The verdict is the worse of the two outcomes'.

    Raises:
        InputError: an outcome of another form, a metric for an estimator whose q is a model of the reward, or a lift,
            which is made from a ratio, not a ratio from it.
    """
    sides = outcome if isinstance(outcome, tuple) else (outcome,)
    if len(sides) not in (1, 2) or any(isinstance(side, tuple) for side in sides):
        hint = "Give None (the reward), a number, or a pair of these."
        raise InputError(f"{outcome!r} is not an outcome.", where="metric", hint=hint)
    if estimator.outcomes is not None or any("difference" in kind for kind in estimator.kinds):
        raise InputError(
            f"'{estimator.label}' has its outcome already.", where="metric", hint="Use ope.lift(metric=...)."
        )
    if estimator.needs_q and sides != (None,):
        hint = "Use ips or snips for metrics, or a log whose rewards are the metric."
        raise InputError(
            f"The q of '{estimator.id}' is a model of the reward, not of a metric.", where="metric", hint=hint
        )
    ratio = len(sides) == 2
    return replace(
        estimator,
        id=f"{estimator.label}-ratio" if ratio else estimator.label,
        compute=partial(_parts, estimator, sides),
        minus_behaviour=partial(_minus_behaviour, sides),
        outcomes=sides,
        slopes=None,
        undefined=DENOMINATOR if ratio else estimator.undefined,
        required=(),
        parameters={},
    )


def _parts(estimator: Estimator, sides: tuple[int | None, ...], log: EvaluationLog, outcome: np.ndarray) -> list[Part]:
    """V_a of one outcome, V_a / V_b of two."""
    above, *below = [estimator.compute(log, log.outcome(side), **estimator.parameters) for side in sides]
    return [Quotient(above, below[0])] if below else above


def _minus_behaviour(sides: tuple[int | None, ...], log: EvaluationLog, outcome: np.ndarray) -> list[Part]:
    """Minus the behaviour policy's own value."""
    if len(sides) == 1:
        return on_policy(log, -log.outcome(sides[0]))
    above, below = (on_policy(log, log.outcome(side)) for side in sides)
    return [Quotient(above, below, sign=-1.0)]
