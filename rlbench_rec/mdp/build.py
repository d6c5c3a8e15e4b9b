"""EventLog -> TransitionDataset."""

from __future__ import annotations

import hashlib
import json
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np

from ..arguments import expect
from ..errors import DataWarning, InputError
from ..events.event_log import EventLog
from ..events.event_types import EVENTS
from .chunked_columns import ColumnStore
from .config import EVERY_EVENT, MDPConfig
from .dataset import TransitionDataset
from .encoding import encoding_of_log
from .from_events.actions import action_probabilities, items_and_actions, translated
from .from_events.context import observations
from .from_events.credit import Credit, same_item
from .from_events.decisions import Decisions, mask_of, of_sessions
from .from_events.earnings import Earnings, earnings
from .from_events.log_columns import LogColumns, session_starts
from .from_events.searches import SearchedColumns
from .from_events.users import own_ids, user_codes
from .item_vectors import read_item_vectors, with_item_vectors
from .provenance import Provenance, identification
from .split import TimeSplit, split_by_time

FIRST_EVENTS = EVENTS.index("purchase") + 1
"""Events that every log may have. A state only counts later ones where its log has them, so that what is trained on
other logs stays as it was."""
MUCH = 0.5
"""Share of a log's reward that is credited to nobody, above which that is a warning."""


def build(
    log: EventLog,
    config: MDPConfig | None = None,
    *,
    scratch: str | Path | None = None,
    keep_names: bool = False,
) -> TransitionDataset:
    """Turn a log into decisions: which events are steps, their items (or categories) the actions, and what the other
    events earn goes to the step that surfaced the item; see `MDPConfig.decisions`.

    A session is an episode. Sessions are split by time (`mdp.split`); vocabularies and statistics come from the
    training side alone. Sessions that straddle the cutoff are on neither side; their number is in
    `provenance.config["straddling_sessions"]`. A log without a clock is split by the order of its sessions.

    Args:
        log: a loaded log.
        config: the choices; None takes the defaults.
        scratch: an existing empty folder for the columns as memory-mapped files, where the dataset (about 70 bytes a
            row) is larger than memory. It must outlive the dataset, unless that is saved. None: in memory.
        keep_names: keep the ids of sessions and users as the log writes them (`session_names`, `user_names`), which a
            policy that is a file of recommendations needs. They are people's: without need they are not kept.

    Raises:
        InputError: no category, price, user or clock where the config needs one, or a side of the split would be empty.
    """
    expect(log, EventLog, "log")
    asked = config or MDPConfig()
    config = asked.resolved(log.card)
    columns = ColumnStore(Path(scratch) if scratch is not None else None)
    starts = session_starts(log)
    lengths = np.diff(starts, append=log.n_rows)
    split = _split(log, starts, lengths, config)

    kept = split.train | split.test
    kept_rows = None if kept.all() else np.repeat(kept, lengths)
    source = LogColumns(log, columns, kept_rows)
    lengths = lengths[kept]
    starts = np.cumsum(lengths) - lengths
    training = np.zeros(len(starts), dtype=bool)
    training[: int(split.train.sum())] = True
    del kept, lengths

    timestamps = source.numbers("timestamp", np.int64) if log.has_clock else None
    users = user_codes(source, starts)
    events, event_count = _event_codes(source)
    decisions = _decisions(log, asked, config, events, starts, columns)
    if decisions.chosen is None and asked.decisions is None:
        config = config.model_copy(update={"decisions": EVERY_EVENT})
    at_decisions = _decided(source, decisions)
    train_sessions = int(decisions.sessions[training].sum())
    _check_sides(log, train_sessions, len(decisions.starts))
    train_rows = int(decisions.starts[train_sessions])

    item_column = source.coded("item_id")
    credit = None
    if decisions.chosen is not None:
        credit = _credit(config, decisions, item_column.codes, starts, timestamps, users, training)
    elif config.attribution_window is not None:
        what = "Every event of this log is a decision, so nothing is attributed."
        raise InputError(what, where="attribution_window", hint="Name the decisions, or leave the window out.")
    earned = earnings(
        source, events, decisions, credit, config.reward, config.reward_weights or log.card.reward_weights
    )
    _warn_of_lost(log, earned)
    items, item_ids, actions, action_vocabulary = items_and_actions(
        source, at_decisions, decisions, item_column, train_rows, config
    )
    session_times = None if timestamps is None else timestamps[starts][decisions.sessions]
    known = at_decisions
    if decisions.chosen is not None and event_count > FIRST_EVENTS and log.context_columns:
        known = SearchedColumns(source, at_decisions, decisions, events, starts)
    context, context_names, context_columns = observations(known, session_times, decisions.starts, train_rows)
    gaps = columns.compute((source.rows,), np.float32, _gaps(timestamps, starts))
    clusters = None if users is None else users[decisions.sessions]
    names = own_ids(source, starts[decisions.sessions]) if keep_names else {}
    event_rows = decisions.event_rows()
    sequential = len(decisions.starts) < len(item_ids)

    data = TransitionDataset(
        observations=context,
        actions=actions,
        rewards=earned.rewards,
        episode_starts=decisions.starts,
        action_count=len(action_vocabulary),
        other_action=action_vocabulary.other,
        gamma=config.gamma,
        items=item_ids,
        events=decisions.of_events(events),
        gaps=decisions.of_events(gaps),
        event_rows=event_rows,
        event_starts=None if event_rows is None else decisions.event_starts,
        history=config.history if sequential else 0,
        item_count=len(items),
        other_item=0 if items.closed else len(items),
        event_count=event_count,
        propensities=at_decisions.numbers("propensity", np.float64) if source.has("propensity") else None,
        behaviour_probabilities=action_probabilities(at_decisions, action_vocabulary, config),
        metrics=earned.metrics,
        metric_names=earned.metric_names,
        clusters=clusters,
        session_names=names.get("session_names"),
        user_names=names.get("user_names"),
        next_episodes=_next_episodes(log, clusters, train_sessions) if config.ends == "truncated" else None,
        timestamps=None if timestamps is None else decisions.at_decisions(timestamps),
        train_episodes=train_sessions,
        provenance=_provenance(log, asked, config, split, decisions, earned.account),
        action_names=action_vocabulary.names(),
        observation_names=context_names,
        encoding=encoding_of_log(
            *(log, config, decisions, events, context_columns, items),
            history=config.history if sequential else 0,
            event_count=event_count,
            searches=known is not at_decisions,
        ),
    )
    if log.item_vectors is None or config.actions != "items":
        return data
    return with_item_vectors(data, *read_item_vectors(log.item_vectors))


