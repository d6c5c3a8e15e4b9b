"""Before the next log: how many rows, or how much exploration, until a lift would show?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ...arguments import expect
from ...errors import InputError
from ...statistics.power import critical, joint_power, smallest_sample
from ..data import checks
from ..data.evaluation_log import EvaluationLog
from ..estimate import Estimate, estimate
from ..estimators import Estimator, Outcome
from ..reliability.gate import Gate
from .lifts import lift as estimated_lift

SHARES = (0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)


@dataclass(frozen=True)
class Plan:
    """What a log of this kind can show.

    Attributes:
        lift: the true lift that is to be shown, in the outcome's own unit.
        power: the share of logs that are to show it: their interval of the lift is clear of 0.
        confidence: level of that interval.
        power_now: the share of logs as large as this one that would show it.
        smallest_lift: the smallest lift that `power` of logs as large as this one would show.
        episodes: how many episodes are needed.
        times: the same, over those of this log.
        days: the same, in days; NaN where the log's days were not given.
        verdict, reasons: on the lift as this log has it: a plan from a log that does not support its estimate is worth
            as little.
    """

    lift: float
    power: float
    confidence: float
    power_now: float
    smallest_lift: float
    episodes: float
    times: float
    days: float
    verdict: str
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Exploration:
    """A log to be made by a behaviour policy that explores in a share of its decisions.

    Attributes:
        share: of decisions that are left to exploration.
        episodes: how many decisions such a log needs.
        times: the same, over those of this log.
        ess_ratio: effective sample size of the target policy's weights, over the number of decisions.
        reward: what a decision earns while exploring, on average.
    """

    share: float
    episodes: float
    times: float
    ess_ratio: float
    reward: float


def plan(
    log: EvaluationLog,
    lift: float,
    name: str | Estimator = "snips",
    *,
    relative: bool = False,
    power: float = 0.8,
    confidence: float = 0.95,
    days: float | None = None,
    metric: Outcome = None,
    gate: Gate | None = None,
) -> Plan:
    """How many more of the same rows until a lift would show.

    With s the standard error of the lift on these n episodes of C users (from its influence function; each episode is
    a user where the log knows none), n' episodes have s' = s sqrt(n / n'), and an interval value -+ t s' is clear of 0
    on the right side with probability P(T > t), T noncentral t of C n' / n - 1 degrees of freedom and noncentrality
    |lift| / s'. Many users: Phi(|lift| / s' - z), so that n' = n ((z_power + z) s / lift)^2.

    Skewness is left out: of clicks and rare purchases a gain shows a little more often than promised (.80 comes out as
    .81 to .83), a loss a little less (.77 to .79), and from fifty events in the log either does (.74 to .78).
    `ope.analysis.log_length` takes it into account, for one direction.

    Args:
        log: the logged decisions.
        lift: the true lift to be shown, not 0; its sign does not matter.
        name: the estimator that will be used.
        relative: whether `lift` is a share of the behaviour policy's value: .05 for five per cent.
        power: in (0, 1).
        confidence: of the interval.
        days: how many days the log spans.
        metric: what is valued in place of the reward; see `ope.lift`.
        gate: thresholds of the verdict.

    Raises:
        InputError: a lift of 0, a relative one where the behaviour policy's value is not clear of 0, or a log on
            which the lift or its standard error is not defined.
    """
    expect(log, EvaluationLog, "log")
    checks.level("power", power)
    checks.level("confidence", confidence)
    on_log = estimated_lift(log, name, metric=metric, interval="none", gate=gate)
    if not np.isfinite(on_log.std_error):
        raise InputError(f"The lift's standard error is not defined: {'; '.join(on_log.reasons)}.", where="log")
    absolute = absolute_lift(log, lift, relative, metric)
    by_normal = planned(on_log, absolute, power=power, confidence=confidence, days=days)
    return _by_student(by_normal, on_log, log.n_units)


def planned(
    on_log: Estimate, lift: float, *, power: float = 0.8, confidence: float = 0.95, days: float | None = None
) -> Plan:
    """The plan for a lift > 0, from an estimate of the lift on the log at hand, of so many users that t is normal."""
    reach = _reach(power, confidence)
    times = (reach * on_log.std_error / lift) ** 2
    return Plan(
        lift=lift,
        power=power,
        confidence=confidence,
        power_now=power_of(lift, on_log.std_error, confidence),
        smallest_lift=reach * on_log.std_error,
        episodes=times * on_log.n_episodes,
        times=times,
        days=np.nan if days is None else times * days,
        verdict=on_log.verdict,
        reasons=on_log.reasons,
    )


def explore(
    log: EvaluationLog,
    lift: float,
    towards: str | int | np.ndarray = "target",
    *,
    shares: Sequence[float] = SHARES,
    relative: bool = False,
    power: float = 0.8,
    confidence: float = 0.95,
) -> list[Exploration]:
    """How many decisions until a lift would show, if the behaviour policy explored in a share m of them.

    From the log at hand, made by b, this predicts a log of b' = (1 - m) b + m g. On that,
    `ope.lift(log, "snips", against=...)` of the target policy over b has the influence
    psi = (pi_e / b') (r - V_e) - (b / b') (r - V_b), whose variance under b' is E_b[(b' / b) psi^2]. Rows of one user
    are taken to be as much alike in the new log as in this one.

    Args:
        log: one-step decisions with discrete actions.
        lift: V_e - V_b, the true lift to be shown.
        towards: g: "target" for the target policy itself, a number A for a uniform choice among A actions, or (n,) g's
            probability of the logged action. What b never does is not in the log, and does not count.
        shares: of exploration, in [0, 1].
        relative, power, confidence: as in `ope.plan`.

    Raises:
        InputError: longer episodes, continuous actions, row weights, a share or probabilities out of range, or a lift
            of 0.
    """
    expect(log, EvaluationLog, "log")
    if not log.one_step or log.bandwidth is not None:
        raise InputError("Exploration is planned for one-step logs of discrete actions.", where="log")
    if log.propensity_source == "service":
        what = "Exploration is planned from propensities; this log has importance weights alone."
        raise InputError(what, where="propensities", hint="Use ope.plan.")
    if log.weights is not None:
        raise InputError("Exploration is planned from rows that count alike.", where="weights", hint="Use ope.plan.")
    checks.level("power", power)
    checks.level("confidence", confidence)
    lift = absolute_lift(log, lift, relative, None)
    behaviour, value = (estimate(log, name, interval="none").value for name in ("on-policy", "snips"))
    if not np.isfinite(value):
        raise InputError("No logged action has weight: the value is not defined.", where="target_propensities")
    b, g, r = log.propensities, _exploring(log, towards), log.rewards
    # Self-normalised, as the estimator will be.
    e = log.target_propensities / log.ratios.mean()
    design_effect = _design_effect(log)
    plans = []
    for share in shares:
        if not 0.0 <= share <= 1.0:
            raise InputError(f"A share is {share}; it must lie in [0, 1].", where="shares")
        mixed = (1.0 - share) * b + share * g
        # Rows that exploration would never log have no part in what it shows.
        with np.errstate(divide="ignore", invalid="ignore"):
            psi = np.where(mixed > 0, (e * (r - value) - b * (r - behaviour)) / mixed, 0.0)
            square = np.where(mixed > 0, e**2 / (b * mixed), 0.0).mean()
        change = mixed / b
        variance = float((change * psi**2).mean() / change.mean()) * design_effect
        episodes = (_reach(power, confidence) / lift) ** 2 * variance
        reward = float((change * r).mean() / change.mean())
        ratio = 1.0 / float(square) if square > 0 else 0.0
        plans.append(Exploration(float(share), episodes, episodes / log.n_episodes, ratio, reward))
    return plans


def power_of(lift: float, std_error: float, confidence: float = 0.95) -> float:
    """Phi(|lift| / std_error - z): how often an interval of that confidence is clear of 0 on the right side."""
    from scipy.special import ndtr, ndtri

    if std_error == 0:
        return 1.0
    return float(ndtr(abs(lift) / std_error - ndtri((1 + confidence) / 2)))


def _by_student(plan: Plan, on_log: Estimate, units: int) -> Plan:
    """The plan with Student's quantiles for the normal ones, of an estimate that rests on so many units."""
    from scipy.special import nctdtrinc

    if not on_log.std_error > 0 or units < 2:
        return plan
    shift = plan.lift / on_log.std_error

    def power_at(times: float) -> float:
        degrees = max(times * units - 1.0, 1.0)
        return joint_power(np.array([np.sqrt(times) * shift]), degrees, np.eye(1), plan.confidence)

    threshold = float(critical(units - 1.0, plan.confidence))
    times = smallest_sample(power_at, plan.power, 2.0 / units)
    return replace(
        plan,
        power_now=power_at(1.0),
        smallest_lift=float(nctdtrinc(units - 1.0, 1.0 - plan.power, threshold)) * on_log.std_error,
        episodes=times * on_log.n_episodes,
        times=times,
        days=plan.days * times / plan.times,
    )


