"""Which actions of its session a decision has behind it, and which are still to come."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..mdp.dataset import TransitionDataset
from ..mdp.row_ranges import row_ranges

Pairs = tuple[np.ndarray, np.ndarray]
"""(p,) places within some rows, ascending, and (p,) an action each."""


@dataclass(frozen=True)
class SessionActions:
    """The actions of a log, and where in the session each occurs again.

    Attributes:
        actions: (n,).
        first, stop: (n,) the rows at which the row's session begins and ends.
        before, after: (n,) the row of the session at which the same action occurs next before and after; -1 and
            `stop` where it does not.
        other: the action that stands for all outside the vocabulary, -1 for none.
    """

    actions: np.ndarray
    first: np.ndarray
    stop: np.ndarray
    before: np.ndarray
    after: np.ndarray
    other: int = -1

    @classmethod
    def of(cls, data: TransitionDataset) -> SessionActions:
        """Those of a log."""
        sessions = np.repeat(np.arange(data.n_episodes), data.episode_lengths)
        first, stop = data.row_starts, np.repeat(data.episode_ends, data.episode_lengths)
        keys = sessions * data.action_count + data.actions
        order = np.argsort(keys, kind="stable")
        again = np.flatnonzero(np.diff(keys[order]) == 0)
        before, after = np.full(len(data), -1), stop.copy()
        before[order[again + 1]] = order[again]
        after[order[again]] = order[again + 1]
        other = -1 if data.other_action is None else data.other_action
        return cls(data.actions, first, stop, before, after, other)

    @property
    def new(self) -> np.ndarray:
        """(n,) bool: the row's action did not occur earlier in its session."""
        return self.before < 0

    def seen(self, rows: np.ndarray) -> Pairs:
        """The distinct actions of earlier rows of the sessions of some rows."""
        place, other = _rows_between(self.first[rows], rows)
        kept = self.after[other] >= rows[place]
        return place[kept], self.actions[other[kept]]

    def rest(self, rows: np.ndarray) -> Pairs:
        """The distinct actions of the sessions of some rows from these rows on, their own included. Each row outside
        the vocabulary counts as an action of its own, since most are."""
        place, other = _rows_between(rows, self.stop[rows])
        kept = (self.before[other] < rows[place]) | (self.actions[other] == self.other)
        return place[kept], self.actions[other[kept]]

    def own(self, rows: np.ndarray) -> Pairs:
        """The action of each row."""
        return np.arange(len(rows)), self.actions[rows]


def units_of(data: TransitionDataset) -> np.ndarray:
    """(n,) code of each row's user where users are known, else of its session: the unit of resampling."""
    sessions = np.repeat(np.arange(data.n_episodes), data.episode_lengths)
    return np.unique(sessions if data.clusters is None else data.clusters[sessions], return_inverse=True)[1]


def _rows_between(begin: np.ndarray, end: np.ndarray) -> Pairs:
    """All rows from `begin` to `end - 1`, of one pair of these after another: which pair each is of, and the row."""
    lengths = end - begin
    return np.repeat(np.arange(len(begin)), lengths), row_ranges(begin, lengths)
