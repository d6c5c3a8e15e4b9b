"""The gate: whether an estimate may be believed."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from ...tolerances import ROUNDING
from .effective_sizes import Sizes

VERDICTS = ("trusted", "weak", "unreliable")
"""From best to worst."""
Verdict = tuple[str, tuple[str, ...]]
"""One of them, and why it is not a better one."""
LIFT_FACTOR = 1.75
"""What an event of a lift counts for: weights less 1 have two signs, which cancel in a skewness. Not by user, where
they cancel within one already."""

PROPENSITY_ROUNDING = 5e-4
"""Relative: what a probability written with four significant digits may be off by. So small a difference from the
propensity is evidence neither against a log nor for a policy."""


@dataclass(frozen=True)
class Gate:
    """Thresholds of the verdict: `unreliable` if any of the first block is crossed, `trusted` if all of the second
    hold, else `weak`. Those of the third are for users, or other units that are resampled whole.

    Units are users where the log knows them, else episodes. With users, the thresholds of the third block
    replace those of the effective sample size.
    """

    unreliable_ess: float = 50.0
    unreliable_weight_share: float = 0.25
    unreliable_mean_weight: tuple[float, float] = (0.5, 2.0)
    unreliable_z: float = 6.0
    unreliable_events: float = 5.0
    unreliable_unsupported: float = 0.10

    trusted_ess: float = 200.0
    trusted_ess_ratio: float = 0.05
    trusted_weight_share: float = 0.05
    trusted_z: float = 3.0
    trusted_unsupported: float = 0.01
    trusted_balanced_weights: float = 10.0
    trusted_events: float = 25.0
    trusted_equal_events: float = 16.0
    trusted_equal_user_events: float = 20.0
    trusted_largest_events: float = 20.0
    trusted_skewness: float = 0.25
    trusted_bins_p: float = 1e-3
    trusted_bins_shift: float = 0.0

    unreliable_users: float = 5.0
    trusted_users: float = 10.0


@dataclass(frozen=True)
class Overlap:
    """The figures the gate looks at; see `diagnostics` and `effective_sizes`.

    Attributes:
        users: how many users of one size there are; None where units are episodes.
        balanced_weights: infinite where it is not asked for.
        balanced_events: K0.
        size_balance: min(1, k3(c e) / k3(c)): what their sizes leave of the events' weights.
        sizes: of the events; None where they are not asked for.
        lift: whether the weights are differences of two policies'.
        largest_difference: the largest of these, without its sign; infinite where they are none.
    """

    users: float | None
    ess: float
    ess_ratio: float
    mean_weight: float
    mean_weight_z: float
    largest_weight_share: float
    balanced_weights: float
    effective_events: float
    balanced_events: float
    size_balance: float
    sizes: Sizes | None
    unsupported_mass: float
    lift: bool = False
    largest_difference: float = float("inf")


def judge(overlap: Overlap, gate: Gate) -> Verdict:
    """The verdict, and in words why it is not a better one."""
    o, g = overlap, gate
    low, high = g.unreliable_mean_weight
    # Fewer users can show as much as many rows if they are alike enough.
    least_ess, enough_ess = (g.unreliable_ess, g.trusted_ess) if o.users is None else (0.0, 0.0)
    ess = f"effective sample size {o.ess:.4g}" + ("" if o.users is None else " users")
    share = f"one {'weight' if o.users is None else 'user'} is {o.largest_weight_share:.0%} of the sum"
    z = f"the mean weight {o.mean_weight:.3g} lies {abs(o.mean_weight_z):.3g} standard errors from 1"
    nothing = "no effective events (every reward that has weight is the same)"
    events = f"{o.effective_events:.3g} effective events" if o.effective_events > 0 else nothing
    unsupported = f"{o.unsupported_mass:.1%} of the policy is on actions that are never logged"
    unreliable = [
        (_below(o.ess, least_ess), f"{ess}, below {least_ess:g}"),
        (
            _above(o.largest_weight_share, g.unreliable_weight_share),
            f"{share}, above {100 * g.unreliable_weight_share:g}%",
        ),
        (not o.largest_weight_share <= 1, "no weight is above 0"),
        (not low <= o.mean_weight <= high, f"mean weight {o.mean_weight:.3g}, outside [{low:g}, {high:g}]"),
        (_above(abs(o.mean_weight_z), g.unreliable_z), f"{z}, above {g.unreliable_z:g}"),
        (_below(o.effective_events, g.unreliable_events), f"{events}, below {g.unreliable_events:g}"),
        (_above(o.unsupported_mass, g.unreliable_unsupported), f"{unsupported}, above {g.unreliable_unsupported:.0%}"),
    ]
    if any(crossed for crossed, _ in unreliable):
        return "unreliable", tuple(reason for crossed, reason in unreliable if crossed)
    weights = (
        f"the weights are so uneven that they count for {o.balanced_weights:.3g} alike, "
        f"below {g.trusted_balanced_weights:g}"
    )
    weak = [
        (_below(o.ess, enough_ess), f"{ess}, below {enough_ess:g}"),
        (_below(o.ess_ratio, g.trusted_ess_ratio), f"{ess}, {o.ess_ratio:.2%} of the log"),
        (_below(o.balanced_weights, g.trusted_balanced_weights), weights),
        (_above(o.largest_weight_share, g.trusted_weight_share), f"{share}, above {100 * g.trusted_weight_share:g}%"),
        (_above(abs(o.mean_weight_z), g.trusted_z), f"{z}, above {g.trusted_z:g}"),
        (not tail_was_seen(o, g), _unseen_tail(o, g)),
        (o.largest_difference <= PROPENSITY_ROUNDING, "the policies differ by no more than probabilities are rounded"),
        (_above(o.unsupported_mass, g.trusted_unsupported), f"{unsupported}, above {g.trusted_unsupported:.0%}"),
    ]
    reasons = tuple(reason for crossed, reason in weak if crossed)
    return ("weak" if reasons else "trusted"), reasons


def tail_was_seen(overlap: Overlap, gate: Gate) -> bool:
    """Whether the events are many enough for how unequal their sizes are: a log that drew no large order looks as
    healthy as one of a shop that has none."""
    sizes = overlap.sizes
    if sizes is None:
        return True
    number, least = _alike(overlap), _enough(overlap, gate)
    seen_at_largest = sizes.largest >= gate.trusted_largest_events
    return (
        not _below(_counted(overlap, sizes), gate.trusted_events)
        or (seen_at_largest and not _below(number * overlap.size_balance, least))
        or not _below(number * sizes.known, least)
    )


def _below(figure: float, limit: float) -> bool:
    """Whether a figure is below a limit by more than rounding; one that is not defined is."""
    return not figure >= limit * (1.0 - ROUNDING)


def _above(figure: float, limit: float) -> bool:
    """Whether a figure is above a limit by more than rounding."""
    return figure > limit * (1.0 + ROUNDING)


def _enough(overlap: Overlap, gate: Gate) -> float:
    return gate.trusted_equal_events if overlap.users is None else gate.trusted_equal_user_events


def _alike(overlap: Overlap) -> float:
    """How many events of equal weight there are, whatever their sizes."""
    return _factor(overlap) * overlap.balanced_events


def _counted(overlap: Overlap, sizes: Sizes) -> float:
    """How many events alike in weight and size they count for."""
    return _factor(overlap) * min(overlap.balanced_events, sizes.effective) * sizes.evenness


def _factor(overlap: Overlap) -> float:
    return LIFT_FACTOR if overlap.lift and overlap.users is None else 1.0


def _unseen_tail(overlap: Overlap, gate: Gate) -> str:
    sizes = overlap.sizes
    if sizes is None:
        return ""
    number, least = _alike(overlap) * overlap.size_balance, _enough(overlap, gate)
    if sizes.largest >= gate.trusted_largest_events:
        return f"the events count for {number:.3g} alike in weight, below {least:g}"
    few = f"the events count for {_counted(overlap, sizes):.3g} alike in weight and size, below {gate.trusted_events:g}"
    return few if number < least else f"{few}: the largest may not have been seen"


def times_needed(overlap: Overlap, gate: Gate) -> float:
    """How many times as long a log of the same kind must be for those thresholds of `trusted` that a longer log passes;
    infinite where none is long enough."""
    o, g = overlap, gate
    short = [
        o.largest_weight_share / g.trusted_weight_share,
        _short(g.trusted_balanced_weights, o.balanced_weights),
        _short(g.trusted_ess, o.ess) if o.users is None else _short(g.trusted_users, o.users),
    ]
    if o.sizes is not None:
        number, least = _alike(o), _enough(o, g)
        of_one_size = max(_short(g.trusted_largest_events, o.sizes.largest), _short(least, number * o.size_balance))
        short.append(
            min(_short(g.trusted_events, _counted(o, o.sizes)), of_one_size, _short(least, number * o.sizes.known))
        )
    return max(short)


def times_as_long(overlaps: Iterable[Overlap], skewness: float, gate: Gate) -> float:
    """How many times as long a log must be for a trusted estimate, from all figures that the gate looks at: a skewness
    falls with the square root of the number of rows."""
    return max((skewness / gate.trusted_skewness) ** 2, *(times_needed(overlap, gate) for overlap in overlaps))


def _short(needed: float, there: float) -> float:
    return needed / there if there > 0 else float("inf")


def judge_skewness(verdict: Verdict, skewness: float, gate: Gate) -> Verdict:
    """A verdict on weights and events, and on how skewed the estimate itself is."""
    if abs(skewness) <= gate.trusted_skewness * (1.0 + ROUNDING):
        return verdict
    lopsided = f"a few units carry the estimate: its skewness is {abs(skewness):.2g}, above {gate.trusted_skewness:.3g}"
    if math.isnan(skewness):
        lopsided = "the estimate's skewness is not known: one unit, or numbers too large for it"
    return max(verdict[0], "weak", key=VERDICTS.index), (*verdict[1], lopsided)


def judge_users(
    verdict: Verdict, users: float | None, gate: Gate, units: str = "users (clusters)", differ: str = "users"
) -> Verdict:
    """A verdict, and whether the resampled users are enough to show how they differ. `users` is how many users of one
    size they are; None where every episode is drawn by itself, so that its weights are enough."""
    if users is None or not _below(users, gate.trusted_users):
        return verdict
    least = "unreliable" if _below(users, gate.unreliable_users) else "weak"
    few = f"{users:.3g} {units} hardly tell how {differ} differ; {gate.trusted_users:g} are needed"
    return max(verdict[0], least, key=VERDICTS.index), (few, *verdict[1])
