"""The rule: of the steps that the log vouches for, the one with the highest lower limit; else the behaviour policy."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from ..ope import Estimate, Gate
from ..ope.analysis.planning import planned
from ..ope.analysis.simultaneous_lifts import LiftOnLog
from ..tolerances import ROUNDING
from .frontier import Step

MARGIN = 2.0
"""An eligible step would still be trusted in a log so many times shorter: what a choice looks best by is partly luck,
and the test side must trust it too. Chosen on shops that show nothing else; see docs/frontier.md."""
LEAST_CONCENTRATION = 30.0
"""ESS^3 / units^2 of an eligible step's weights: three times what the gate asks for."""


def stricter(gate: Gate) -> Gate:
    """The gate that an eligible step passes: thresholds on sums of few large terms (shares, events, skewness), which
    differ most from one part of a log to another, have the margin. Those on the number of users and the effective
    sample size stay."""
    return replace(
        gate,
        trusted_balanced_weights=max(LEAST_CONCENTRATION, gate.trusted_balanced_weights),
        trusted_weight_share=gate.trusted_weight_share / MARGIN,
        trusted_events=gate.trusted_events * MARGIN,
        trusted_equal_events=gate.trusted_equal_events * MARGIN,
        trusted_equal_user_events=gate.trusted_equal_user_events * MARGIN,
        trusted_largest_events=gate.trusted_largest_events * MARGIN,
        # A skewness falls with the square root of the number of units.
        trusted_skewness=gate.trusted_skewness / math.sqrt(MARGIN),
    )


def reasons_against(lift: LiftOnLog) -> tuple[str, ...]:
    """Why a step may not be chosen; empty for an eligible one."""
    verdict, reasons = lift.stricter
    if verdict == "trusted" and not math.isfinite(lift.estimate.std_error):
        return ("one unit alone has no standard error",)
    return () if verdict == "trusted" else reasons


def log_needed(lift: LiftOnLog, limits: Estimate, critical_value: float, eligible: bool) -> float:
    """How many times as long as this log one must be for the step to be eligible, and for its lower limit to lie above
    0 in four of five such logs, if the lift is as estimated; 1 where both hold here."""
    from scipy.special import ndtr

    if eligible and limits.ci_low > 0:
        return 1.0
    if not limits.value > 0 or not math.isfinite(critical_value):
        return math.inf
    if not eligible and lift.times_needed <= 1:
        # What stands against it is not that the log is short: weights that cannot be right, actions never logged.
        return math.inf
    # The level at which an ordinary interval is as wide as this one.
    shown = planned(limits, limits.value, confidence=float(2 * ndtr(critical_value) - 1)).times
    return max(1.0, shown, lift.times_needed)


def chosen_of(steps: Sequence[Step]) -> Step | None:
    """The eligible step with the highest lower limit if that is above 0, else None. Of those that are equal but for
    rounding it is the first, the mildest of its dial."""
    above = [step for step in steps if step.eligible and step.lift.ci_low > 0]
    if not above:
        return None
    highest = max(step.lift.ci_low for step in above)
    return next(step for step in above if step.lift.ci_low >= highest * (1.0 - ROUNDING))


def in_words(steps: Sequence[Step], chosen: Step | None) -> str:
    """What was chosen and why, in a sentence."""
    if chosen is not None:
        low, high = chosen.lift.ci_low, chosen.lift.ci_high
        what = f"{chosen.contender} {chosen.dial}, {chosen.divergence:.3g} nats a session from the behaviour policy"
        return f"{what}: a lift of {chosen.lift.value:.4g} [{low:.4g}, {high:.4g}], the highest lower limit."
    if not steps:
        return "The behaviour policy: no step of the dials can be reached."
    eligible = [step for step in steps if step.eligible]
    if not eligible:
        mildest = min(steps, key=lambda step: step.divergence)
        return f"The behaviour policy: no step is eligible; of the mildest, {'; '.join(mildest.reasons)}."
    highest = max(step.lift.ci_low for step in eligible)
    return (
        f"The behaviour policy: {len(eligible)} of {len(steps)} steps are eligible, and none has a lower limit above 0 "
        f"(the highest is {highest:.3g})."
    )
