"""EventLog -> TransitionDataset."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..errors import InputError
from ..events.vocabulary import EVENTS
from .config import MDPConfig
from .context import observations
from .dataset import Provenance, TransitionDataset
from .outcomes import METRICS, metrics, rewards
from .split import TimeSplit, split_by_time
from .vocabulary import Vocabulary

if TYPE_CHECKING:
    from ..events.log import EventLog


def build(log: EventLog, config: MDPConfig | None = None) -> TransitionDataset:
    """Turn a log into decisions: each event is a step, the item (or its category) is the action.

    A session is an episode. Sessions are split by time (`mdp.split`); vocabularies and statistics come from the
    training side alone. Sessions that straddle the cutoff are on neither side; their number stands in
    `provenance.config["straddling_sessions"]`.

    Args:
        log: a loaded log.
        config: the choices; None takes the defaults.

    Raises:
        InputError: no category or price where the config needs one, or a side of the split would be empty.
    """
    config = config or MDPConfig()
    events = log.to_pandas()
    starts = _session_starts(events["session_id"])
    ends = np.append(starts[1:], len(events))
    times = events["timestamp"].to_numpy()
    split = split_by_time(times[starts], times[ends - 1], config.train_fraction)

    kept = split.train | split.test
    lengths = (ends - starts)[kept]
    events = events[np.repeat(kept, ends - starts)].reset_index(drop=True)
    train_sessions = int(split.train.sum())
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    train_rows = np.arange(len(events)) < lengths[:train_sessions].sum()

    row_starts = np.repeat(starts, lengths)
    context, context_names = observations(events, row_starts, train_rows, log.context_columns)
    items = _item_vocabulary(log, events, train_rows, config)
    item_codes = _encode_items(items, events["item_id"], log)
    if config.actions == "items":
        action_vocabulary, actions = items, item_codes
    else:
        action_vocabulary, actions = _categories(log, events["category"], train_rows, config)
    one_step = bool((lengths == 1).all())

    return TransitionDataset(
        observations=context,
        actions=actions,
        rewards=rewards(events, config.reward, config.reward_weights or log.card.reward_weights, EVENTS),
        episode_starts=starts.astype(np.int64),
        action_count=len(action_vocabulary),
        gamma=config.gamma,
        items=(item_codes + 1).astype(np.int32),
        events=_event_codes(events["event"]),
        gaps=_gaps(events["timestamp"].to_numpy(), row_starts),
        history=0 if one_step else config.history,
        item_count=len(items),
        event_count=len(EVENTS),
        propensities=events["propensity"].to_numpy(np.float64) if "propensity" in events else None,
        metrics=metrics(events),
        metric_names=METRICS,
        clusters=_users(events["user_id"], starts),
        timestamps=events["timestamp"].to_numpy(np.int64),
        train_episodes=train_sessions,
        provenance=_provenance(log, config, split),
        action_names=action_vocabulary.names(),
        observation_names=context_names,
    )


def _session_starts(session_ids: pd.Series) -> np.ndarray:
    # Not by `shift`: it turns int64 into float64, where ids beyond 2^53 coincide.
    values = session_ids.to_numpy()
    return np.flatnonzero(np.append(True, values[1:] != values[:-1]))


def _item_vocabulary(log: EventLog, events: pd.DataFrame, train_rows: np.ndarray, config: MDPConfig) -> Vocabulary:
    if log.catalogue is not None:
        return Vocabulary(tuple(log.catalogue), closed=True)
    return Vocabulary.fit(events["item_id"][train_rows], config.top_k)


def _encode_items(items: Vocabulary, column: pd.Series, log: EventLog) -> np.ndarray:
    codes = items.encode(column)
    if items.closed and (codes == len(items)).any():
        stranger = column.iloc[int(np.argmax(codes == len(items)))]
        raise InputError(f"Item {stranger} is not in the catalogue.", where=log.card.id, hint="Mend the card.")
    return codes


def _categories(
    log: EventLog, column: pd.Series, train_rows: np.ndarray, config: MDPConfig
) -> tuple[Vocabulary, np.ndarray]:
    if column.isna().all():
        raise InputError("The log has no categories.", where=log.card.id, hint="Use actions = 'items'.")
    categories = Vocabulary.fit(column[train_rows], config.top_k)
    return categories, categories.encode(column)


def _event_codes(column: pd.Series) -> np.ndarray:
    return (pd.Index(EVENTS).get_indexer(pd.Index(column.astype(object))) + 1).astype(np.int8)


def _gaps(times: np.ndarray, row_starts: np.ndarray) -> np.ndarray:
    seconds = np.diff(times, prepend=times[:1]) / 1000.0
    seconds[row_starts == np.arange(len(times))] = 0.0
    return seconds.astype(np.float32)


def _users(column: pd.Series, starts: np.ndarray) -> np.ndarray | None:
    if column.isna().all():
        return None
    # A session without a user is a cluster of its own, not part of one big "missing" user.
    codes = pd.factorize(column.iloc[starts])[0].astype(np.int64)
    missing = codes < 0
    codes[missing] = codes.max() + 1 + np.arange(missing.sum())
    return codes


def _provenance(log: EventLog, config: MDPConfig, split: TimeSplit) -> Provenance:
    card = log.card
    source = f"{card.id}/{log.variant}" if log.variant else card.id
    settings = config.model_dump() | {"straddling_sessions": split.straddling, "cutoff": split.cutoff}
    text = json.dumps([log.source_sha256, split.cutoff, int(split.train.sum()), int(split.test.sum())])
    return Provenance(
        source=source,
        source_sha256=log.source_sha256,
        split_hash=hashlib.sha256(text.encode()).hexdigest(),
        identification=identification(card.action_source, card.propensity),
        config=settings,
    )


def identification(action_source: str, propensity: str) -> str:
    """What may be claimed of values estimated on a log.

    `not-identified` where users chose the items themselves, or nothing is known of how they were shown;
    `estimated` where propensities must be estimated; else `identified`.
    """
    if action_source == "choice" or propensity == "none":
        return "not-identified"
    return "estimated" if propensity == "estimated" else "identified"
