"""The sessions of a log as items in order: what neighbours, factors and chains are fitted on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..errors import InapplicableError
from ..events.event_types import EVENTS
from ..mdp.dataset import TransitionDataset

if TYPE_CHECKING:
    from scipy import sparse

MILLISECONDS = 1000.0
IMPRESSION = EVENTS.index("impression") + 1
"""Code of an item that was shown, and no more."""


@dataclass(frozen=True)
class SessionItems:
    """Every event of some sessions that says which item of the vocabulary a user was after, in order.

    Attributes:
        session: (m,) int64 number of the event's session, ascending.
        item: (m,) int64 item id, from 1.
        place: (m,) int64 which event of its session it is, from 0; events without such an item count too.
        time: (m,) float64 seconds since 1970; the number of the event in the log where time is only an order.
        event: (m,) int64 code of its event type.
        decision: (m,) bool whether the event is what a policy has to foresee: a decision; every event, where all
            decisions are mere impressions and left out.
        session_count: number of sessions, those without such an event included.
        item_count: largest item id that states may have.
        has_clock: whether `time` is in seconds.
    """

    session: np.ndarray
    item: np.ndarray
    place: np.ndarray
    time: np.ndarray
    event: np.ndarray
    decision: np.ndarray
    session_count: int
    item_count: int
    has_clock: bool

    def __len__(self) -> int:
        return len(self.item)

    def matrix(self) -> sparse.csr_matrix:
        """(session_count, item_count + 1) float64 how often each item occurs in each session."""
        from scipy import sparse

        shape = (self.session_count, self.item_count + 1)
        return sparse.coo_matrix((np.ones(len(self)), (self.session, self.item)), shape=shape).tocsr()


def session_items(train: TransitionDataset) -> SessionItems:
    """All events of a log, not its decisions alone, without items outside the vocabulary; and without mere impressions
    where the log has stronger events (see `ignored_event`).

    Raises:
        InapplicableError: the log names no items.
    """
    if train.items is None or train.events is None:
        what = "It does not say which items its events were of."
        raise InapplicableError(what, where=train.provenance.source, hint="Build it of a log of items.")
    starts = train.episode_starts if train.event_starts is None else train.event_starts
    numbers = np.arange(len(train.items))
    session = np.searchsorted(starts, numbers, side="right") - 1
    decision = np.zeros(len(numbers), dtype=bool)
    decision[train.events_of(np.arange(len(train)))] = True
    # Neither is the number of an item or of an event where there is nothing to leave out.
    kept = np.flatnonzero((train.items != train.other_item) & (train.events != ignored_event(train)))
    return SessionItems(
        session=session[kept],
        item=train.items[kept].astype(np.int64),
        place=(numbers - starts[session])[kept],
        time=_times(train, starts, session)[kept],
        event=train.events[kept].astype(np.int64),
        decision=decision[kept] if decision[kept].any() else np.ones(len(kept), dtype=bool),
        session_count=train.n_episodes,
        item_count=train.item_count,
        has_clock=train.timestamps is not None,
    )


def ignored_event(data: TransitionDataset) -> int:
    """The code of impressions where a log has other events too, else 0: what was only shown is the shop's choice, and
    says nothing of what the user is after where clicks do."""
    if data.events is None or not (data.events == IMPRESSION).any() or (data.events == IMPRESSION).all():
        return 0
    return IMPRESSION


def _times(train: TransitionDataset, starts: np.ndarray, session: np.ndarray) -> np.ndarray:
    """(m,) of every event. Decisions alone have timestamps: the others are so many seconds from a session's first
    decision, by the gaps between its events."""
    if train.timestamps is None:
        return np.arange(len(session), dtype=np.float64)
    if train.event_rows is None or train.gaps is None:
        return train.timestamps / MILLISECONDS
    elapsed = np.cumsum(train.gaps, dtype=np.float64)
    first = train.episode_starts
    began = train.timestamps[first] / MILLISECONDS - elapsed[train.event_rows[first]]
    return began[session] + elapsed
