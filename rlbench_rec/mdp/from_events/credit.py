"""Who gets what an event earned that is no decision itself: the latest decision before it on the same item."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..chunked_columns import slices
from .decisions import Decisions

Keys = Callable[[slice], np.ndarray]


@dataclass(frozen=True)
class Credit:
    """Events that are no decisions, and the decisions they are credited to.

    Attributes:
        events: (k,) numbers of the credited events, by decision, then in time order.
        steps: (k,) the decision that each is credited to, ascending.
        nobody: (u,) numbers of the events that no decision gets.
    """

    events: np.ndarray
    steps: np.ndarray
    nobody: np.ndarray

    def shared(self, decisions: Decisions, column: np.ndarray, rules: tuple[np.ufunc, ...]) -> np.ndarray:
        """(n, c) what each decision and the events credited to it earned together.

        Args:
            decisions: among all m events.
            column: (m, c) of the events.
            rules: how each of the c numbers adds up: `np.add`, `np.maximum`.
        """
        at_decisions = decisions.at_decisions(column)
        if not len(self.steps):
            return at_decisions
        first = np.flatnonzero(np.diff(self.steps, prepend=-1))
        steps, values = self.steps[first], column[self.events].astype(np.float64)
        gained = [rule.reduceat(values[:, i], first) for i, rule in enumerate(rules)]
        together = [rule(at_decisions[steps, i], gained[i]) for i, rule in enumerate(rules)]
        return _overlaid(decisions, at_decisions, steps, np.stack(together, axis=1))

    def latest(self, decisions: Decisions, column: np.ndarray) -> np.ndarray:
        """(n, c) the last of the numbers that a decision and the events credited to it have, NaN where none has one.

        Args:
            decisions: among all m events.
            column: (m, c) of the events, NaN where there is none.
        """
        at_decisions = decisions.at_decisions(column)
        has = ~np.isnan(column[self.events]).all(axis=1)
        steps, events = self.steps[has], self.events[has]
        last = np.flatnonzero(np.diff(steps, append=-1))
        return _overlaid(decisions, at_decisions, steps[last], column[events[last]])


def same_item(
    decisions: Decisions, items: np.ndarray, groups: Keys, times: np.ndarray | None = None, window: float | None = None
) -> Credit:
    """Credit each event that is no decision to the latest decision before it on the same item in the same group.

    Only the keys (group, item) of such events are sorted, so the cost grows with these and the decisions on their
    items, not with the log.

    Args:
        decisions: among all m events, some but not all of them.
        items: (m,) int32 item codes, -1 for none; an event without an item is credited to nobody.
        groups: a part of the rows -> their sessions, or users.
        times: (m,) int64 ms; where given, what is before goes by it, not by the order of rows.
        window: the most seconds between the two; None: any.
    """
    assert decisions.chosen is not None and decisions.rows is not None, (
        "with no other events there is nothing to credit"
    )
    width, chosen = int(items.max(initial=0)) + 1, decisions.chosen

    def keys(part: slice) -> np.ndarray:
        return groups(part) * width + items[part]

    later, nobody, later_keys = [], [], []
    for part in slices(len(chosen)):
        others = np.flatnonzero(~chosen[part])
        named = items[part][others] >= 0
        later.append(part.start + others[named])
        nobody.append(part.start + others[~named])
        later_keys.append(keys(part)[others[named]])
    wanted = np.unique(np.concatenate(later_keys))
    before, before_keys = [], []
    for part in slices(len(chosen)) if len(wanted) else ():
        mine = np.flatnonzero(chosen[part])
        mine_keys = keys(part)[mine]
        # A decision without an item has the key of another group's last item.
        here = (items[part][mine] >= 0) & (wanted[np.searchsorted(wanted[:-1], mine_keys)] == mine_keys)
        before.append(part.start + mine[here])
        before_keys.append(mine_keys[here])

    rows = np.concatenate([*before, *later])
    key = np.concatenate([*before_keys, *later_keys])
    is_later = np.arange(len(rows)) >= sum(map(len, before))
    order = np.lexsort((rows, key) if times is None else (rows, times[rows], key))
    rows, key, is_later = rows[order], key[order], is_later[order]
    places = np.arange(len(rows))
    latest = np.maximum.accumulate(np.where(is_later, -1, places))
    group_starts = np.maximum.accumulate(np.where(np.diff(key, prepend=-1) != 0, places, 0))
    credited = is_later & (latest >= group_starts)
    if times is not None and window is not None:
        credited &= times[rows] - times[rows[latest]] <= 1_000.0 * window
    events, steps = rows[credited], np.searchsorted(decisions.rows, rows[latest[credited]])
    order = np.lexsort((events, steps)) if times is None else np.lexsort((events, times[events], steps))
    left = np.concatenate([*nobody, rows[is_later & ~credited]])
    return Credit(events[order], steps[order], np.sort(left))


def _overlaid(decisions: Decisions, column: np.ndarray, rows: np.ndarray, values: np.ndarray) -> np.ndarray:
    """A column with other values in some rows, which ascend."""

    def part_of(part: slice) -> np.ndarray:
        piece = np.array(column[part])
        first, stop = np.searchsorted(rows, [part.start, part.stop])
        piece[rows[first:stop] - part.start] = values[first:stop]
        return piece

    return decisions.columns.compute(column.shape, column.dtype.type, part_of)
