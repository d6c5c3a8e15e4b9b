"""May it be shipped? A headline that must improve, and guardrails that must not suffer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from ...errors import InputError
from ...statistics.hypotheses import holm, tail
from ..data import checks
from ..data.evaluation_log import EvaluationLog
from ..estimate import Estimate, estimate_all
from ..estimators import Estimator, Outcome, estimator, valued
from ..estimators.functionals import Part
from ..inference.combination import Scaled
from .lifts import paired

HEADLINE = "headline"


@dataclass(frozen=True)
class Guardrail:
    """An outcome that must not suffer.

    Attributes:
        outcome: None (the reward), a column of `log.metrics`, or a pair (a, b) for a ratio.
        tolerance: by how much it may be worse, >= 0; less than 0 asks for an improvement.
        lower_is_better: whether it is a cost.
        relative: whether the tolerance is a share of the logging policy's own value: .01 for one per cent.
    """

    outcome: Outcome
    tolerance: float = 0.0
    lower_is_better: bool = False
    relative: bool = False


@dataclass(frozen=True)
class Tested:
    """What is known of an outcome and its limit.

    Attributes:
        name: of the outcome.
        logging: the logging policy's own value.
        lift: the evaluated policy's minus that.
        limit: the lift it must stay beyond, in the outcome's own unit; below it where lower is better.
        distance, std_error: how far the lift is beyond the limit, in the good direction, and how well that is known.
        p_holds: one-sided p of "it is not beyond the limit".
        p_broken: one-sided p of "it is not short of the limit", Holm-adjusted over all outcomes.
        state: `holds`, `broken`, or `open` where neither is shown or the verdict on the lift is not `trusted`.
    """

    name: str
    logging: Estimate
    lift: Estimate
    limit: float
    distance: float
    std_error: float
    p_holds: float
    p_broken: float
    state: str


@dataclass(frozen=True)
class Answer:
    """One answer from several outcomes.

    Attributes:
        decision: `ship`, `do-not-ship` or `cannot-tell`.
        headline, guardrails: what it rests on.
        reasons: in words, why it is not `ship`.
    """

    decision: str
    headline: Tested
    guardrails: tuple[Tested, ...]
    reasons: tuple[str, ...]


def ship(
    log: EvaluationLog,
    guardrails: Mapping[str, Guardrail],
    name: str | Estimator = "snips",
    *,
    headline: Outcome = None,
    min_lift: float = 0.0,
    lower_is_better: bool = False,
    **settings: Any,
) -> Answer:
    """Ship, do not ship, or cannot tell.

    `ship` needs the headline's lift beyond `min_lift` and every guardrail within its tolerance, each shown by a
    one-sided test at level a = (1 - confidence) / 2. No correction for their number is due: who ships wrongly has to be
    wrong about one given outcome, which happens with probability at most a (intersection-union test, Berger 1982).
    `do-not-ship` needs any of them shown to be short of its limit; here each further outcome is a further chance to be
    wrong, so the p values are Holm's. Nothing that is not `trusted` shows anything.

    Args:
        log: the logged decisions, with `metrics`.
        guardrails: by name.
        name: the estimator; where it needs a model, guardrails on metrics take `snips`.
        headline: the outcome to improve.
        min_lift: the lift that must be exceeded, in the good direction.
        lower_is_better: whether the headline is a cost.
        settings: `interval`, `confidence`, `n_resamples`, `seed`, `gate` of `ope.estimate_all`.

    Raises:
        InputError: a relative tolerance of an outcome that may be 0, and what `ope.estimate_all` raises.
    """
    if HEADLINE in guardrails:
        raise InputError("A guardrail needs another name.", where=HEADLINE)
    asked = {HEADLINE: Guardrail(headline, -min_lift, lower_is_better), **guardrails}
    first, *others = outcomes_tested(log, asked, name, **settings)
    reasons = [f"{one.name}: {in_words(one)}" for one in (first, *others) if one.state != "holds"]
    states = {one.state for one in (first, *others)}
    decision = "do-not-ship" if "broken" in states else "cannot-tell" if "open" in states else "ship"
    return Answer(decision, first, tuple(others), tuple(reasons))


def outcomes_tested(
    log: EvaluationLog,
    asked: Mapping[str, Guardrail],
    name: str | Estimator = "snips",
    *,
    confidence: float = 0.95,
    **settings: Any,
) -> list[Tested]:
    """Each outcome against its limit; see `ship`."""
    checks.level("confidence", confidence)
    one, own = estimator(name), estimator("on-policy")
    values = [valued(_able(one, rail.outcome), rail.outcome) for rail in asked.values()]
    owns = estimate_all(log, [valued(own, rail.outcome) for rail in asked.values()], confidence=confidence, **settings)
    lifts = estimate_all(log, [paired(value) for value in values], confidence=confidence, **settings)
    shares = [_share(*row) for row in zip(asked, asked.values(), owns, strict=True)]
    margins = [_less(value, share) for value, share in zip(values, shares, strict=True)]
    found = estimate_all(log, margins, **settings | {"interval": "none"})
    units = log.n_units
    beyond = [_beyond(rail, margin) for rail, margin in zip(asked.values(), found, strict=True)]
    # A margin is the difference of the two policies' values.
    scales = [abs(of.value) + abs(of.value + lift.value) for of, lift in zip(owns, lifts, strict=True)]
    rows = list(zip(beyond, [margin.std_error for margin in found], scales, strict=True))
    p_holds = [tail(apart, error, units, scale=scale) for apart, error, scale in rows]
    p_broken = holm(np.array([tail(-apart, error, units, scale=scale) for apart, error, scale in rows]))
    level = (1.0 - confidence) / 2.0
    rows = zip(asked.items(), owns, lifts, beyond, found, p_holds, p_broken.tolist(), strict=True)
    return [
        Tested(
            key, of, lift, _limit(rail, of.value), apart, margin.std_error, good, bad, _state(lift, good, bad, level)
        )
        for (key, rail), of, lift, apart, margin, good, bad in rows
    ]


def in_words(one: Tested) -> str:
    """Why an outcome does not hold."""
    if one.state == "broken":
        return f"its lift {one.lift.value:+.4g} is shown to be on the wrong side of {one.limit:+.4g}"
    if one.lift.verdict != "trusted":
        return f"the log does not support its lift ({one.lift.verdict}: {one.lift.reasons[0]})"
    return f"its lift {one.lift.value:+.4g} is not shown to be beyond {one.limit:+.4g} (p {one.p_holds:.2g})"


def _able(one: Estimator, outcome: Outcome) -> Estimator:
    return one if outcome is None or not one.needs_q else estimator("snips")


def _share(name: str, rail: Guardrail, own: Estimate) -> float:
    """What of the logging policy's value must be kept."""
    if not np.isfinite(rail.tolerance):
        raise InputError(f"{rail.tolerance}; a finite number is needed.", where=f"tolerance of '{name}'")
    if not rail.relative:
        return 1.0
    if not own.value > 2.0 * own.std_error:
        what = f"A share of {own.value:.4g} means nothing: the logging policy's own value must be clear of 0."
        raise InputError(what, where=f"tolerance of '{name}'", hint="Give an absolute one.")
    return 1.0 + rail.tolerance if rail.lower_is_better else 1.0 - rail.tolerance


def _beyond(rail: Guardrail, margin: Estimate) -> float:
    """How far an outcome is on the good side of its limit."""
    slack = 0.0 if rail.relative else rail.tolerance
    return (-margin.value if rail.lower_is_better else margin.value) + slack


def _limit(rail: Guardrail, own: float) -> float:
    slack = rail.tolerance * (own if rail.relative else 1.0)
    # No limit is +0, not -0.
    return slack if rail.lower_is_better else 0.0 - slack


def _less(given: Estimator, share: float) -> Estimator:
    """V(evaluated) - share V(logging)."""
    return replace(paired(given), compute=partial(_margin, given, share))


def _margin(given: Estimator, share: float, log: EvaluationLog, outcome: np.ndarray) -> list[Part]:
    """V(evaluated) - share V(logging)."""
    return [*given.compute(log, outcome), *(Scaled(share, part) for part in given.own(log, outcome))]


def _state(lift: Estimate, p_holds: float, p_broken: float, level: float) -> str:
    if lift.verdict != "trusted":
        return "open"
    return "holds" if p_holds <= level else "broken" if p_broken <= level else "open"