def _reach(power: float, confidence: float) -> float:
    """How many standard errors a lift must be to show so often."""
    from scipy.special import ndtri

    return float(ndtri(power) + ndtri((1 + confidence) / 2))


def absolute_lift(log: EvaluationLog, lift: float, relative: bool, metric: Outcome = None) -> float:
    """The size of a lift in the outcome's own unit.

    Args:
        log: the logged decisions.
        lift: not 0; its sign does not matter.
        relative: whether it is a share of the behaviour policy's value.
        metric: of which outcome.

    Raises:
        InputError: a lift of 0, or a relative one where the behaviour policy's value is not clear of 0.
    """
    if not np.isfinite(lift) or lift == 0:
        raise InputError(f"{lift}; a number other than 0 is needed.", where="lift")
    if not relative:
        return float(abs(lift))
    behaviour = estimate(log, "on-policy", interval="none", metric=metric)
    if not abs(behaviour.value) > 2.0 * behaviour.std_error:
        what = f"A share of {behaviour.value:.4g} means nothing: the behaviour policy's value must be clear of 0."
        raise InputError(what, where="lift", hint="Give an absolute one.")
    return float(abs(lift * behaviour.value))


def _exploring(log: EvaluationLog, towards: str | int | np.ndarray) -> np.ndarray:
    if isinstance(towards, str):
        if towards != "target":
            what = f"'{towards}' is not 'target', a number of actions, or their probabilities."
            raise InputError(what, where="towards")
        return log.target_propensities
    if np.ndim(towards) == 0:
        checks.whole("towards", towards, 1)
        return np.full(log.n_rows, 1.0 / float(towards))
    column = checks.vector("towards", towards)
    if len(column) != log.n_rows:
        raise InputError(f"{len(column)} entries for {log.n_rows} decisions.", where="towards")
    checks.chances("towards", column)
    return column


def _design_effect(log: EvaluationLog) -> float:
    """By how much the lift's variance grows since rows of one user are alike."""
    if log.clusters is None:
        return 1.0
    logs = (log, replace(log, clusters=None))
    with_users, without = (estimated_lift(either, interval="none").std_error for either in logs)
    return (with_users / without) ** 2 if without > 0 else 1.0
