"""Choosing among a few candidates instead of a whole catalogue, so that 100,000 items can be trained on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from ..arguments import expect
from ..bad_rows import refuse_rows
from ..errors import InputError
from .dataset import TransitionDataset
from .provenance import NOT_IDENTIFIED

Retriever = Callable[[np.ndarray], np.ndarray]
"""States (b, state size) -> (b, k) item ids from 1, 0 for an empty slot."""
CHUNK_ROWS = 65_536


def with_candidates(
    data: TransitionDataset, slots: int = 100, negatives: str | Retriever = "popularity", *, seed: int = 0
) -> TransitionDataset:
    """The same log, where every decision is a choice among `slots` candidates: the logged item and others.

    The action is then a slot, and the state ends in the ids of the candidates. Empty slots have id 0. Policies take
    neither an empty slot nor one with an item outside the vocabulary, which occurs only where it was logged. The logged
    item is in a random slot. Such a log does not say what a policy could have shown, so it has no propensities, and
    values estimated on it are `not-identified`.

    Args:
        data: a log whose actions are items.
        slots: number of candidates K.
        negatives: where the others come from: `popularity` (drawn as often as they are in the log's training side),
            `uniform`, or a function from states to item ids. Of equal ids a state keeps the first.
        seed: of the draws and of the slots' order.

    Raises:
        InputError: actions that are not items, fewer than two slots, unknown negatives, or ids out of range.
    """
    expect(data, TransitionDataset, "data")
    items = None if data.items is None else data.at_decisions(data.items)
    if items is None or not data.acts_on_items or not np.array_equal(items, data.actions + 1):
        raise InputError("The actions of this log are not its items.", where=data.provenance.source)
    if slots < 2:
        raise InputError(f"{slots}; at least 2 are needed.", where="slots")
    draw = _drawing(data, items, negatives, slots - 1)
    rng = np.random.default_rng(seed)
    candidates = np.zeros((len(data), slots), dtype=np.int32)
    actions = np.empty(len(data), dtype=np.int64)
    for first in range(0, len(data), CHUNK_ROWS):
        rows = slice(first, min(first + CHUNK_ROWS, len(data)))
        # The logged item comes first: of two equal ids the later one is emptied.
        ids = np.concatenate([items[rows, None], draw(rows, rng)], axis=1)
        order = rng.permuted(np.broadcast_to(np.arange(slots), ids.shape), axis=1)
        candidates[rows] = np.take_along_axis(_once(ids), order, axis=1)
        actions[rows] = (order == 0).argmax(axis=1)
    config = data.provenance.config | {"candidates": slots}
    provenance = replace(data.provenance, identification=NOT_IDENTIFIED, config=config)
    return replace(
        data,
        actions=actions,
        action_count=slots,
        candidates=candidates,
        propensities=None,
        behaviour_probabilities=None,
        action_names=(),
        other_action=None,
        provenance=provenance,
    )


def _drawing(
    data: TransitionDataset, items: np.ndarray, negatives: str | Retriever, k: int
) -> Callable[[slice, np.random.Generator], np.ndarray]:
    """(rows, generator) -> (b, k) item ids."""
    if callable(negatives):
        return lambda rows, rng: _retrieved(negatives(data.states(rows)), k, rows, data)
    if negatives == "uniform":
        last = data.item_count - (data.other_item > 0)
        return lambda rows, rng: rng.integers(1, last + 1, size=(rows.stop - rows.start, k))
    if negatives != "popularity":
        hint = "Use popularity, uniform, or a function of states."
        raise InputError(f"Unknown negatives '{negatives}'.", where="negatives", hint=hint)
    first_test_row = data.episode_ends[data.train_episodes - 1] if data.train_episodes else len(data)
    counts = np.bincount(items[:first_test_row], minlength=data.item_count + 1)
    if data.other_item:
        counts[data.other_item] = 0
    cumulative = np.cumsum(counts)

    def popular(rows: slice, rng: np.random.Generator) -> np.ndarray:
        places = rng.integers(cumulative[-1], size=(rows.stop - rows.start, k))
        return np.searchsorted(cumulative, places, side="right")

    return popular


def _retrieved(ids: np.ndarray, k: int, rows: slice, data: TransitionDataset) -> np.ndarray:
    ids = np.asarray(ids)
    if ids.ndim != 2 or len(ids) != rows.stop - rows.start or ids.shape[1] < k:
        needed = f"({rows.stop - rows.start}, {k} or more)"
        raise InputError(f"The function gave shape {ids.shape}; {needed} is needed.", where="negatives")
    bad: np.ndarray = np.any((ids < 0) | (ids > data.item_count), axis=1)
    what = f"has an id outside 0..{data.item_count}."
    refuse_rows(bad, lambda row, _: InputError(f"Row {rows.start + row} {what}", where="negatives"))
    kept = ids[:, :k]
    return np.where(kept == data.other_item, 0, kept)


def _once(ids: np.ndarray) -> np.ndarray:
    """(b, k) ids with 0 in place of repeated ones."""
    order = np.argsort(ids, axis=1, kind="stable")
    ranked = np.take_along_axis(ids, order, axis=1)
    again = np.zeros(ids.shape, dtype=bool)
    np.put_along_axis(again, order[:, 1:], ranked[:, 1:] == ranked[:, :-1], axis=1)
    return np.where(again, 0, ids)
