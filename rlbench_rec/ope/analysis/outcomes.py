"""Several outcomes from one set of weights: clicks, orders, revenue, and ratios of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ...errors import InputError
from ..data.evaluation_log import EvaluationLog
from ..estimate import Estimate, infer
from ..estimators import Estimator, Outcome, estimator, valued
from ..inference.inference_options import Inference, Interval
from ..reliability.gate import Gate
from .lifts import paired


@dataclass(frozen=True)
class KPI:
    """One outcome.

    Attributes:
        name: as asked for.
        behaviour: the behaviour policy's value.
        value: the target policy's.
        lift: the difference, paired.
    """

    name: str
    behaviour: Estimate
    value: Estimate
    lift: Estimate


def kpis(
    log: EvaluationLog,
    outcomes: Mapping[str, Outcome],
    name: str | Estimator = "snips",
    *,
    interval: Interval = "bootstrap",
    confidence: float = 0.95,
    n_resamples: int = 2_000,
    seed: int = 0,
    gate: Gate | None = None,
) -> list[KPI]:
    """Value and lift of several outcomes, from the same weights and the same resamples.

        ope.analysis.kpis(log, {"revenue": None, "orders": 0, "order value": (None, 0)}, interval="simultaneous")

    With `interval="simultaneous"` the intervals of all lifts hold at once with the given confidence, and so do those of
    all values (one band each; see `ope.estimate`). Otherwise each holds by itself, and of twenty about one misses.

    Args:
        log: the logged decisions, with `metrics`.
        outcomes: name -> None (the reward), a column of `log.metrics`, or a pair (a, b) for V_a / V_b: revenue per
            order, revenue per click.
        name: the estimator; one without a model, but for the reward.
        interval: `bootstrap`, `bca`, `studentised`, `normal`, `simultaneous` or `none`.
        confidence, n_resamples, seed, gate: as in `ope.estimate`.

    Raises:
        InputError: no outcome, or what `ope.estimate_all` raises.
    """
    if not outcomes:
        raise InputError("Nothing is asked for.", where="outcomes")
    inference = Inference(interval, confidence, n_resamples, seed, gate or Gate())
    of_behaviour = [valued(estimator("on-policy"), outcome) for outcome in outcomes.values()]
    of_target = [valued(estimator(name), outcome) for outcome in outcomes.values()]
    sets = [of_behaviour, of_target, [paired(of_value) for of_value in of_target]]
    # Each set is a band of its own; the same seed draws the same resamples.
    estimates = [infer(log, members, inference) for members in sets]
    return [KPI(*row) for row in zip(outcomes, *estimates, strict=True)]
