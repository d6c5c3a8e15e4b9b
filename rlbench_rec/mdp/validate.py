"""The rules of a TransitionDataset, checked once when it is made."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from ..bad_rows import refuse_rows
from ..errors import InputError
from .chunked_columns import parts

if TYPE_CHECKING:
    from .dataset import TransitionDataset

PER_EPISODE = ("clusters",)
DTYPES = {
    "observations": np.float32,
    "actions": np.int64,
    "rewards": np.float32,
    "episode_starts": np.int64,
    "items": np.int32,
    "events": np.int8,
    "gaps": np.float32,
    "forbidden": np.bool_,
    "candidates": np.int32,
    "item_vectors": np.float32,
    "propensities": np.float64,
    "metrics": np.float32,
    "clusters": np.int64,
    "timestamps": np.int64,
}
"""The dtype of every column; a column of another dtype is refused rather than cast."""
TABLES = ("observations", "forbidden", "candidates", "item_vectors", "metrics")
"""Columns of several numbers a row."""
PER_ROW = tuple(name for name in DTYPES if name not in ("episode_starts", "item_vectors", *PER_EPISODE))


def check(data: TransitionDataset) -> None:
    """Raise an InputError that names the first bad column and row."""
    _check_lengths(data)
    _check_episodes(data)
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
        if column is not None and column.dtype != dtype:
            raise InputError(f"dtype {column.dtype}; {np.dtype(dtype)} is needed.", where=name)
    expected = dict.fromkeys(PER_ROW, rows) | dict.fromkeys(PER_EPISODE, len(data.episode_starts))
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


def _check_candidates(data: TransitionDataset, candidates: np.ndarray) -> None:
    if data.forbidden is not None:
        raise InputError("Candidates take no flags.", where="forbidden", hint="Leave a slot empty: give it the id 0.")
    _check_shape("candidates", candidates, data)
    outside = f"has an id outside 0..{data.item_count}"
    _refuse("candidates", outside, lambda ids: ((ids < 0) | (ids > data.item_count)).any(axis=1), candidates)
    _refuse("candidates", "took an empty slot", lambda *row: _taken(*row) == 0, candidates, data.actions)


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
