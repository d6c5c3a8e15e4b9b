"""The gate: may this number be believed at all?

The thresholds were simulated on 28,800 logs: estimates called `trusted` had 95 % intervals that covered the truth
94 % of the time, `weak` ones 77-83 %.
"""

from __future__ import annotations

from dataclasses import dataclass

VERDICTS = ("trusted", "weak", "unreliable")
"""From best to worst."""
Verdict = tuple[str, tuple[str, ...]]
"""One of them, and why it is not a better one."""


@dataclass(frozen=True)
class Gate:
    """Thresholds of the verdict: `unreliable` if any of the first block is crossed, `trusted` if all of the second
    hold, else `weak`. Those of the third are of users, or whatever else is resampled whole."""

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
    trusted_events: float = 30.0
    trusted_unsupported: float = 0.01

    unreliable_users: int = 5
    trusted_users: int = 10


@dataclass(frozen=True)
class Overlap:
    """The figures the gate looks at; see `ope.diagnostics`."""

    ess: float
    ess_ratio: float
    mean_weight: float
    mean_weight_z: float
    largest_weight_share: float
    effective_events: float
    unsupported_mass: float


def judge(overlap: Overlap, gate: Gate) -> Verdict:
    """The verdict, and in words why it is not a better one."""
    o, g = overlap, gate
    low, high = g.unreliable_mean_weight
    ess = f"effective sample size {o.ess:.4g}"
    share = f"one weight is {o.largest_weight_share:.0%} of the sum"
    z = f"the mean weight {o.mean_weight:.3g} lies {abs(o.mean_weight_z):.3g} standard errors from 1"
    nothing = "no effective events (whatever has weight is 0)"
    events = f"{o.effective_events:.3g} effective events" if o.effective_events > 0 else nothing
    unsupported = f"{o.unsupported_mass:.1%} of the policy is on actions that are never logged"
    unreliable = [
        (not o.ess >= g.unreliable_ess, f"{ess}, below {g.unreliable_ess:g}"),
        (o.largest_weight_share > g.unreliable_weight_share, f"{share}, above {g.unreliable_weight_share:.0%}"),
        (not o.largest_weight_share <= 1, "no weight is above 0"),
        (not low <= o.mean_weight <= high, f"mean weight {o.mean_weight:.3g}, outside [{low:g}, {high:g}]"),
        (abs(o.mean_weight_z) > g.unreliable_z, f"{z}, above {g.unreliable_z:g}"),
        (not o.effective_events >= g.unreliable_events, f"{events}, below {g.unreliable_events:g}"),
        (o.unsupported_mass > g.unreliable_unsupported, f"{unsupported}, above {g.unreliable_unsupported:.0%}"),
    ]
    if any(crossed for crossed, _ in unreliable):
        return "unreliable", tuple(reason for crossed, reason in unreliable if crossed)
    weak = [
        (not o.ess >= g.trusted_ess, f"{ess}, below {g.trusted_ess:g}"),
        (not o.ess_ratio >= g.trusted_ess_ratio, f"{ess}, {o.ess_ratio:.2%} of the log"),
        (not o.largest_weight_share <= g.trusted_weight_share, f"{share}, above {g.trusted_weight_share:.0%}"),
        (abs(o.mean_weight_z) > g.trusted_z, f"{z}, above {g.trusted_z:g}"),
        (not o.effective_events >= g.trusted_events, f"{events}, below {g.trusted_events:g}"),
        (o.unsupported_mass > g.trusted_unsupported, f"{unsupported}, above {g.trusted_unsupported:.0%}"),
    ]
    reasons = tuple(reason for crossed, reason in weak if crossed)
    return ("weak" if reasons else "trusted"), reasons


def judge_users(found: Verdict, users: int, episodes: int, gate: Gate) -> Verdict:
    """A verdict on weights, and on whether the users who are resampled are enough to tell how they differ. Where every
    episode is drawn by itself, its weights say it all."""
    if users == episodes or users >= gate.trusted_users:
        return found
    least = "unreliable" if users < gate.unreliable_users else "weak"
    few = f"{users} users (clusters) hardly tell how users differ; {gate.trusted_users} are needed"
    return max(found[0], least, key=VERDICTS.index), (few, *found[1])
