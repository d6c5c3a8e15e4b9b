"""Which events of a log are decisions; the others are part of the history, and what they earn is credited."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ...events.event_types import EVENTS
from ..chunked_columns import ColumnStore, slices
from .log_columns import Coded


@dataclass(frozen=True)
class Decisions:
    """The decisions among the m events of some sessions. Sessions without a decision are left out.

    Attributes:
        columns: where new columns go.
        sessions: (all sessions,) bool, which have a decision.
        starts: (sessions with one,) the first decision of each.
        event_starts: (sessions with one,) the first event of each, among the events of these sessions.
        chosen: (m,) bool, which events are decisions; None: all.
        rows: (n,) int64, their numbers among the m events; None: all.
        kept: (m,) bool, the events of sessions with a decision; None: all.
    """

    columns: ColumnStore
    sessions: np.ndarray
    starts: np.ndarray
    event_starts: np.ndarray
    chosen: np.ndarray | None = None
    rows: np.ndarray | None = None
    kept: np.ndarray | None = None

    @staticmethod
    def all(starts: np.ndarray, columns: ColumnStore) -> Decisions:
        """Every event is one."""
        return Decisions(columns, np.ones(len(starts), dtype=bool), starts, starts)

    @staticmethod
    def of(chosen: np.ndarray, starts: np.ndarray, columns: ColumnStore) -> Decisions:
        """The events of a mask, some but not all of them.

        Args:
            chosen: (m,) bool.
            starts: (sessions,) the first event of each session.
            columns: where new columns go.
        """
        numbers = (part.start + np.flatnonzero(chosen[part]) for part in slices(len(chosen)))
        rows = columns.make((int(np.count_nonzero(chosen)),), np.int64, numbers)
        first, lengths = np.searchsorted(rows, starts), np.diff(starts, append=len(chosen))
        sessions = np.diff(first, append=len(rows)) > 0
        kept = None if sessions.all() else np.repeat(sessions, lengths)
        event_starts = np.cumsum(lengths[sessions]) - lengths[sessions]
        return Decisions(columns, sessions, first[sessions], event_starts, chosen, rows, kept)

    def at_decisions(self, column: np.ndarray) -> np.ndarray:
        """(n, ...) of a column of all events: the decisions' own."""
        return self._masked(column, self.chosen)

    def of_events(self, column: np.ndarray) -> np.ndarray:
        """A column of all events without those of sessions that have no decision."""
        return self._masked(column, self.kept)

    def coded_at_decisions(self, column: Coded) -> Coded:
        """The same of a coded column."""
        return Coded(self.at_decisions(column.codes), column.distinct)

    def event_rows(self) -> np.ndarray | None:
        """(n,) int64 the decisions' numbers among the events of sessions that have one; None: all."""
        if self.rows is None or self.chosen is None or self.kept is None:
            return self.rows
        return self.columns.make(self.rows.shape, np.int64, self._numbers(self.chosen, self.kept))

    @staticmethod
    def _numbers(chosen: np.ndarray, kept: np.ndarray) -> Iterator[np.ndarray]:
        begin = 0
        for part in slices(len(chosen)):
            here = chosen[part][kept[part]]
            yield begin + np.flatnonzero(here)
            begin += len(here)

    def _masked(self, column: np.ndarray, mask: np.ndarray | None) -> np.ndarray:
        if mask is None:
            return column
        shape = (int(np.count_nonzero(mask)), *column.shape[1:])
        pieces = (column[part][mask[part]] for part in slices(len(column)))
        return self.columns.make(shape, column.dtype.type, pieces)


def mask_of(events: np.ndarray, names: Sequence[str]) -> np.ndarray:
    """(m,) bool: the events of these names.

    Args:
        events: (m,) int8 codes, from 1.
        names: events of the vocabulary.
    """
    wanted = np.array([False, *(name in names for name in EVENTS)])
    mask = np.empty(len(events), dtype=bool)
    for part in slices(len(events)):
        mask[part] = wanted[events[part]]
    return mask


def of_sessions(values: np.ndarray, starts: np.ndarray) -> Callable[[slice], np.ndarray]:
    """What each session has, spread over its rows: a part of the rows at a time.

    Args:
        values: (sessions,) one value a session.
        starts: (sessions,) the first row of each session.
    """

    def spread(part: slice) -> np.ndarray:
        first, stop = np.searchsorted(starts, part.start, side="right") - 1, np.searchsorted(starts, part.stop)
        bounds = np.append(np.maximum(starts[first:stop], part.start), part.stop)
        return np.repeat(values[first:stop], np.diff(bounds))

    return spread
