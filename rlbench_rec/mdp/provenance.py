"""Where a dataset comes from, and what may be claimed of it."""

from __future__ import annotations

from dataclasses import dataclass, field

NOT_IDENTIFIED = "not-identified"
"""The identification of a log whose behaviour policy is nobody's: users chose the items themselves."""


@dataclass(frozen=True)
class Provenance:
    """Where a dataset comes from and what may be claimed of it."""

    source: str
    """Dataset card id or task id, with its variant: `open-bandit-sample/random-all`, `recommend-v1`."""
    source_sha256: str = ""
    card_sha256: str = ""
    """Of everything that turned raw rows into decisions: the card, and the MDP settings."""
    split_hash: str = ""
    identification: str = "identified"
    """`identified` (known propensities), `estimated` (exposures with estimated propensities), or `not-identified`
    (a choice log: the value of a recommender cannot be learnt from it)."""
    config: dict[str, object] = field(default_factory=dict)
    """Everything the dataset was built with, as plain JSON values."""


def identification(action_source: str, propensity: str) -> str:
    """What may be claimed of values estimated on a log.

    `not-identified` where users chose the items themselves, or it is unknown how they were shown;
    `estimated` where propensities must be estimated; else `identified`.
    """
    if action_source == "choice" or propensity == "none":
        return NOT_IDENTIFIED
    return "estimated" if propensity == "estimated" else "identified"