def _split(log: EventLog, starts: np.ndarray, lengths: np.ndarray, config: MDPConfig) -> TimeSplit:
    if not log.has_clock:
        numbers = np.arange(len(starts))
        return split_by_time(numbers, numbers, config.train_fraction)
    rows = LogColumns(log, ColumnStore())
    first, last = (rows.at("timestamp", at).to_numpy() for at in (starts, starts + lengths - 1))
    return split_by_time(first, last, config.train_fraction)


def _decisions(
    log: EventLog, asked: MDPConfig, config: MDPConfig, events: np.ndarray, starts: np.ndarray, columns: ColumnStore
) -> Decisions:
    """The decisions that the configuration names; where it names none and the log has none of the usual ones, all."""
    names = config.decisions
    if isinstance(names, tuple):
        chosen = mask_of(events, names)
        if chosen.all():
            return Decisions.all(starts, columns)
        if chosen.any():
            return Decisions.of(chosen, starts, columns)
        if asked.decisions is not None:
            what = f"The log has no {' or '.join(names)}, so no decision."
            raise InputError(what, where=log.card.id, hint="Name events of the log, or take decisions = 'every-event'.")
    searches = mask_of(events, ["search"])
    if searches.all():
        raise InputError("The log has searches alone, so no decision.", where=log.card.id)
    return Decisions.of(~searches, starts, columns) if searches.any() else Decisions.all(starts, columns)


def _decided(source: LogColumns, decisions: Decisions) -> LogColumns:
    """The log's columns at its decisions."""
    if decisions.chosen is None:
        return source
    rows = decisions.chosen
    if source.kept is not None:
        rows = np.zeros(source.log.n_rows, dtype=bool)
        rows[source.kept] = decisions.chosen
    return LogColumns(source.log, source.columns, rows)


