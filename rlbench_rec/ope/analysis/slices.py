"""By segment and by day: who gains, who loses, and whether the days agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ...errors import InputError
from ...statistics.hypotheses import holm, two_sided
from ..data import checks
from ..data.evaluation_log import EvaluationLog
from ..estimate import Estimate, infer
from ..estimators import Estimator, Outcome, estimator, valued
from ..inference.inference_options import Inference, Interval
from ..inference.influence import LogParts, measure, unit_influences
from ..reliability.diagnostics import diagnose
from ..reliability.gate import VERDICTS, Gate, judge_users
from ..reliability.weight_sums import Magnitudes
from .lifts import paired
from .subsets import subset

AGAINST = ("zero", "rest")


@dataclass(frozen=True)
class Slice:
    """One segment, or one day.

    Attributes:
        label: as given.
        n_episodes: how many it has.
        ess: their effective sample size.
        value: the target policy's value there.
        lift: over the behaviour policy's value there, paired.
        difference: the slice's lift minus that of all other episodes; NaN where there are none, or where the lift is
            tested against 0.
        p_value: two-sided, of no lift, or of the same lift as elsewhere; NaN where the lift is `unreliable`.
        p_adjusted: Holm's, over all slices with a p value.
    """

    label: object
    n_episodes: int
    ess: float
    value: Estimate
    lift: Estimate
    difference: float
    p_value: float
    p_adjusted: float

    @property
    def verdict(self) -> str:
        """That of the lift."""
        return self.lift.verdict


def by_slice(
    log: EvaluationLog,
    labels: Sequence[object] | np.ndarray,
    name: str | Estimator = "snips",
    *,
    against: str = "zero",
    metric: Outcome = None,
    interval: Interval = "bootstrap",
    confidence: float = 0.95,
    n_resamples: int = 2_000,
    seed: int = 0,
    gate: Gate | None = None,
) -> list[Slice]:
    """Value, lift, overlap and test for every slice, in sorted order of labels.

    Twenty slices without any effect show one at 5 %: `p_adjusted` allows for their number. Where the log knows users,
    standard errors and tests are by user, also for users who are in several slices.

    Args:
        log: the logged decisions.
        labels: (episodes,) segment, device, day, … of each.
        name: the estimator.
        against: "zero" tests each slice's lift against none; "rest" against the lift of all other episodes, which
            shows who gains more or less than the others.
        metric: what is valued in place of the reward; see `ope.lift`.
        interval, confidence, n_resamples, seed, gate: as in `ope.estimate`.

    Raises:
        InputError: labels that are missing or of another number, and what `ope.estimate` raises.
    """
    if against not in AGAINST:
        raise InputError(f"'{against}' is not one of {', '.join(AGAINST)}.", where="against")
    inference = Inference(interval, confidence, n_resamples, seed, gate or Gate())
    of_value = estimator(name) if metric is None else valued(estimator(name), metric)
    return slice_estimates(log, labels, of_value, inference, against)


def slice_estimates(
    log: EvaluationLog,
    labels: Sequence[object] | np.ndarray,
    of_value: Estimator,
    inference: Inference,
    against: str = "zero",
) -> list[Slice]:
    """What `by_slice` does once its options are read."""
    codes = checks.episode_codes("labels", labels, log.n_episodes)
    # Sorted as the codes are.
    names = np.unique(np.asarray(labels)).tolist()
    slices = []
    for code, label in enumerate(names):
        members = codes == code
        part = subset(log, members)
        # One by one: a simultaneous band of both would be another interval.
        value, lift = (infer(part, [member], inference)[0] for member in (of_value, paired(of_value)))
        if against == "zero":
            difference, p_value = np.nan, two_sided(lift.value, lift.std_error, part.n_units)
        else:
            difference, p_value = _against_rest(log, members, paired(of_value))
        p_value = np.nan if lift.verdict == VERDICTS[-1] else p_value
        ess = diagnose(part, inference.gate).ess
        slices.append(Slice(label, part.n_episodes, ess, value, lift, difference, p_value, np.nan))
    adjusted = holm(np.array([each.p_value for each in slices]))
    return [replace(each, p_adjusted=float(p)) for each, p in zip(slices, adjusted, strict=True)]


def _against_rest(log: EvaluationLog, members: np.ndarray, lift: Estimator) -> tuple[float, float]:
    """The slice's lift minus that of the rest, and its p, from the episodes' influences on both."""
    if members.all():
        return np.nan, np.nan
    psi, difference, scale = np.empty(log.n_episodes), 0.0, 0.0
    for side, sign in ((members, 1.0), (~members, -1.0)):
        parts = LogParts(replace(subset(log, side), clusters=None, strata=None), [lift])
        with np.errstate(over="ignore", invalid="ignore"):
            (measured,) = measure(parts)
            (influence,) = unit_influences(parts, [measured.parts], [measured.means])
        psi[side] = sign * influence / log.times_weights(side).sum()
        # What varies by rounding alone does not vary.
        psi[side] = psi[side] if measured.std_error != 0.0 else 0.0
        difference, scale = difference + sign * measured.value, scale + measured.scale
    of_units = psi if log.clusters is None else np.bincount(log.clusters, psi)
    units = len(of_units)
    error = float(np.sqrt(np.square(of_units).sum() * units / (units - 1))) if units > 1 else np.nan
    return difference, two_sided(difference, error, units, scale=scale)


def over_days(
    log: EvaluationLog,
    days: Sequence[object] | np.ndarray,
    name: str | Estimator = "snips",
    *,
    block: int = 1,
    lift: bool = True,
    metric: Outcome = None,
    interval: Interval = "normal",
    confidence: float = 0.95,
    n_resamples: int = 2_000,
    seed: int = 0,
    gate: Gate | None = None,
) -> Estimate:
    """The lift (or the value) with an interval for *days like these*, not for customers like these on the same days.

    Whole days are resampled, or blocks of consecutive ones, since what a shop earns differs from day to day and is
    alike on days that follow one another (block bootstrap: Künsch 1989; here of disjoint blocks, Carlstein 1986).
    With few blocks Student's t, the default, is safer than resampling them. Fewer than 10 blocks of one size are never
    `trusted`, fewer than 5 `unreliable`; weights and events are judged as without days.

    Args:
        log: the logged decisions; its own clusters give way to days.
        days: (episodes,) day of each, in a form that sorts: a date, a number, an ISO text.
        name: the estimator.
        block: how many consecutive days are resampled together, such as 7.
        lift: whether the lift over the behaviour policy is estimated, or the value.
        metric: what is valued in place of the reward; see `ope.lift`.
        interval: `normal`, or `bootstrap`, `bca`, `studentised`.
        confidence, n_resamples, seed, gate: as in `ope.estimate`.

    Raises:
        InputError: days that are missing or of another number, a block below one day, a single block, and what
            `ope.estimate` raises.
    """
    inference = Inference(interval, confidence, n_resamples, seed, gate or Gate())
    of_value = estimator(name) if metric is None else valued(estimator(name), metric)
    return day_estimate(log, days, paired(of_value) if lift else of_value, inference, block)


def day_estimate(
    log: EvaluationLog, days: Sequence[object] | np.ndarray, member: Estimator, inference: Inference, block: int = 1
) -> Estimate:
    """What `over_days` does once its options are read."""
    checks.whole("block", block, 1)
    day = checks.episode_codes("days", days, log.n_episodes)
    blocks = max((int(day.max()) + 1) // block, 1)
    # Days that fill no block of their own belong to the last.
    codes = np.minimum(day // block, blocks - 1)
    span = "days" if block == 1 else f"blocks of {block} days"
    if blocks < 2:
        what = f"All rows lie in one of the {span}, which does not show how days differ."
        raise InputError(what, where="days", hint="Log longer, or estimate without days.")
    (by_days,) = infer(replace(log, clusters=codes, strata=None), [member], inference)
    (by_row,) = infer(log, [member], replace(inference, interval="none"))
    # A day is a sum over many users: rows show what these leave unseen, days how they differ.
    verdict, reasons = judge_users((by_row.verdict, by_row.reasons), _effective(codes), inference.gate, span, "days")
    return replace(by_days, verdict=verdict, reasons=reasons)


def _effective(blocks: np.ndarray) -> float:
    """How many blocks of one size they are."""
    return Magnitudes.of(np.bincount(blocks).astype(np.float64)).effective_number
