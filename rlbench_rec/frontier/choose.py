"""The rule: of the steps that the log vouches for, the one with the highest lower limit; else the behaviour policy."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..ope import Estimate
from ..ope.analysis.planning import planned
from ..ope.analysis.simultaneous_lifts import LiftOnLog
from ..tolerances import ROUNDING
from .frontier import Step

LEAST_CONCENTRATION = 30.0
"""ESS^3 / units^2 from which a step may be chosen, beside a `trusted` lift: three times what the gate asks for, so that
it is still trusted on the test side. Chosen on shops that show nothing else; see docs/frontier.md."""


def reasons_against(lift: LiftOnLog) -> tuple[str, ...]:
    """Why a step may not be chosen; empty for an eligible one."""
    reasons = lift.estimate.reasons if lift.estimate.verdict != "trusted" else ()
    # `not >=`: what is not defined is not enough.
    if not lift.balanced_weights >= LEAST_CONCENTRATION * (1.0 - ROUNDING):
        few = f"the weights count for {lift.balanced_weights:.3g} alike (ESS^3 / units^2), below "
        reasons = (*reasons, f"{few}{LEAST_CONCENTRATION:g}")
    if not math.isfinite(lift.estimate.std_error):
        reasons = (*reasons, "one unit alone has no standard error")
    return reasons


def log_needed(lift: LiftOnLog, limits: Estimate, critical_value: float, eligible: bool) -> float:
    """How many times as long as this log one must be for the step to be eligible, and for its lower limit to lie above
    0 in four of five such logs, if the lift is as estimated; 1 where both hold here."""
    from scipy.special import ndtr

    if eligible and limits.ci_low > 0:
        return 1.0
    if not limits.value > 0 or not math.isfinite(critical_value):
        return math.inf
    # The level at which an ordinary interval is as wide as this one.
    shown = planned(limits, limits.value, confidence=float(2 * ndtr(critical_value) - 1)).times
    concentration = LEAST_CONCENTRATION / lift.balanced_weights if lift.balanced_weights > 0 else math.inf
    return max(1.0, shown, concentration, lift.times_needed)


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