def _check_sides(log: EventLog, training: int, sessions: int) -> None:
    if not 0 < training < sessions:
        raise InputError(
            f"Of {sessions} sessions with a decision, {training} are on the training side.",
            where=log.card.id,
            hint="Give another train_fraction, or take decisions = 'every-event'.",
        )


def _credit(
    config: MDPConfig,
    decisions: Decisions,
    items: np.ndarray,
    starts: np.ndarray,
    timestamps: np.ndarray | None,
    users: np.ndarray | None,
    training: np.ndarray,
) -> Credit:
    if config.attribution_window is None:
        return same_item(decisions, items, of_sessions(np.arange(len(starts)), starts))
    for name, known in (("users", users), ("clock", timestamps)):
        if known is None:
            raise InputError(
                f"The log has no {name}.", where="attribution_window", hint="Credit within sessions alone."
            )
    assert users is not None, "checked"
    # Sides are groups of their own: a training step must not know what its user did after the cutoff.
    groups = of_sessions(2 * np.unique(users, return_inverse=True)[1] + ~training, starts)
    return same_item(decisions, items, groups, timestamps, config.attribution_window)


def _warn_of_lost(log: EventLog, earned: Earnings) -> None:
    lost = abs(earned.account.get("uncredited_reward", 0.0))
    share = lost / (lost + abs(float(earned.rewards.sum(dtype=np.float64))) or 1.0)
    if share > MUCH:
        hint = "Give an attribution_window, name other decisions, or take decisions = 'every-event'."
        what = f"{share:.0%} of the reward is of items that no decision surfaced, and is credited to nobody."
        warnings.warn(f"{log.card.id}: {what} {hint}", DataWarning, stacklevel=3)


def _next_episodes(log: EventLog, clusters: np.ndarray | None, train_sessions: int) -> np.ndarray:
    """(sessions,) the same user's next session on the same side of the split, -1 for none."""
    if clusters is None:
        hint = "Leave ends = 'terminal'."
        raise InputError("The log has no users, so nobody returns.", where=f"{log.card.id}: ends", hint=hint)
    numbers = np.arange(len(clusters))
    testing = numbers >= train_sessions
    order = np.lexsort((numbers, testing, clusters))
    alike = np.diff(clusters[order], append=-1) == 0
    alike[:-1] &= testing[order][1:] == testing[order][:-1]
    following = np.full(len(clusters), -1)
    following[order[alike]] = order[np.flatnonzero(alike) + 1]
    return following


def _event_codes(source: LogColumns) -> tuple[np.ndarray, int]:
    """(m,) int8 code of each event, from 1, and the largest that a state may have."""
    column = source.coded("event")
    codes = np.array([EVENTS.index(name) + 1 for name in column.distinct])
    return translated(source, column, codes, np.int8), max(FIRST_EVENTS, int(codes.max()))


def _gaps(times: np.ndarray | None, starts: np.ndarray) -> Callable[[slice], np.ndarray]:
    first = of_sessions(starts, starts)

    def gaps(rows: slice) -> np.ndarray:
        if times is None:
            return np.zeros(rows.stop - rows.start)
        before = times[rows.start - 1 if rows.start else 0]
        seconds = np.diff(times[rows], prepend=before) / 1000.0
        seconds[first(rows) == np.arange(rows.start, rows.stop)] = 0.0
        return seconds

    return gaps


def _provenance(
    log: EventLog,
    asked: MDPConfig,
    config: MDPConfig,
    split: TimeSplit,
    decisions: Decisions,
    account: dict[str, int | float],
) -> Provenance:
    card = log.card
    source = f"{card.id}/{log.variant}" if log.variant else card.id
    settings = config.model_dump(mode="json") | {"straddling_sessions": split.straddling, "cutoff": split.cutoff}
    settings |= account if log.has_clock else {**account, "split": "by the order of sessions, since there is no clock"}
    if not decisions.sessions.all():
        settings["sessions_without_decisions"] = int((~decisions.sessions).sum())
    text = json.dumps([log.source_sha256, split.cutoff, int(split.train.sum()), int(split.test.sum())])
    return Provenance(
        source=source,
        source_sha256=log.source_sha256,
        card_sha256=asked.with_card(card, log.card_sha256),
        split_hash=hashlib.sha256(text.encode()).hexdigest(),
        identification=identification(card.action_source, card.propensity),
        config=settings,
    )
