"""Some episodes of a dataset as a dataset of their own: a stretch, or any choice, for segments and bootstraps."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import InputError
from .describe import ACCOUNT
from .row_ranges import row_ranges
from .validate import EVENT_COLUMNS, NAMES, PER_ROW

if TYPE_CHECKING:
    from .dataset import TransitionDataset
    from .provenance import Provenance


FORMS = "Give true or false for every episode, or the numbers of episodes."


def episodes(data: TransitionDataset, first: int, stop: int) -> TransitionDataset:
    """Episodes `first` to `stop - 1`; columns are views. An episode whose user returns outside of them ends there.

    Raises:
        InputError: no episodes, or some that the dataset does not have.
    """
    if not 0 <= first < stop <= data.n_episodes:
        raise InputError(f"Episodes {first} to {stop} asked of a dataset of {data.n_episodes}.", where="episodes")
    begin, end = data.episode_starts[first], data.episode_ends[stop - 1]
    part = {name: column[begin:end] for name, column in _columns(data, PER_ROW)}
    part["episode_starts"] = data.episode_starts[first:stop] - begin
    if data.event_rows is None or data.event_starts is None:
        part |= {name: column[begin:end] for name, column in _columns(data, EVENT_COLUMNS)}
    else:
        first_event, event_stop = data.event_starts[first], _event_ends(data)[stop - 1]
        part |= {name: column[first_event:event_stop] for name, column in _columns(data, EVENT_COLUMNS)}
        part["event_rows"] = data.event_rows[begin:end] - first_event
        part["event_starts"] = data.event_starts[first:stop] - first_event
    part |= {name: column[first:stop] for name, column in _columns(data, ("clusters", *NAMES))}
    if data.next_episodes is not None:
        later = data.next_episodes[first:stop]
        part["next_episodes"] = np.where((later >= first) & (later < stop), later - first, -1)
    return _replaced(data, part, int(np.clip(data.train_episodes - first, 0, stop - first)), _of_part(data))


def select(data: TransitionDataset, chosen: np.ndarray) -> TransitionDataset:
    """The chosen episodes: of a mask in their order, of numbers in the order given, with repeats.

    The split stays: episodes of the training side come first, whatever the order of the numbers. Copies of an episode
    are of one user, also where the log knows no users, so that no fold learns from the copy of what it is tried on. An
    episode whose user returns in one that was not chosen ends there.

    Raises:
        InputError: no episode, a mask of another length, or a number out of range.
    """
    numbers = _numbers(chosen, data.n_episodes)
    training = numbers < data.train_episodes
    numbers = np.concatenate([numbers[training], numbers[~training]])
    lengths = data.episode_lengths[numbers]
    rows = row_ranges(data.episode_starts[numbers], lengths)
    part = {name: column[rows] for name, column in _columns(data, PER_ROW)}
    part["episode_starts"] = np.cumsum(lengths) - lengths
    events = rows
    if data.event_rows is not None and data.event_starts is not None:
        event_starts = data.event_starts[numbers]
        event_counts = _event_ends(data)[numbers] - event_starts
        events, part["event_starts"] = row_ranges(event_starts, event_counts), np.cumsum(event_counts) - event_counts
        part["event_rows"] = data.event_rows[rows] - np.repeat(event_starts - part["event_starts"], lengths)
    part |= {name: column[events] for name, column in _columns(data, EVENT_COLUMNS)}
    part |= {name: column[numbers] for name, column in _columns(data, ("clusters", *NAMES))}
    if data.clusters is None and len(np.unique(numbers)) < len(numbers):
        part["clusters"] = numbers
    if data.next_episodes is not None:
        part["next_episodes"] = _next_episodes(data.next_episodes, numbers)
    return _replaced(data, part, int(training.sum()), _provenance(data, numbers))


def decisions(data: TransitionDataset, chosen: np.ndarray) -> TransitionDataset:
    """The decisions of a mask; the others are events that the histories of later ones still show. Episodes without any
    are left out.

    Args:
        data: the dataset.
        chosen: (n,) bool, at least one of them true.
    """
    counts = np.add.reduceat(chosen.astype(np.int64), data.episode_starts)
    if not counts.all():
        chosen = chosen[np.repeat(counts > 0, data.episode_lengths)]
        data, counts = select(data, counts > 0), counts[counts > 0]
    rows = np.flatnonzero(chosen)
    part = {name: column[rows] for name, column in _columns(data, PER_ROW)}
    part["episode_starts"] = np.cumsum(counts) - counts
    if data.items is None or data.events is None or data.gaps is None:
        part |= {name: column[rows] for name, column in _columns(data, EVENT_COLUMNS)}
    else:
        part["event_rows"] = data.events_of(rows)
        part["event_starts"] = data.episode_starts if data.event_starts is None else data.event_starts
    return _replaced(data, part, data.train_episodes, _of_part(data))


def _numbers(chosen: np.ndarray, episodes: int) -> np.ndarray:
    """(k,) int64 numbers of the chosen episodes."""
    where = "select"
    if chosen.ndim != 1:
        what = f"The choice of episodes has {chosen.ndim} dimensions, not one."
        raise InputError(what, where=where, hint=FORMS)
    if chosen.size and not (chosen.dtype == bool or np.issubdtype(chosen.dtype, np.integer)):
        what = f"Episodes are chosen by whole numbers or by a mask, not by values like {str(chosen[0])!r}."
        raise InputError(what, where=where, hint=FORMS)
    if chosen.dtype == bool:
        if chosen.size and len(chosen) != episodes:
            raise InputError(f"The mask has {len(chosen)} values for {episodes} episodes.", where=where, hint=FORMS)
        chosen = np.flatnonzero(chosen)
    if not chosen.size:
        raise InputError("No episode is chosen.", where=where)
    if chosen.min() < 0 or chosen.max() >= episodes:
        bad = chosen[(chosen < 0) | (chosen >= episodes)][0]
        raise InputError(f"There is no episode {bad}: they are 0 to {episodes - 1}.", where=where)
    return chosen.astype(np.int64)


def _next_episodes(next_episodes: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """(k,) where the next episode of each chosen one now stands (of copies, the first); -1 where it is not chosen."""
    places = np.full(len(next_episodes) + 1, -1)
    places[numbers[::-1]] = np.arange(len(numbers))[::-1]
    return places[next_episodes[numbers]]


def _event_ends(data: TransitionDataset) -> np.ndarray:
    assert data.event_starts is not None and data.items is not None, "asked where events are not rows"
    return np.append(data.event_starts[1:], len(data.items))


def _columns(data: TransitionDataset, names: tuple[str, ...]) -> list[tuple[str, np.ndarray]]:
    return [(name, getattr(data, name)) for name in names if getattr(data, name) is not None]


def _provenance(data: TransitionDataset, numbers: np.ndarray) -> Provenance:
    """Another identity: what is learnt from some episodes is not learnt from all."""
    provenance = _of_part(data)
    digest = hashlib.sha256(numbers.astype("<i8").tobytes()).hexdigest()
    split_hash = hashlib.sha256(json.dumps([provenance.split_hash, digest]).encode()).hexdigest()
    config = provenance.config | {"selected_episodes": len(numbers), "selected_of": data.n_episodes}
    return replace(provenance, split_hash=split_hash, config=config)


def _of_part(data: TransitionDataset) -> Provenance:
    """The provenance without the account of events that are no decisions, which is one of the whole log."""
    config = {key: value for key, value in data.provenance.config.items() if key not in ACCOUNT}
    return replace(data.provenance, config=config)


def _replaced(
    data: TransitionDataset, columns: dict[str, np.ndarray], train_episodes: int, provenance: Provenance
) -> TransitionDataset:
    changed: dict[str, Any] = {**columns, "train_episodes": train_episodes, "provenance": provenance}
    return replace(data, **changed)
