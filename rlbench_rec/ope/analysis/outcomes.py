"""Several outcomes from one set of weights: clicks, orders, revenue, and ratios of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...errors import InputError
from ..data.evaluation_log import EvaluationLog
from ..estimate import Estimate, estimate_all
from ..estimators import Estimator, Outcome, estimator, valued
from .lifts import paired


@dataclass(frozen=True)
class KPI:
    """One outcome.

    Attributes:
        name: as asked for.
        logging: the logging policy's own value.
        value: the evaluated policy's.
        lift: the difference, paired.
    """

    name: str
    logging: Estimate
    value: Estimate
    lift: Estimate


def kpis(
    log: EvaluationLog,
    outcomes: Mapping[str, Outcome],
    name: str | Estimator = "snips",
    *,
    interval: str = "bootstrap",
    **settings: Any,
) -> list[KPI]:
    """Value and lift of several outcomes, from the same weights and the same resamples.

        ope.analysis.kpis(log, {"revenue": None, "orders": 0, "order value": (None, 0)}, interval="simultaneous")

    With `interval="simultaneous"` the intervals of all lifts hold at once with the given confidence, and so do those of
    all values (one band each; see `ope.estimate`). Without, each holds by itself, and of twenty about one misses.

    Args:
        log: the logged decisions, with `metrics`.
        outcomes: name -> None (the reward), a column of `log.metrics`, or a pair (a, b) for V_a / V_b: revenue per
            order, revenue per click.
        name: the estimator; one without a model, but for the reward.
        interval: `bootstrap`, `bca`, `studentised`, `normal`, `simultaneous` or `none`.
        settings: `confidence`, `n_resamples`, `seed`, `gate` of `ope.estimate_all`.

    Raises:
        InputError: nothing asked for, or what `ope.estimate_all` raises.
    """
    if not outcomes:
        raise InputError("Nothing is asked for.", where="outcomes")
    one, own = estimator(name), estimator("on-policy")
    chosen = [valued(one, outcome) for outcome in outcomes.values()]
    owns = [valued(own, outcome) for outcome in outcomes.values()]
    sets = [owns, chosen, [paired(each) for each in chosen]]
    # Each set is a band of its own; the same seed draws the same resamples.
    found = [estimate_all(log, each, interval=interval, **settings) for each in sets]
    return [KPI(*row) for row in zip(outcomes, *found, strict=True)]
