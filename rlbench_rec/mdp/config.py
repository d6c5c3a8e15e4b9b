"""How an EventLog becomes an MDP."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Literal, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator

if TYPE_CHECKING:
    from ..events.cards.card import DatasetCard

EVERY_EVENT = "every-event"
Decision = Literal["impression", "view", "click", "cart", "favourite", "purchase"]
SURFACING: tuple[Decision, ...] = ("view", "click")
"""Events of a choice log that say what the user was looking at."""
CREDIT = ("decisions", "credit", "attribution_window")
DECISION_KEYS = (*CREDIT, "ends")
"""Keys that version 0.2.0 added."""


class MDPConfig(BaseModel):
    """The choices that turn a log into decisions. Unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    actions: Literal["items", "categories"] = "items"
    """What is decided: the item, or only its category."""
    decisions: Literal["every-event"] | Annotated[Sequence[Decision], AfterValidator(tuple)] | None = None
    """Which events are decisions: the named ones, or `every-event` (but searches, which name no item). None takes views
    and clicks where users chose (a choice log with sessions whose rows are events), else every event."""
    credit: Literal["same-item"] = "same-item"
    """Who gets what other events earn: the latest decision before them that surfaced the same item in the session."""
    attribution_window: float | None = Field(default=None, gt=0)
    """Seconds: the latest decision of the same user on the same item within this time gets the credit, in this session
    or an earlier one of the same side of the split. None: within the session alone."""
    ends: Literal["terminal", "truncated"] = "terminal"
    """Whether nothing comes after a session (`terminal`), or its last state leads to the first of the user's next
    session on the same side of the split, where there is one (`truncated`)."""
    top_k: int = Field(default=1000, ge=1)
    """How many items (or categories) get an action each: the most frequent of the training side. All others share one
    out-of-vocabulary action. Ignored where the card knows the whole catalogue."""
    history: int = Field(default=10, ge=0)
    """How many past events a state shows. One-step logs have none."""
    gamma: float = Field(default=0.9, ge=0.0, le=1.0)
    """Discount factor of the return."""
    reward: Literal["events", "revenue"] = "events"
    """`events`: a weight per event type; `revenue`: the price of what is purchased."""
    reward_weights: dict[str, float] | None = None
    """Event type -> reward; None takes the card's."""
    train_fraction: float = Field(default=0.8, gt=0.0, lt=1.0)
    """Share of sessions, in time order, before the cutoff."""

    @field_validator("decisions", mode="before")
    @classmethod
    def _events_that_can_be_decisions(cls, decisions: object) -> object:
        if decisions is None or decisions == EVERY_EVENT:
            return decisions
        possible = get_args(Decision)
        if not isinstance(decisions, list | tuple) or not decisions or len(set(decisions)) < len(decisions):
            raise ValueError(f"name events, each once ({', '.join(possible)}), or '{EVERY_EVENT}'")
        for name in decisions:
            if name not in possible:
                raise ValueError(f"'{name}' cannot be a decision; these can: {', '.join(possible)}")
        return decisions

    def resolved(self, card: DatasetCard) -> MDPConfig:
        """These choices with `decisions` named, for the log of a card."""
        if self.decisions is not None:
            return self
        return self.model_copy(update={"decisions": SURFACING if _surfaces(card) else EVERY_EVENT})

    def with_card(self, card: DatasetCard, card_sha256: str) -> str:
        """SHA-256 of a card's hash and these choices: everything that turned raw rows into decisions."""
        # Without defaults, so that a choice that is new in the next version leaves the hashes of old ones alone; and
        # every event a decision is how logs were read when there was no choice.
        resolved = self.resolved(card)
        chosen = resolved.model_dump(mode="json", exclude_defaults=True)
        if resolved.decisions == EVERY_EVENT:
            chosen = {key: value for key, value in chosen.items() if key not in CREDIT}
        return hashlib.sha256(json.dumps([card_sha256, chosen], sort_keys=True).encode()).hexdigest()


def _surfaces(card: DatasetCard) -> bool:
    """Whether users chose, each event is a row of its own (not the outcome of one), and some event shows an item."""
    outcomes = card.outcomes or any(lookup.into == "event" for lookup in card.lookups)
    if card.action_source != "choice" or card.session == "row" or outcomes:
        return False
    names = {card.event, *card.events.values(), *(file.event for file in card.files)}
    return bool(names & set(SURFACING))
