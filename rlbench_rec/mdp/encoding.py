"""What a policy in service needs of the log that it was trained on: how raw requests become its states."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..events.event_types import EVENTS
from ..serving.state_encoding import ContextColumn, StateEncoding
from .config import MDPConfig
from .from_events.decisions import Decisions
from .from_events.id_vocabulary import Vocabulary

if TYPE_CHECKING:
    import numpy as np

    from ..events.event_log import EventLog
    from .dataset import TransitionDataset
    from .state_layout import StateLayout


def encoding_of_log(
    log: EventLog,
    config: MDPConfig,
    decisions: Decisions,
    events: np.ndarray,
    context: tuple[ContextColumn, ...],
    items: Vocabulary,
    *,
    history: int,
    event_count: int,
    searches: bool,
) -> StateEncoding:
    """The encoding that `mdp.build` fitted.

    Args:
        log: the log.
        config: how it was built.
        decisions: which of its events are decisions.
        events: (m,) codes of all events.
        context: its columns.
        items: its vocabulary.
        history: how many past events a state shows.
        event_count: the largest event code of a state.
        searches: whether context goes on from searches.
    """
    known = {name: code for code, name in enumerate(EVENTS[:event_count], 1)}
    return StateEncoding(
        context=context,
        history=history,
        items=tuple(map(str, items.values)),
        other_item=0 if items.closed else len(items),
        events=known,
        event_names={raw: name for raw, name in log.card.events.items() if raw and name in known},
        decisions=_decision_names(config, decisions, events),
        clock="timestamp" if log.has_clock else "none",
        searches=searches,
    )


def _decision_names(config: MDPConfig, decisions: Decisions, events: np.ndarray) -> tuple[str, ...] | None:
    if decisions.chosen is None or decisions.rows is None:
        return None
    # Where none of the usual decisions is in the log, all but searches are.
    if isinstance(config.decisions, tuple) and EVENTS[int(events[decisions.rows[0]]) - 1] in config.decisions:
        return config.decisions
    return tuple(name for name in EVENTS if name != "search")


def encoding_of(data: TransitionDataset) -> StateEncoding:
    """How raw requests become the states of a dataset: as it was built, or where it was not built of events (a task's
    log, columns of one's own), its columns as they are.

    Such context is numbers under the names of the columns, events bring their `gap`, and items that have no names are
    called by their numbers.
    """
    layout = data.layout
    if data.encoding is not None and data.encoding.context_width == layout.context:
        return of_layout(data.encoding, layout)
    names = data.observation_names[: layout.context]
    if len(set(names)) != layout.context:
        names = tuple(f"column-{number}" for number in range(layout.context))
    known = layout.item_count - (layout.other_item > 0)
    items = data.action_names[:known] if data.acts_on_items and len(data.action_names) >= known else ()
    events = [*EVENTS, *(f"event-{code}" for code in range(len(EVENTS) + 1, layout.event_count + 1))]
    plain = StateEncoding(
        context=tuple(ContextColumn(name, "number") for name in names),
        items=tuple(items) or tuple(str(number) for number in range(1, known + 1)),
        other_item=layout.other_item,
        events={name: code for code, name in enumerate(events[: layout.event_count], 1)},
        clock="gap",
    )
    return of_layout(plain, layout)


def of_layout(encoding: StateEncoding, layout: StateLayout) -> StateEncoding:
    """The same, for states that end in flags or candidates, or show another history."""
    return replace(encoding, history=layout.history, forbidden=layout.forbidden, candidates=layout.candidates)
