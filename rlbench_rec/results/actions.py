"""What to act on after a run: one line a place, from what the frontiers advise or, where there are none, from the
board."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from .board_message import shown_rows
from .frontier_words import LONGEST, percent, rounded
from .headline import Headline
from .row_names import BEHAVIOUR, RANKED, REFERENCE

if TYPE_CHECKING:
    from .frontier import Advice

USERS_CHOSE = "users chose the items themselves"
"""Why nothing can be told of a log's policies."""
What = Literal["A/B test", "keep", "log more", "cannot be told"]


@dataclass(frozen=True)
class Action:
    """What to do in one place.

    Attributes:
        place: data set or task.
        what: test a policy against what is in service, keep that, log more before anything else; or whether there is
            anything to gain cannot be told.
        algorithm, variant: of the policy that it is about, as in the tables; empty where it is about none.
        gain, interval: over the behaviour policy, in per cent of its value where that is above 0; empty where the log
            does not support a number.
        why: what the numbers rest on, or why there are none.
    """

    place: str
    what: What
    algorithm: str = ""
    variant: str = ""
    gain: str = ""
    interval: str = ""
    why: str = ""


def action(shown: Headline, advice: Advice | None) -> Action:
    """What to do in a place.

    Args:
        shown: the rows that a reader looks at first there.
        advice: what the frontiers of the place advise; None where it has none.
    """
    if shown.estimator == RANKED:
        return Action(shown.place, "cannot be told", why=USERS_CHOSE)
    return _by_board(shown) if advice is None else by_frontier(shown.place, advice)


def by_frontier(place: str, advice: Advice) -> Action:
    """What to do in a place by what its frontiers advise."""
    policy = {"algorithm": advice.algorithm, "variant": advice.variant}
    lift = advice.lift
    gain, interval = percent((lift.value, lift.ci_low, lift.ci_high), advice.behaviour)
    if advice.step and lift.shown:
        return Action(place, "A/B test", **policy, gain=gain, interval=interval, why=advice.step_and_shop)
    if advice.step and lift.verdict == "unreliable":
        return Action(place, "log more", **policy, why="unreliable on the test side")
    if advice.step:
        return Action(
            place, "log more", **policy, gain=gain, interval=interval, why=f"{advice.step_and_shop}: {lift.verdict}"
        )
    would = advice.log_needed <= LONGEST
    needed = f"{rounded(advice.log_needed if would else LONGEST)} times this log would{'' if would else ' not do'}"
    return Action(place, "keep", why=f"no gain is shown; {needed}")


def _by_board(shown: Headline) -> Action:
    """The best ranked policy that could be put into service, where its interval is above the behaviour policy's."""
    rows = shown_rows(shown)
    rows = rows[rows["rank"].notna() & ~rows["algorithm"].isin([BEHAVIOUR, REFERENCE])]
    trusted = rows[rows["verdict"] == "trusted"]
    if shown.behaviour is None or trusted.empty:
        why = "no policy is trusted" if shown.behaviour is not None else "the behaviour policy is not in the board"
        return Action(shown.place, "cannot be told", why=why)
    best, behaviour = trusted.iloc[0], shown.behaviour
    if not best["ci_low"] > behaviour["ci_high"]:
        return Action(shown.place, "keep", why="no policy is clearly ahead of it")
    mean = float(behaviour["mean"])
    ahead, low, high = (float(best[name]) - mean for name in ("mean", "ci_low", "ci_high"))
    gain, interval = percent((ahead, low, high), mean)
    return Action(shown.place, "A/B test", best["algorithm"], best["variant"], gain, interval, f"by {shown.estimator}")


def actions(shown: list[Headline], advised: Mapping[str, Advice]) -> list[Action]:
    """One for each place."""
    return [action(place, advised.get(place.place)) for place in shown]
