"""What is known of items beforehand: vectors of their texts or pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from ..arguments import expect
from ..errors import InputError
from .dataset import TransitionDataset


def with_item_vectors(
    data: TransitionDataset, items: Sequence[object] | np.ndarray, vectors: np.ndarray
) -> TransitionDataset:
    """The same log with a vector for each item, which every encoder then reads beside the item's own embedding.

    Items of the log that have no vector get zeros, and so does the out-of-vocabulary item.

    Args:
        data: a log whose actions are items, so that `action_names` names them.
        items: (m,) the items as the log names them; items that the log does not have are left out.
        vectors: (m, d) numbers, one row per item.

    Raises:
        InputError: actions that are not items, lengths that differ, an item twice, no item of the log, or a vector with
            NaN or infinity.
    """
    expect(data, TransitionDataset, "data")
    if len(data.action_names) != data.action_count or not data.acts_on_items:
        raise InputError("The items of this log have no names.", where=data.provenance.source)
    vectors, names = np.asarray(vectors, dtype=np.float32), [str(item) for item in items]
    if vectors.ndim != 2 or len(vectors) != len(names):
        raise InputError(f"Shape {vectors.shape} for {len(names)} items.", where="vectors")
    if not np.isfinite(vectors).all():
        row = int((~np.isfinite(vectors)).any(axis=1).argmax())
        raise InputError(f"The vector of item {names[row]} has NaN or infinity.", where="vectors")
    row_of = {name: row for row, name in enumerate(names)}
    if len(row_of) < len(names):
        twice = next(name for row, name in enumerate(names) if row_of[name] != row)
        raise InputError(f"Item {twice} occurs twice.", where="items")
    vector_rows = np.array([row_of.get(name, -1) for name in data.action_names])
    if (vector_rows < 0).all():
        raise InputError(
            f"None of the {len(names)} items is in the log.", where="items", hint="Check how ids are written."
        )
    table = np.zeros((data.item_count + 1, vectors.shape[1]), dtype=np.float32)
    table[1 : len(vector_rows) + 1][vector_rows >= 0] = vectors[vector_rows[vector_rows >= 0]]
    return replace(data, item_vectors=table)


def read_item_vectors(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """`items` and `vectors` of an .npz file, which may hold no pickle.

    Raises:
        InputError: not an .npz file, or one without these two.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            return file["items"], file["vectors"]
    # Any error: a broken archive or header can hold any bytes.
    except Exception as error:
        hint = "Write it with numpy.savez(path, items=ids, vectors=matrix)."
        raise InputError(f"These are not item vectors ({error}).", where=str(path), hint=hint) from error
