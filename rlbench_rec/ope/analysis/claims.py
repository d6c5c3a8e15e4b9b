"""What a new policy must show at once: a lift of the headline, and guardrails that hold.

Each claim is a distance d from its limit, in the good direction. Its estimates, from a log or from a test, are taken as
jointly normal, with the correlations of the outcomes' influences over units (users where the log knows them).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from ...errors import InputError
from ...statistics.power import correlations, standard_moments
from ..data.evaluation_log import EvaluationLog
from ..estimate import Estimate, infer
from ..estimators import Estimator, estimator, valued
from ..inference.inference_options import Inference
from ..inference.influence import LogParts, Measured, measure, unit_influences
from .guardrails import HEADLINE, Guardrail, distance_of, kept_share, margins_of
from .lifts import paired


@dataclass(frozen=True)
class Claims:
    """K claims: the headline first.

    Attributes:
        names: of the outcomes.
        distances: (K,) how far beyond its limit each is taken to be: the planned lift for the headline, no change for
            guardrails.
        seen: (K,) the same as this log estimates it.
        errors: (K,) standard errors of `seen`.
        correlation: (K, K) of `seen`.
        shape: (2, K) skewness and fourth standardised moment over units of what each estimate is the mean of.
        spreads: (K,) standard deviation over units of the behaviour policy's outcome, as its mean feels it: sqrt(units)
            times that mean's standard error.
        shares: (K,) of the behaviour policy's value that must be kept; 1 where a difference is looked at.
        growth: (K,) the variance of the outcome under the target policy over that under the behaviour policy.
        together: (K, K) correlations of the outcomes over units.
        outcome_shape: (2, K) skewness and fourth standardised moment of the outcomes over units.
        units: how many users, or episodes where the log knows no users.
        episodes: how many episodes.
        unit: what a unit is called: `users`, `sessions` or `decisions`.
        episode: what an episode is called: `sessions` or `decisions`.
        lift: of the headline on this log, with its verdict.
    """

    names: tuple[str, ...]
    distances: np.ndarray
    seen: np.ndarray
    errors: np.ndarray
    correlation: np.ndarray
    shape: np.ndarray
    spreads: np.ndarray
    shares: np.ndarray
    growth: np.ndarray
    together: np.ndarray
    outcome_shape: np.ndarray
    units: int
    episodes: int
    unit: str
    episode: str
    lift: Estimate

    @property
    def spread_error(self) -> float:
        """How far the log knows the squared standard error of the headline's estimate, as a share of it: of few rare
        events it is itself a matter of chance, and plans of the asked power come out with less."""
        return float(np.sqrt(max(self.shape[1, 0] - 1.0, 0.0) / self.units))


def claims_of(
    log: EvaluationLog,
    lift: float,
    guardrails: Mapping[str, Guardrail] | None = None,
    name: str | Estimator = "snips",
    *,
    min_lift: float = 0.0,
    lower_is_better: bool = False,
    inference: Inference | None = None,
) -> Claims:
    """The claims of a policy on a log.

    Args:
        log: the logged decisions.
        lift: the true lift that is to be shown, in the good direction.
        guardrails: what must not suffer, by name.
        name: how V(target) is estimated.
        min_lift: what the lift must exceed.
        lower_is_better: whether rewards are costs.
        inference: its gate.

    Raises:
        InputError: a lift that does not exceed `min_lift`, rows that stand for several, a relative tolerance of an
            outcome that may be 0, an outcome that does not vary, or a standard error that is not defined.
    """
    if not lift > min_lift:
        raise InputError(f"A lift of {lift:.4g} does not exceed the one that is asked for, {min_lift:g}.", where="lift")
    if log.weights is not None:
        what = "A test sees every decision; this log is thinned, and its rows count unlike."
        raise InputError(what, where="weights", hint="Plan from rows that were not thinned.")
    rails = {HEADLINE: Guardrail(None, -min_lift, lower_is_better), **(guardrails or {})}
    plain = replace(inference or Inference(), interval="none")
    on_policy = [valued(estimator("on-policy"), rail.outcome) for rail in rails.values()]
    behaviour = infer(log, on_policy, plain)
    (on_log,) = infer(log, [paired(estimator(name))], plain)
    signs = np.array([-1.0 if rail.lower_is_better else 1.0 for rail in rails.values()])
    episode = "decisions" if log.one_step else "sessions"
    margins, influences = _measured(log, margins_of(rails, behaviour, name))
    outcomes, of_outcomes = _measured(log, on_policy)
    for each in (*margins, *outcomes):
        if not np.isfinite(each.std_error):
            why = "; ".join(on_log.reasons) or "there are too few rows"
            raise InputError(f"A standard error is not defined: {why}.", where="log")
    _refuse_constant(dict(zip(rails, outcomes, strict=True)))
    pairs = list(zip(rails.values(), behaviour, strict=True))
    slack = [rail.tolerance * (base.value if rail.relative else 1.0) for rail, base in pairs]
    return Claims(
        names=tuple(rails),
        distances=np.array([lift - min_lift, *slack[1:]]),
        seen=np.array([distance_of(*each) for each in zip(rails.values(), (m.value for m in margins), strict=True)]),
        errors=np.array([margin.std_error for margin in margins]),
        correlation=correlations(influences * signs),
        shape=standard_moments(influences * signs),
        spreads=np.array([outcome.std_error for outcome in outcomes]) * np.sqrt(log.n_units),
        shares=np.array([kept_share(name, *pair) for name, pair in zip(rails, pairs, strict=True)]),
        growth=np.array([growth(log, signs[0] * lift, on_log.verdict != "unreliable")] + [1.0] * (len(rails) - 1)),
        together=correlations(of_outcomes * signs),
        outcome_shape=standard_moments(of_outcomes * signs),
        units=log.n_units,
        episodes=log.n_episodes,
        unit=episode if log.clusters is None else "users",
        episode=episode,
        lift=on_log,
    )


def _refuse_constant(outcomes: Mapping[str, Measured]) -> None:
    """Of an outcome that is the same for all, a standard error of 0 would say that nothing can ever change it."""
    for name, outcome in outcomes.items():
        if outcome.std_error > 0.0:
            continue
        if name == HEADLINE:
            what = "Every unit of the log has the same outcome, so how much outcomes vary is not known."
            hint = "Plan from a log in which the outcome happens to some and not to all."
            raise InputError(what, where="log", hint=hint)
        what = "Every unit of the log has the same outcome, so how long it takes to show that it holds is not known."
        hint = "Plan without it, and watch it in the test: of what never happens to n units, the rate is below 3 / n."
        raise InputError(what, where=f"guardrail '{name}'", hint=hint)


def growth(log: EvaluationLog, lift: float, supported: bool) -> float:
    """The variance of an episode's return R under the target policy, over its variance V now.

    Rewards of a few events (none below 0, and most episodes without any): more events of the same sizes, so that the
    mean square grows as the mean does: (m2 (mu + lift) / mu - (mu + lift)^2) / V. For rewards of 0 and 1 that is
    p' (1 - p') / (p (1 - p)). Other rewards: by importance weights, sum W R^2 / sum W - (sum W R / sum W)^2 over V,
    whatever the lift; 1 where the log does not support its estimate.

    Args:
        log: the logged decisions.
        lift: the planned one, in the outcome's own direction.
        supported: whether the log supports its estimate.
    """
    returns = log.per_episode(log.discounts * log.rewards)
    mean, square = float(returns.mean()), float(np.square(returns).mean())
    variance, planned = square - mean**2, mean + lift
    if not variance > 0.0:
        return 1.0
    if returns.min() >= 0.0 and np.median(returns) == 0.0 and planned > 0.0:
        # Where the planned rate exceeds 1 there is nothing left to vary by this rule.
        return max((square * planned / mean - planned**2) / variance, 0.0) or 1.0
    if not supported:
        return 1.0
    weights = log.scaled_final_weights
    under = float(np.average(np.square(returns - np.average(returns, weights=weights)), weights=weights))
    return under / variance


def _measured(log: EvaluationLog, members: list[Estimator]) -> tuple[list[Measured], np.ndarray]:
    """Each estimator's value and standard error, and (units, K) influences."""
    parts = LogParts(log, members)
    with np.errstate(over="ignore", invalid="ignore"):
        measured = measure(parts)
        influences = list(unit_influences(parts, [each.parts for each in measured], [each.means for each in measured]))
    return measured, np.nan_to_num(np.stack(influences, axis=1))
