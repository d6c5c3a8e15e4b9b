"""StateLayout: how one row of a state matrix reads."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class StateLayout:
    """How one row of a state matrix reads: `context` floats, then `history` items, events and gaps, oldest first, then
    `forbidden` flags, one per action where the log has them, or the item ids of `candidates`, one per slot.

    Ids run from 1 to `item_count`; 0 is padding, in all three history blocks, and an empty slot. A flag of 1 is an
    action that must not be taken in this state. Encoders slice states by it.
    """

    context: int
    history: int = 0
    item_count: int = 0
    event_count: int = 0
    forbidden: int = 0
    candidates: int = 0
    other_item: int = 0
    """Id of the out-of-vocabulary item, 0 for none: a candidate with this id cannot be shown."""
    vector_size: int = 0
    """Width of the item vectors that come with the log, 0 for none; they are not part of a state."""

    @property
    def size(self) -> int:
        """Number of columns of a state matrix."""
        return self.context + 3 * self.history + self.beside

    @property
    def beside(self) -> int:
        """Number of columns at its end that say which actions are possible."""
        return self.forbidden + self.candidates
