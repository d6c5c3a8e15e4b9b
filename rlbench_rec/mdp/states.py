"""States put together from the columns of a log."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .history_windows import gather_history

if TYPE_CHECKING:
    from .dataset import TransitionDataset


def states(data: TransitionDataset, rows: np.ndarray | slice | None) -> np.ndarray:
    """(n, layout.size) float32: observations, the gathered history, and what is possible (see `StateLayout`)."""
    rows = slice(None) if rows is None else rows
    beside = [part[rows].astype(np.float32) for part in (data.forbidden, data.candidates) if part is not None]
    if not data.history:
        observations = data.observations[rows]
        return np.concatenate([observations, *beside], axis=1) if beside else np.ascontiguousarray(observations)
    index = numbers(data, rows)
    assert data.items is not None and data.events is not None and data.gaps is not None, "checked with the history"
    starts = data.episode_starts if data.event_starts is None else data.event_starts
    past, real = gather_history(data.events_of(index), starts[episodes(data, index)], data.history)
    blocks = [np.where(real, column[past], 0).astype(np.float32) for column in (data.items, data.events, data.gaps)]
    return np.concatenate([data.observations[rows], *blocks, *beside], axis=1, dtype=np.float32)


def numbers(data: TransitionDataset, rows: np.ndarray | slice) -> np.ndarray:
    """(b,) numbers of the rows that a slice or a mask chooses."""
    return rows if isinstance(rows, np.ndarray) and rows.dtype != bool else np.arange(len(data))[rows]


def episodes(data: TransitionDataset, rows: np.ndarray) -> np.ndarray:
    """(b,) the episode of each of (b,) row numbers, looked up: a batch must not cost as much as the whole log."""
    return np.searchsorted(data.episode_starts, rows, side="right") - 1
