"""What a TransitionDataset must satisfy, checked once when it is made."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..errors import InputError
from .columns import release

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
PER_ROW = tuple(name for name in DTYPES if name not in ("episode_starts", "item_vectors", *PER_EPISODE))


def check(data: TransitionDataset) -> None:
    """Raise an InputError that names the first bad column and row."""
    _check_lengths(data)
    _check_episodes(data)
    _refuse(
        "actions",
        (data.actions < 0) | (data.actions >= data.action_count),
        f"outside 0..{data.action_count - 1}",
    )
    release(data.actions)
    if data.item_vectors is not None and data.item_vectors.shape != (data.item_count + 1, data.layout.vector_size):
        needed = f"({data.item_count + 1}, width)"
        raise InputError(f"Shape {data.item_vectors.shape}; {needed} is needed.", where="item_vectors")
    for name in ("observations", "rewards", "gaps", "metrics", "item_vectors"):
        _check_finite(name, getattr(data, name))
        release(getattr(data, name))
    if data.propensities is not None:
        # Written as "not inside" so that NaN is refused too.
        _refuse("propensities", ~((data.propensities > 0) & (data.propensities <= 1)), "outside (0, 1]")
    if data.forbidden is not None:
        _check_forbidden(data)
    if data.candidates is not None:
        _check_candidates(data)
    if data.history and (data.items is None or data.events is None or data.gaps is None):
        raise InputError("A history needs the columns items, events and gaps.", where="history")
    if not 0.0 <= data.gamma <= 1.0:
        raise InputError(f"gamma is {data.gamma}; it must lie in [0, 1].", where="gamma")


def _check_lengths(data: TransitionDataset) -> None:
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
    _refuse("episode_starts", np.diff(starts, prepend=-1) <= 0, "not ascending")
    if starts[-1] >= len(data.actions):
        raise InputError(f"The last episode starts at row {starts[-1]} of {len(data.actions)}.", where="episode_starts")
    if not 0 <= data.train_episodes <= len(starts):
        raise InputError(f"{data.train_episodes} of {len(starts)} episodes.", where="train_episodes")


def _check_candidates(data: TransitionDataset) -> None:
    if data.forbidden is not None:
        raise InputError("Candidates take no flags.", where="forbidden", hint="Leave a slot empty: give it the id 0.")
    _check_shape("candidates", data)
    outside = (data.candidates < 0) | (data.candidates > data.item_count)
    _refuse("candidates", outside.any(axis=1), f"has an id outside 0..{data.item_count}")
    _refuse("candidates", data.candidates[np.arange(len(data.actions)), data.actions] == 0, "took an empty slot")


def _check_shape(name: str, data: TransitionDataset) -> None:
    column, shape = getattr(data, name), (len(data.actions), data.action_count)
    if column.shape != shape:
        raise InputError(f"Shape {column.shape}; {shape} is needed.", where=name)


def _check_forbidden(data: TransitionDataset) -> None:
    _check_shape("forbidden", data)
    _refuse(
        "forbidden", data.forbidden[np.arange(len(data.actions)), data.actions], "true for the action that was taken"
    )


def _check_finite(name: str, column: np.ndarray | None) -> None:
    # One sum tells whether anything is wrong without a temporary the size of the column.
    if column is not None and not np.isfinite(column.sum(dtype=np.float64)):
        bad = ~np.isfinite(column)
        _refuse(name, bad.any(axis=1) if bad.ndim == 2 else bad, "not a finite number")


def _refuse(name: str, bad: np.ndarray, why: str) -> None:
    if bad.any():
        row = int(np.argmax(bad))
        raise InputError(f"{int(bad.sum())} values are {why}; the first is at row {row}.", where=name)
