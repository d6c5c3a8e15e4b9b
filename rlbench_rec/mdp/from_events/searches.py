"""What a user searched for is known when the next decisions are made: a search's context goes on to them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from ...events.event_types import EVENTS
from ..chunked_columns import slices
from .decisions import Decisions, of_sessions
from .log_columns import Coded, LogColumns

SEARCH = EVENTS.index("search") + 1


class SearchedColumns(LogColumns):
    """The columns of a log's decisions, where a context column that a decision lacks is that of the last search before
    it in the session.

    Args:
        source: all m events.
        decided: the decisions among them.
        decisions: which these are.
        events: (m,) int8 codes, from 1.
        starts: (sessions,) the first event of each session.
    """

    def __init__(
        self, source: LogColumns, decided: LogColumns, decisions: Decisions, events: np.ndarray, starts: np.ndarray
    ):
        super().__init__(decided.log, decided.columns, decided.kept)
        self._source, self._decisions = source, decisions
        latest = source.columns.make(events.shape, np.int64, _latest_searches(events, starts))
        self._searches = decisions.at_decisions(latest)

    def numbers(self, name: str, dtype: type, missing: float | None = None) -> np.ndarray:
        """As of any log; a context column goes on from searches."""
        if name not in self.log.context_columns:
            return super().numbers(name, dtype, missing)
        return self._filled(self._source.numbers(name, dtype, missing), np.isnan)

    def coded(self, name: str) -> Coded:
        """As of any log; a context column goes on from searches."""
        if name not in self.log.context_columns:
            return super().coded(name)
        column = self._source.coded(name)
        return Coded(self._filled(column.codes, lambda codes: codes < 0), column.distinct)

    def _filled(self, column: np.ndarray, lacks: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        at_decisions = self._decisions.at_decisions(column)

        def part_of(part: slice) -> np.ndarray:
            piece, searches = np.array(at_decisions[part]), self._searches[part]
            from_search = lacks(piece) & (searches >= 0)
            piece[from_search] = column[searches[from_search]]
            return piece

        return self.columns.compute(at_decisions.shape, at_decisions.dtype.type, part_of)


def _latest_searches(events: np.ndarray, starts: np.ndarray) -> Iterator[np.ndarray]:
    """For each event the number of the last search so far in its session, -1 for none; in chunks."""
    first, latest = of_sessions(starts, starts), -1
    for part in slices(len(events)):
        numbers = np.where(events[part] == SEARCH, np.arange(part.start, part.stop), -1)
        so_far = np.maximum(np.maximum.accumulate(numbers), latest)
        latest = int(so_far[-1])
        yield np.where(so_far >= first(part), so_far, -1)
