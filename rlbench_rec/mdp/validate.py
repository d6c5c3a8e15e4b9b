"""The rules of a TransitionDataset, checked once when it is made."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from ..bad_rows import refuse_rows
from ..errors import InputError
from ..tolerances import PROBABILITY_SUM, SAME_PROPENSITY
from .chunked_columns import parts

if TYPE_CHECKING:
    from .dataset import TransitionDataset

EVENT_COLUMNS = ("items", "events", "gaps")
"""Columns of one entry an event; of one a row where every event is a decision."""
NAMES = ("session_names", "user_names")
PER_EPISODE = ("clusters", *NAMES, "event_starts", "next_episodes")
DTYPES = {
    "observations": np.float32,
    "actions": np.int64,
    "rewards": np.float32,
    "episode_starts": np.int64,
    "items": np.int32,
    "events": np.int8,
    "gaps": np.float32,
    "event_rows": np.int64,
    "event_starts": np.int64,
    "forbidden": np.bool_,
    "candidates": np.int32,
    "item_vectors": np.float32,
    "propensities": np.float64,
    "behaviour_probabilities": np.float32,
    "metrics": np.float32,
    "clusters": np.int64,
    "session_names": np.str_,
    "user_names": np.str_,
    "next_episodes": np.int64,
    "timestamps": np.int64,
}
"""The dtype of every column; a column of another dtype is refused rather than cast."""
TABLES = ("observations", "forbidden", "candidates", "item_vectors", "behaviour_probabilities", "metrics")
"""Columns of several numbers a row."""
PER_ROW = (
    "observations",
    "actions",
    "rewards",
    "forbidden",
    "candidates",
    "propensities",
    "behaviour_probabilities",
    "metrics",
    "timestamps",
)


def check(data: TransitionDataset) -> None:
    """Raise an InputError that names the first bad column and row."""
    _check_lengths(data)
    _check_episodes(data)
    if data.event_rows is not None and data.event_starts is not None:
        _check_events(data, data.event_rows, data.event_starts)
    if data.next_episodes is not None:
        _check_next(data, data.next_episodes)
    outside = f"outside 0..{data.action_count - 1}"
    _refuse("actions", outside, lambda actions: (actions < 0) | (actions >= data.action_count), data.actions)
    if data.item_vectors is not None and data.item_vectors.shape != (data.item_count + 1, data.layout.vector_size):
        needed = f"({data.item_count + 1}, width)"
        raise InputError(f"Shape {data.item_vectors.shape}; {needed} is needed.", where="item_vectors")
    for name in ("observations", "rewards", "gaps", "metrics", "item_vectors"):
        if getattr(data, name) is not None:
            _refuse(name, "not a finite number", _not_finite, getattr(data, name))
    _check_others(data)
    for name, most in (("items", data.item_count), ("events", data.event_count)):
        if getattr(data, name) is not None:
            ids = getattr(data, name)
            _refuse(name, f"outside 1..{most}", lambda part, most=most: (part < 1) | (part > most), ids)
    if data.propensities is not None:
        # Written as "not inside" so that NaN is refused too.
        _refuse("propensities", "outside (0, 1]", lambda shares: ~((shares > 0) & (shares <= 1)), data.propensities)
    if data.behaviour_probabilities is not None:
        _check_probabilities(data, data.behaviour_probabilities)
    if data.forbidden is not None:
        _check_forbidden(data, data.forbidden)
    if data.candidates is not None:
        _check_candidates(data, data.candidates)
    if data.history and (data.items is None or data.events is None or data.gaps is None):
        raise InputError("A history needs the columns items, events and gaps.", where="history")
    if not 0.0 <= data.gamma <= 1.0:
        raise InputError(f"gamma is {data.gamma}; it must lie in [0, 1].", where="gamma")


def _check_others(data: TransitionDataset) -> None:
    if data.other_action is not None and not 0 <= data.other_action < data.action_count:
        raise InputError(f"{data.other_action} of {data.action_count} actions.", where="other_action")
    if data.other_item not in (0, data.item_count):
        raise InputError(f"{data.other_item}; the last of {data.item_count} items or 0.", where="other_item")


def _check_lengths(data: TransitionDataset) -> None:
    for name in DTYPES:
        column = getattr(data, name)
        dimensions = 2 if name in TABLES else 1
        if column is not None and column.ndim != dimensions:
            raise InputError(f"{column.ndim} dimensions; {dimensions} are needed.", where=name)
    rows = len(data.actions)
    if rows == 0:
        raise InputError("The dataset has no rows.", where="actions", hint="Check what the loader set aside and why.")
    for name, dtype in DTYPES.items():
        column = getattr(data, name)
        if column is not None and column.dtype != dtype and not (dtype is np.str_ and column.dtype.kind == "U"):
            raise InputError(f"dtype {column.dtype}; {np.dtype(dtype)} is needed.", where=name)
    expected = dict.fromkeys(PER_ROW, rows) | dict.fromkeys(PER_EPISODE, len(data.episode_starts))
    if (data.event_rows is None) != (data.event_starts is None):
        raise InputError("The columns event_rows and event_starts come together.", where="event_rows")
    if data.event_rows is not None and (data.items is None or data.events is None or data.gaps is None):
        raise InputError("These need the columns items, events and gaps.", where="event_rows")
    events = rows if data.event_rows is None or data.items is None else len(data.items)
    expected |= dict.fromkeys(EVENT_COLUMNS, events)
    if data.event_rows is not None:
        expected["event_rows"] = rows
    for name, length in expected.items():
        column = getattr(data, name)
        if column is not None and len(column) != length:
            raise InputError(f"{len(column)} entries; {length} are needed.", where=name)
    if data.metrics is not None and data.metrics.shape[1] != len(data.metric_names):
        raise InputError(f"{data.metrics.shape[1]} columns, {len(data.metric_names)} names.", where="metrics")


def _check_episodes(data: TransitionDataset) -> None:
    starts = data.episode_starts
    if len(starts) == 0 or starts[0] != 0:
        raise InputError("The first episode must start at row 0.", where="episode_starts")
    _refuse("episode_starts", "not ascending", lambda steps: steps <= 0, np.diff(starts, prepend=-1))
    if starts[-1] >= len(data.actions):
        raise InputError(f"The last episode starts at row {starts[-1]} of {len(data.actions)}.", where="episode_starts")
    if not 0 <= data.train_episodes <= len(starts):
        raise InputError(f"{data.train_episodes} of {len(starts)} episodes.", where="train_episodes")


def _check_events(data: TransitionDataset, event_rows: np.ndarray, event_starts: np.ndarray) -> None:
    assert data.items is not None, "checked with the lengths"
    if event_rows[-1] >= len(data.items):
        raise InputError(f"The last row is event {event_rows[-1]} of {len(data.items)}.", where="event_rows")
    _refuse("event_rows", "not below the next", lambda rows, later: rows >= later, event_rows[:-1], event_rows[1:])
    if event_starts[0] != 0:
        raise InputError("The first episode must start at event 0.", where="event_starts")
    after = np.append(-1, event_rows[data.episode_ends[:-1] - 1])
    bad = (event_starts <= after) | (event_starts > event_rows[data.episode_starts])
    _refuse("event_starts", "not between two episodes' rows", lambda part: part, bad)


def _check_next(data: TransitionDataset, next_episodes: np.ndarray) -> None:
    numbers = np.arange(data.n_episodes)
    outside = (next_episodes < -1) | (next_episodes >= data.n_episodes) | (next_episodes == numbers)
    _refuse("next_episodes", "not another episode or -1", lambda part: part, outside)
    crosses = (next_episodes >= 0) & ((next_episodes < data.train_episodes) != (numbers < data.train_episodes))
    _refuse("next_episodes", "on the other side of the split", lambda part: part, crosses)


def _check_candidates(data: TransitionDataset, candidates: np.ndarray) -> None:
    if data.forbidden is not None:
        raise InputError("Candidates take no flags.", where="forbidden", hint="Leave a slot empty: give it the id 0.")
    _check_shape("candidates", candidates, data)
    outside = f"has an id outside 0..{data.item_count}"
    _refuse("candidates", outside, lambda ids: ((ids < 0) | (ids > data.item_count)).any(axis=1), candidates)
    _refuse("candidates", "took an empty slot", lambda *row: _taken(*row) == 0, candidates, data.actions)


def _check_probabilities(data: TransitionDataset, probabilities: np.ndarray) -> None:
    where = "behaviour_probabilities"
    if data.propensities is None:
        hint = "Give what they have at the logged actions."
        raise InputError("These come with the column propensities.", where=where, hint=hint)
    _check_shape(where, probabilities, data)
    _refuse(where, "not rows of probabilities that sum to 1", _not_a_distribution, probabilities)

    def disagrees(rows: np.ndarray, actions: np.ndarray, propensities: np.ndarray) -> np.ndarray:
        return ~(np.abs(_taken(rows, actions) - propensities) <= SAME_PROPENSITY * propensities)

    why = "not the propensity at the logged action"
    _refuse(where, why, disagrees, probabilities, data.actions, data.propensities)


def _not_a_distribution(rows: np.ndarray) -> np.ndarray:
    # Written as "not a distribution" so that NaN is refused too.
    return ~((rows >= 0.0).all(axis=1) & (np.abs(rows.sum(axis=1, dtype=np.float64) - 1.0) <= PROBABILITY_SUM))


def _check_shape(name: str, column: np.ndarray, data: TransitionDataset) -> None:
    shape = (len(data.actions), data.action_count)
    if column.shape != shape:
        raise InputError(f"Shape {column.shape}; {shape} is needed.", where=name)


def _check_forbidden(data: TransitionDataset, forbidden: np.ndarray) -> None:
    _check_shape("forbidden", forbidden, data)
    _refuse("forbidden", "true for the action that was taken", _taken, forbidden, data.actions)


def _taken(row: np.ndarray, actions: np.ndarray) -> np.ndarray:
    """What stands in each row at the action that was taken."""
    return row[np.arange(len(actions)), actions]


def _not_finite(part: np.ndarray) -> np.ndarray:
    bad = ~np.isfinite(part)
    return bad.any(axis=1) if bad.ndim == 2 else bad


def _refuse(name: str, why: str, bad: Callable[..., np.ndarray], *columns: np.ndarray) -> None:
    """Raise where `bad`, given the same rows of each column, is true of any; in chunks, for columns beyond memory."""
    chunks = (bad(*chunk) for chunk in zip(*map(parts, columns), strict=True))
    refuse_rows(chunks, lambda row, n: InputError(f"{n} values are {why}; the first is at row {row}.", where=name))
