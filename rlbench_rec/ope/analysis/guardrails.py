"""May it be shipped? A headline that must improve, and guardrails that must not suffer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from ...errors import InputError
from ...statistics.hypotheses import holm, tail
from ..data.evaluation_log import EvaluationLog
from ..estimate import Estimate, infer
from ..estimators import Estimator, Outcome, estimator, valued
from ..estimators.functionals import Part
from ..inference.combination import Scaled
from ..inference.inference_options import Inference, Interval
from ..reliability.gate import Gate
from .lifts import paired

HEADLINE = "headline"


@dataclass(frozen=True)
class Guardrail:
    """An outcome that must not suffer.

    Attributes:
        outcome: None (the reward), a column of `log.metrics`, or a pair (a, b) for a ratio.
        tolerance: by how much it may be worse, >= 0; less than 0 asks for an improvement.
        lower_is_better: whether it is a cost.
        relative: whether the tolerance is a share of the behaviour policy's value: .01 for one per cent.
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
        behaviour: the behaviour policy's value.
        lift: the target policy's value minus that.
        limit: the lift it must stay beyond, in the outcome's own unit; below it where lower is better.
        distance, std_error: how far the lift is beyond the limit, in the good direction, and its standard error.
        p_holds: one-sided p of "it is not beyond the limit".
        p_broken: one-sided p of "it is not short of the limit", Holm-adjusted over all outcomes.
        state: `holds`, `broken`, or `open` where neither is shown or the verdict on the lift is not `trusted`.
    """

    name: str
    behaviour: Estimate
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
    interval: Interval = "bootstrap",
    confidence: float = 0.95,
    n_resamples: int = 2_000,
    seed: int = 0,
    gate: Gate | None = None,
) -> Answer:
    """Ship, do not ship, or cannot tell.

    `ship` needs the headline's lift beyond `min_lift` and every guardrail within its tolerance, each shown by a
    one-sided test at level a = (1 - confidence) / 2. No correction for their number is needed: a wrong `ship` is wrong
    about at least one outcome, which happens with probability at most a (intersection-union test, Berger 1982).
    `do-not-ship` needs any of them shown to be short of its limit; here each further outcome is a further chance to be
    wrong, so the p values are Holm's. Nothing that is not `trusted` shows anything.

    Args:
        log: the logged decisions, with `metrics`.
        guardrails: by name.
        name: the estimator; where it needs a model, guardrails on metrics take `snips`.
        headline: the outcome to improve.
        min_lift: the lift that must be exceeded, in the good direction.
        lower_is_better: whether the headline is a cost.
        interval, confidence, n_resamples, seed, gate: as in `ope.estimate`.

    Raises:
        InputError: a relative tolerance of an outcome that may be 0, and what `ope.estimate_all` raises.
    """
    if HEADLINE in guardrails:
        raise InputError("A guardrail needs another name.", where=HEADLINE)
    inference = Inference(interval, confidence, n_resamples, seed, gate or Gate())
    limits = {HEADLINE: Guardrail(headline, -min_lift, lower_is_better), **guardrails}
    tested = outcomes_tested(log, limits, name, inference)
    reasons = [f"{outcome.name}: {in_words(outcome)}" for outcome in tested if outcome.state != "holds"]
    states = {outcome.state for outcome in tested}
    decision = "do-not-ship" if "broken" in states else "cannot-tell" if "open" in states else "ship"
    return Answer(decision, tested[0], tuple(tested[1:]), tuple(reasons))


def outcomes_tested(
    log: EvaluationLog, guardrails: Mapping[str, Guardrail], name: str | Estimator, inference: Inference
) -> list[Tested]:
    """Each outcome against its limit; see `ship`."""
    rails = list(guardrails.values())
    behaviour = infer(log, [valued(estimator("on-policy"), rail.outcome) for rail in rails], inference)
    lifts = infer(log, [paired(of_value) for of_value in _of_target(rails, name)], inference)
    of_margins = margins_of(guardrails, behaviour, name)
    margins = infer(log, of_margins, replace(inference, interval="none"))
    figures = [(margin.value, margin.std_error) for margin in margins]
    return judged(guardrails, behaviour, lifts, figures, log.n_units, inference.levels[0])


def judged(
    guardrails: Mapping[str, Guardrail],
    behaviour: Sequence[Estimate],
    lifts: Sequence[Estimate],
    margins: Sequence[tuple[float, float]],
    units: int,
    level: float,
) -> list[Tested]:
    """Each outcome against its limit, from what was estimated of it.

    Args:
        guardrails: by name.
        behaviour, lifts: the behaviour policy's value of each, and the lift.
        margins: value and standard error of what `margins_of` estimates.
        units: how many users, or episodes.
        level: of a one-sided test.
    """
    rails = list(guardrails.values())
    distances = [distance_of(rail, margin) for rail, (margin, _) in zip(rails, margins, strict=True)]
    # A margin is the difference of the two policies' values.
    scales = [abs(base.value) + abs(base.value + lift.value) for base, lift in zip(behaviour, lifts, strict=True)]
    figures = list(zip(distances, [error for _, error in margins], scales, strict=True))
    p_holds = [tail(distance, error, units, scale=scale) for distance, error, scale in figures]
    p_broken = holm(np.array([tail(-distance, error, units, scale=scale) for distance, error, scale in figures]))
    return [
        Tested(
            outcome,
            base,
            lift,
            _limit(rail, base.value),
            distance,
            error,
            p_good,
            p_bad,
            _state(lift, p_good, p_bad, level),
        )
        for (outcome, rail), base, lift, (distance, error, _), p_good, p_bad in zip(
            guardrails.items(), behaviour, lifts, figures, p_holds, p_broken.tolist(), strict=True
        )
    ]


def in_words(outcome: Tested) -> str:
    """Why an outcome does not hold."""
    lift = outcome.lift
    if outcome.state == "broken":
        return f"its lift {lift.value:+.4g} is shown to be on the wrong side of {outcome.limit:+.4g}"
    if lift.verdict != "trusted":
        return f"the log does not support its lift ({lift.verdict}: {lift.reasons[0]})"
    return f"its lift {lift.value:+.4g} is not shown to be beyond {outcome.limit:+.4g} (p {outcome.p_holds:.2g})"


def margins_of(
    guardrails: Mapping[str, Guardrail], behaviour: Sequence[Estimate], name: str | Estimator
) -> list[Estimator]:
    """For each outcome the estimator of V(target) - share V(behaviour), whose sign says whether it is kept; see
    `kept_share` and `distance_of`.

    Args:
        guardrails: by name.
        behaviour: the behaviour policy's value of each.
        name: how V(target) is estimated.

    Raises:
        InputError: a relative tolerance of an outcome that may be 0.
    """
    shares = [
        kept_share(outcome, guardrails[outcome], base) for outcome, base in zip(guardrails, behaviour, strict=True)
    ]
    return [_margin(*each) for each in zip(_of_target(list(guardrails.values()), name), shares, strict=True)]


def _of_target(rails: Sequence[Guardrail], name: str | Estimator) -> list[Estimator]:
    return [valued(_able(estimator(name), rail.outcome), rail.outcome) for rail in rails]


def _able(of_reward: Estimator, outcome: Outcome) -> Estimator:
    """The estimator, or `snips` where its model is one of the reward and the outcome is another."""
    return of_reward if outcome is None or not of_reward.needs_q else estimator("snips")


def kept_share(name: str, rail: Guardrail, behaviour: Estimate) -> float:
    """The share of the behaviour policy's value that must be kept.

    Raises:
        InputError: a tolerance that is not finite, or a relative one of an outcome that may be 0.
    """
    if not np.isfinite(rail.tolerance):
        raise InputError(f"{rail.tolerance}; a finite number is needed.", where=f"tolerance of '{name}'")
    if not rail.relative:
        return 1.0
    if not behaviour.value > 2.0 * behaviour.std_error:
        what = f"A share of {behaviour.value:.4g} means nothing: the behaviour policy's value must be clear of 0."
        raise InputError(what, where=f"tolerance of '{name}'", hint="Give an absolute one.")
    return 1.0 + rail.tolerance if rail.lower_is_better else 1.0 - rail.tolerance


def distance_of(rail: Guardrail, margin: float) -> float:
    """How far an outcome is on the good side of its limit, by its `V(target) - share V(behaviour)`."""
    slack = 0.0 if rail.relative else rail.tolerance
    return (-margin if rail.lower_is_better else margin) + slack


def _limit(rail: Guardrail, behaviour: float) -> float:
    slack = rail.tolerance * (behaviour if rail.relative else 1.0)
    # A limit of 0 is +0, not -0.
    return slack if rail.lower_is_better else 0.0 - slack


def _margin(of_value: Estimator, share: float) -> Estimator:
    """V(target) - share V(behaviour)."""
    return replace(paired(of_value), compute=partial(_margin_parts, of_value, share))


def _margin_parts(of_value: Estimator, share: float, log: EvaluationLog, outcome: np.ndarray) -> list[Part]:
    """V(target) - share V(behaviour)."""
    return [*of_value.compute(log, outcome), *(Scaled(share, part) for part in of_value.minus_behaviour(log, outcome))]


def _state(lift: Estimate, p_holds: float, p_broken: float, level: float) -> str:
    if lift.verdict != "trusted":
        return "open"
    return "holds" if p_holds <= level else "broken" if p_broken <= level else "open"
