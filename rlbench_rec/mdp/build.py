"""EventLog -> TransitionDataset."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..errors import InputError
from ..events.event_types import EVENTS
from .chunked_columns import ColumnStore
from .config import MDPConfig
from .dataset import Provenance, TransitionDataset
from .from_events.context import observations, row_starts
from .from_events.id_vocabulary import Vocabulary
from .from_events.log_columns import Coded, LogColumns, session_starts
from .from_events.outcomes import METRICS, metrics, rewards
from .item_vectors import read_item_vectors, with_item_vectors
from .split import TimeSplit, split_by_time

if TYPE_CHECKING:
    from ..events.event_log import EventLog


def build(log: EventLog, config: MDPConfig | None = None, *, scratch: str | Path | None = None) -> TransitionDataset:
    """Turn a log into decisions: each event is a step, the item (or its category) is the action.

    A session is an episode. Sessions are split by time (`mdp.split`); vocabularies and statistics come from the
    training side alone. Sessions that straddle the cutoff are on neither side; their number is in
    `provenance.config["straddling_sessions"]`.

    Args:
        log: a loaded log.
        config: the choices; None takes the defaults.
        scratch: an existing empty folder for the columns as memory-mapped files, where the dataset (about 70 bytes a
            row) is larger than memory. It must outlive the dataset, unless that is saved. None: in memory.

    Raises:
        InputError: no category or price where the config needs one, or a side of the split would be empty.
    """
    config = config or MDPConfig()
    columns = ColumnStore(Path(scratch) if scratch is not None else None)
    starts = session_starts(log)
    lengths = np.diff(starts, append=log.n_rows)
    first, last = (LogColumns(log, columns).at("timestamp", rows).to_numpy() for rows in (starts, starts + lengths - 1))
    split = split_by_time(first, last, config.train_fraction)
    del first, last

    kept = split.train | split.test
    source = LogColumns(log, columns, None if kept.all() else np.repeat(kept, lengths))
    lengths = lengths[kept]
    starts = np.cumsum(lengths) - lengths
    train_sessions = int(split.train.sum())
    train_rows = int(lengths[:train_sessions].sum())
    sequential = len(starts) < source.rows
    del kept, lengths

    timestamps = source.numbers("timestamp", np.int64)
    context, context_names = observations(source, timestamps, starts, train_rows)
    gaps = columns.compute((source.rows,), np.float32, _gaps(timestamps, starts))
    items, actions, item_ids, action_vocabulary = _items_and_actions(source, train_rows, config)
    events, prices = _event_codes(source), _prices(source)
    clusters = _users(source, starts)

    data = TransitionDataset(
        observations=context,
        actions=actions,
        rewards=rewards(events, prices, config.reward, config.reward_weights or log.card.reward_weights, columns),
        episode_starts=starts,
        action_count=len(action_vocabulary),
        other_action=action_vocabulary.other,
        gamma=config.gamma,
        items=item_ids,
        events=events,
        gaps=gaps,
        history=config.history if sequential else 0,
        item_count=len(items),
        other_item=0 if items.closed else len(items),
        event_count=len(EVENTS),
        propensities=source.numbers("propensity", np.float64) if source.has("propensity") else None,
        metrics=metrics(events, prices, columns),
        metric_names=METRICS,
        clusters=clusters,
        timestamps=timestamps,
        train_episodes=train_sessions,
        provenance=_provenance(log, config, split),
        action_names=action_vocabulary.names(),
        observation_names=context_names,
    )
    if log.item_vectors is None or config.actions != "items":
        return data
    return with_item_vectors(data, *read_item_vectors(log.item_vectors))


def _items_and_actions(
    source: LogColumns, train_rows: int, config: MDPConfig
) -> tuple[Vocabulary, np.ndarray, np.ndarray, Vocabulary]:
    """The item vocabulary, (n,) actions, (n,) item ids from 1, and the vocabulary of the actions."""
    log, column = source.log, source.coded("item_id")
    if log.catalogue is not None:
        items = Vocabulary(tuple(log.catalogue), closed=True)
        unknown = sorted(set(column.distinct) - set(items.values))
        if unknown:
            raise InputError(f"Item {unknown[0]} is not in the catalogue.", where=log.card.id, hint="Correct the card.")
    else:
        items = Vocabulary.fit(column, train_rows, config.top_k)
    item_ids = _translated(source, column, items.ids(column) + 1, np.int32)
    if config.actions == "items":
        return items, _translated(source, column, items.ids(column), np.int64), item_ids, items
    column = source.coded("category")
    if not column.distinct:
        raise InputError("The log has no categories.", where=log.card.id, hint="Use actions = 'items'.")
    categories = Vocabulary.fit(column, train_rows, config.top_k)
    return items, _translated(source, column, categories.ids(column), np.int64), item_ids, categories


def _translated(source: LogColumns, column: Coded, ids: np.ndarray, dtype: type) -> np.ndarray:
    # Code -1, a missing value, is the last of `ids`.
    return source.columns.compute((source.rows,), dtype, lambda rows: ids[column.codes[rows]])


def _event_codes(source: LogColumns) -> np.ndarray:
    column = source.coded("event")
    return _translated(source, column, np.array([EVENTS.index(name) + 1 for name in column.distinct]), np.int8)


def _prices(source: LogColumns) -> np.ndarray:
    """(n,) float64 price of each row's event, times its quantity; NaN where unknown."""
    prices = source.numbers("price", np.float64, missing=np.nan)
    if not source.has("quantity"):
        return prices
    quantities = source.numbers("quantity", np.int64, missing=1)
    return source.columns.compute(prices.shape, np.float64, lambda rows: prices[rows] * quantities[rows])


def _gaps(times: np.ndarray, starts: np.ndarray) -> Callable[[slice], np.ndarray]:
    def gaps(rows: slice) -> np.ndarray:
        before = times[rows.start - 1 if rows.start else 0]
        seconds = np.diff(times[rows], prepend=before) / 1000.0
        seconds[row_starts(starts, rows) == np.arange(rows.start, rows.stop)] = 0.0
        return seconds

    return gaps


def _users(source: LogColumns, starts: np.ndarray) -> np.ndarray | None:
    users = source.at("user_id", starts).dictionary_encode()
    if not len(users.dictionary):
        return None
    # Numbered as they come. A session without a user is a cluster of its own, not part of one big "missing" user.
    codes = users.indices.fill_null(-1).to_numpy().astype(np.int64)
    missing = codes < 0
    codes[missing] = len(users.dictionary) + np.arange(missing.sum())
    return codes


def _provenance(log: EventLog, config: MDPConfig, split: TimeSplit) -> Provenance:
    card = log.card
    source = f"{card.id}/{log.variant}" if log.variant else card.id
    settings = config.model_dump() | {"straddling_sessions": split.straddling, "cutoff": split.cutoff}
    text = json.dumps([log.source_sha256, split.cutoff, int(split.train.sum()), int(split.test.sum())])
    return Provenance(
        source=source,
        source_sha256=log.source_sha256,
        card_sha256=config.with_card(log.card_sha256),
        split_hash=hashlib.sha256(text.encode()).hexdigest(),
        identification=identification(card.action_source, card.propensity),
        config=settings,
    )


def identification(action_source: str, propensity: str) -> str:
    """What may be claimed of values estimated on a log.

    `not-identified` where users chose the items themselves, or it is unknown how they were shown;
    `estimated` where propensities must be estimated; else `identified`.
    """
    if action_source == "choice" or propensity == "none":
        return "not-identified"
    return "estimated" if propensity == "estimated" else "identified"
