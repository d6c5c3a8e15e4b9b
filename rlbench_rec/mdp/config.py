"""How an EventLog becomes an MDP."""

from __future__ import annotations

import hashlib
import json
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class MDPConfig(BaseModel):
    """The choices that turn a log into decisions. Unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    actions: Literal["items", "categories"] = "items"
    """What is decided: the item, or only its category."""
    top_k: int = Field(1000, ge=1)
    """How many items (or categories) get an action each: the most frequent of the training side. All others share one
    out-of-vocabulary action. Ignored where the card knows the whole catalogue."""
    history: int = Field(10, ge=0)
    """How many past events a state shows. One-step logs have none."""
    gamma: float = Field(0.9, ge=0.0, le=1.0)
    """Discount factor of the return."""
    reward: Literal["events", "revenue"] = "events"
    """`events`: a weight per event type; `revenue`: the price of what is purchased."""
    reward_weights: dict[str, float] | None = None
    """Event type -> reward; None takes the card's."""
    train_fraction: float = Field(0.8, gt=0.0, lt=1.0)
    """Share of sessions, in time order, before the cutoff."""

    def with_card(self, card_sha256: str) -> str:
        """SHA-256 of a card's hash and these choices: everything that turned raw rows into decisions."""
        # Without defaults, so that a choice that is new in the next version leaves the hashes of old ones alone.
        chosen = self.model_dump(exclude_defaults=True)
        return hashlib.sha256(json.dumps([card_sha256, chosen], sort_keys=True).encode()).hexdigest()
