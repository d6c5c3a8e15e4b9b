"""Scores of items as a Q function of states: what the baselines share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..errors import InapplicableError
from ..mdp.dataset import StateLayout, TransitionDataset
from ..policies import allowed_actions
from ..policies.policy import CHUNK_CELLS
from .sessions import ignored_event


@dataclass(frozen=True)
class History:
    """What some states show of earlier events, oldest first; 0, at the front, is padding.

    Attributes:
        items: (n, h) int64 item ids from 1.
        events: (n, h) int64 codes from 1.
        gaps: (n, h) float32 seconds since the event before.
    """

    items: np.ndarray
    events: np.ndarray
    gaps: np.ndarray

    def __len__(self) -> int:
        return len(self.items)

    @classmethod
    def of(cls, states: np.ndarray, layout: StateLayout, ignored_event: int = 0) -> History:
        """Cut out of (n, layout.size) states, without items outside the vocabulary and without the events of one code
        (see `ignored_event`)."""
        blocks = (states[:, layout.context + i * layout.history :][:, : layout.history] for i in range(3))
        items, events, gaps = blocks
        history = cls(items.astype(np.int64), events.astype(np.int64), gaps)
        # Padding has neither number where there is nothing to leave out.
        kept = (history.items != layout.other_item) & (history.events != ignored_event)
        return history if np.array_equal(kept, history.items > 0) else history._only(kept)

    def _only(self, kept: np.ndarray) -> History:
        # Stable: those that are kept stay in order, behind the padding.
        order = np.argsort(kept, axis=1, kind="stable")
        times = np.take_along_axis(np.where(kept, np.cumsum(self.gaps, axis=1), 0), order, axis=1)
        items, events = (np.take_along_axis(np.where(kept, ids, 0), order, axis=1) for ids in (self.items, self.events))
        return History(items, events, np.diff(times, axis=1, prepend=0).astype(np.float32))


class ItemScores(ABC):
    """A `QFunction` that scores items: states (n, layout.size) -> (n, action_count) float64, minus infinity for what
    may not be recommended (forbidden actions, empty slots, what stands for items outside the vocabulary).

    Items have ids from 1 to `item_count`. Where the actions are items, action a is item a + 1; among candidates an
    action is a slot, and its item is in the state. Scores that look at no history may be of any log: the actions
    themselves are then numbered so.

    Args:
        data: the log that it is fitted on, for what it says of states and actions.

    Raises:
        InapplicableError: its actions are neither items nor slots, or its states have no history; for scores that look
            at the history.
    """

    needs_history: ClassVar[bool] = True
    """Whether `of` looks at the history."""

    def __init__(self, data: TransitionDataset):
        if self.needs_history:
            refuse_without_history(data)
        self.layout, self.action_count, self.other_action = data.layout, data.action_count, data.other_action
        self.item_count, self.ignored_event = choice_count(data), ignored_event(data)

    @abstractmethod
    def of(self, history: History) -> np.ndarray:
        """(n, item_count + 1) scores of every item by id, finite; column 0, the padding, counts for nothing."""

    def __call__(self, states: np.ndarray) -> np.ndarray:
        scores = np.empty((len(states), self.action_count))
        size = max(1, CHUNK_CELLS // (self.item_count + 1))
        for first in range(0, len(states), size):
            rows = slice(first, first + size)
            scores[rows] = self._of_actions(states[rows])
        return scores

    def _of_actions(self, states: np.ndarray) -> np.ndarray:
        by_item = self.of(History.of(states, self.layout, self.ignored_event))
        if self.layout.candidates:
            slots = states[:, states.shape[1] - self.layout.candidates :].astype(np.int64)
            scores = np.take_along_axis(by_item, slots, axis=1)
        else:
            scores = by_item[:, 1 : self.action_count + 1]
        allowed = allowed_actions(states, self.layout, self.action_count, self.other_action)
        return scores if allowed is None else np.where(allowed, scores, -np.inf)


class FixedScores(ItemScores):
    """The same score of each item in every state.

    Args:
        data: the log, of any kind.
        scores: (item_count + 1,) by id; see `choices`.
    """

    needs_history = False

    def __init__(self, data: TransitionDataset, scores: np.ndarray):
        super().__init__(data)
        self.scores = np.asarray(scores, dtype=np.float64)

    def of(self, history: History) -> np.ndarray:
        return np.broadcast_to(self.scores, (len(history), len(self.scores)))


def choices(data: TransitionDataset) -> np.ndarray:
    """(n,) int64 what was chosen in each row, by the ids of `ItemScores`: the item in the slot among candidates, else
    the action's number + 1."""
    if data.candidates is None:
        return data.actions + 1
    return data.candidates[np.arange(len(data)), data.actions].astype(np.int64)


def choice_count(data: TransitionDataset) -> int:
    """The largest id that `choices` may have, and at least `item_count` where the actions are items."""
    if data.candidates is not None or actions_are_items(data):
        return data.item_count
    return data.action_count


def other_choice(data: TransitionDataset) -> int:
    """The id in `choices` of what stands for all items outside the vocabulary; 0 where nothing does."""
    if data.candidates is not None:
        return data.other_item
    return 0 if data.other_action is None else data.other_action + 1


def actions_are_items(data: TransitionDataset) -> bool:
    """Whether each action is an item, and the log says so in every row."""
    if data.items is None or not data.acts_on_items:
        return False
    return np.array_equal(data.at_decisions(data.items), data.actions + 1)


def refuse_without_history(data: TransitionDataset) -> None:
    """Raise an InapplicableError where states show no earlier items, or actions are neither items nor slots of them.

    Raises:
        InapplicableError: they do not.
    """
    where = data.provenance.source
    if not data.history:
        hint = "Give mdp.history above 0 where the log has sessions; else take a policy that looks at no history."
        raise InapplicableError("Its states show no history, which this policy reads.", where=where, hint=hint)
    if data.candidates is None and not actions_are_items(data):
        hint = "Build it with actions = 'items'."
        raise InapplicableError("Its actions are not its items, and this policy scores items.", where=where, hint=hint)
