"""A frontier in words: its steps, its lifts, and what to do."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .readable_names import readable_name, variant_parts
from .schema import TableRow

if TYPE_CHECKING:
    import pandas as pd

MEAN = "mean"
"""The contender that is the mean of the learners' standardised Qs."""
LONGEST = 100.0
"""Times a log, above which it is no advice to log that long."""


@dataclass(frozen=True)
class Lift:
    """A lift on the test side.

    Attributes:
        value, ci_low, ci_high: in units of the reward an episode.
        verdict: may the interval be believed.
        true: the true lift, where the source is a task; NaN elsewhere.
    """

    value: float
    ci_low: float
    ci_high: float
    verdict: str
    true: float

    @property
    def shown(self) -> bool:
        """Whether the test side vouches for a gain."""
        return self.verdict == "trusted" and self.ci_low > 0


def in_words(step: TableRow | pd.Series) -> str:
    """A step as one would say it: `DQN tilted by 0.6 nats a session`."""
    whose = "the mean of the learners' Q" if step["contender"] == MEAN else _learner(step)
    if step["dial"] == "tilted":
        return f"{whose} tilted by {step['divergence']:.2g} nats a session"
    if step["dial"] == "mixed":
        return f"{step['parameter']:.2g} of greedy {whose} mixed in"
    return f"{whose} among actions at least {step['parameter']:.2g} times as likely as the likeliest"


def _learner(step: TableRow | pd.Series) -> str:
    """The contender under the name that people read; of one learner's frontier with what its row is called."""
    contender = str(step["contender"])
    label = variant_parts(str(step["variant"])).label if contender == step["algorithm"] else ""
    return readable_name(contender, label, "")


def relative(lift: Lift, behaviour: float) -> str:
    """A lift with its interval, in per cent of the behaviour policy's value where that is above 0."""
    return " ".join(percent((lift.value, lift.ci_low, lift.ci_high), behaviour))


def percent(numbers: tuple[float, float, float], behaviour: float) -> tuple[str, str]:
    """A difference and its interval as text, in per cent of the behaviour policy's value where that is above 0.

    Args:
        numbers: the difference, and the ends of its interval.
        behaviour: that value.
    """
    if behaviour > 0:
        value, low, high = (f"{round(100 * number / behaviour, 1) + 0.0:.1f}" for number in numbers)
        return f"{_signed(value)} %", f"[{low}, {high}]"
    value, low, high = (f"{number:.3g}" for number in numbers)
    return _signed(value), f"[{low}, {high}]"


def rounded(number: float) -> str:
    """Two significant digits, without an exponent: `40,000`."""
    return f"{float(f'{number:.2g}'):,.10g}"


def to_test(step: pd.Series, lift: Lift, behaviour: float) -> str:
    """What to do with a step that was chosen, and has this lift on the test side."""
    of_test = f"{relative(lift, behaviour)} on the test side, {lift.verdict}"
    if lift.shown:
        return f"A/B test {in_words(step)}: {of_test}.{_truth(lift, behaviour)}"
    if lift.verdict == "unreliable":
        # A number beside this would be read as one.
        return (
            f"Keep what is in service, and log more: {in_words(step)} was chosen on the validation episodes, and what "
            "it gains cannot be told: on the test side it is unreliable."
        )
    return (
        f"Keep what is in service, and log more: {in_words(step)} was chosen on the validation episodes, and has "
        f"{of_test}.{_truth(lift, behaviour)}"
    )


def no_change(step: pd.Series | None, curves: pd.DataFrame) -> str:
    """What to do where no step was chosen.

    Args:
        step: the one that the least log would show; None where there is none.
        curves: rows of frontier.csv.
    """
    sentence = "The log vouches for no change. Keep what is in service"
    if step is not None and step["log_needed"] <= LONGEST:
        sentence += f", or log {rounded(step['log_needed'])} times as much, when {in_words(step)} would show"
    explored = curves[curves["explore_decisions"].notna()]
    if len(explored):
        easiest = explored.iloc[int(explored["explore_decisions"].to_numpy().argmin())]
        decisions = rounded(easiest["explore_decisions"])
        sentence += f", or explore: let {in_words(easiest)} make a tenth of {decisions} decisions"
    return f"{sentence}."


def of_controls(shuffled: Lift | None, negated: Lift | None, behaviour: float) -> str:
    """What the same dial gains where there is nothing to learn."""
    parts = []
    for lift, what in ((shuffled, "a Q of shuffled rewards"), (negated, "-Q")):
        if lift is not None:
            stays = lift.value == 0.0 and lift.ci_low == lift.ci_high
            gained = "nothing" if stays else f"{relative(lift, behaviour)} ({lift.verdict})"
            parts.append(f"{gained} on {what}")
    return f"The same dial gains {' and '.join(parts)}." if parts else ""


def _truth(lift: Lift, behaviour: float) -> str:
    if math.isnan(lift.true):
        return ""
    true = f"{round(100 * lift.true / behaviour, 1) + 0.0:.1f} %" if behaviour > 0 else f"{lift.true:.3g}"
    return f" In truth {_signed(true)}."


def _signed(number: str) -> str:
    return number if number.startswith("-") else f"+{number}"
