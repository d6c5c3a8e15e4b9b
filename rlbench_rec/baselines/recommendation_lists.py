"""Lists of recommended actions, found by the name of a session or a user."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from ..errors import DataWarning, InapplicableError, InputError
from ..mdp.dataset import TransitionDataset
from ..mdp.row_ranges import row_ranges
from .recommendation_file import Recommendations

STEP_BITS = 32
"""Of the number that stands for a session and a step of it."""


@dataclass(frozen=True)
class Lists:
    """What is recommended, list by list: the entries of list i are rows starts[i] to starts[i] + lengths[i] - 1.

    Attributes:
        of: whose lists they are.
        has_steps: whether a list is for one step of a session, from 0.
        keys: (names,) text, ascending, the users or sessions that the file names.
        codes: (k,) int64, ascending: which key each list is of, and for which step, as one number.
        starts: (k,) int64 the first entry of each list.
        actions: (r,) int64.
        worth: (r,) float64 what is said of each.
    """

    of: Literal["user", "session"]
    has_steps: bool
    keys: np.ndarray
    codes: np.ndarray
    starts: np.ndarray
    actions: np.ndarray
    worth: np.ndarray

    @property
    def lengths(self) -> np.ndarray:
        """(k,) entries of each list."""
        return np.diff(self.starts, append=len(self.actions))

    def of_log(self, data: TransitionDataset) -> np.ndarray:
        """(n,) the list of each row of a log, -1 where there is none."""
        lengths = data.episode_lengths
        names = np.repeat(names_of(self.of, data.session_names, data.user_names), lengths)
        return self.find(names, np.arange(len(data)) - np.repeat(data.episode_starts, lengths))

    def find(self, names: np.ndarray, steps: np.ndarray) -> np.ndarray:
        """(n,) the list of each name at its step, -1 where there is none."""
        key = np.minimum(np.searchsorted(self.keys, names), len(self.keys) - 1)
        code = (key << STEP_BITS) + (steps if self.has_steps else 0)
        number = np.minimum(np.searchsorted(self.codes, code), len(self.codes) - 1)
        return np.where((self.keys[key] == names) & (self.codes[number] == code), number, -1)

    def entries(self, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The entries of (b,) lists, one list after another: which of the b each is of, and its row."""
        lengths = self.lengths[numbers]
        return np.repeat(np.arange(len(numbers)), lengths), row_ranges(self.starts[numbers], lengths)

    def ranks(self, scores: np.ndarray) -> np.ndarray:
        """(r,) rank of each entry within its list by these scores, 1 for the highest; equal ones share their mean."""
        numbers = np.repeat(np.arange(len(self.starts)), self.lengths)
        order = np.lexsort((-scores, numbers))
        places = np.arange(1, len(scores) + 1) - np.repeat(self.starts, self.lengths)
        sorted_scores = scores[order]
        differs = np.diff(numbers, prepend=-1) != 0
        differs[1:] |= sorted_scores[1:] != sorted_scores[:-1]
        first = np.flatnonzero(differs)
        means = np.add.reduceat(places.astype(np.float64), first) / np.diff(first, append=len(scores))
        ranks = np.empty(len(scores))
        ranks[order] = np.repeat(means, np.diff(first, append=len(scores)))
        return ranks


def names_of(of: Literal["user", "session"], sessions: np.ndarray | None, users: np.ndarray | None) -> np.ndarray:
    """The names of sessions or of their users, as a log keeps them.

    Raises:
        InapplicableError: it keeps none.
        InputError: users are asked for, and it has none.
    """
    where = "file of recommendations"
    if sessions is None:
        what = "The log does not keep the names of its sessions."
        hint = "Build it with mdp.build(log, keep_names=True); the sessions of a simulated task have no names."
        raise InapplicableError(what, where=where, hint=hint)
    if of == "session":
        return sessions
    if users is None:
        what = "The recommendations are of users, and the log has none."
        raise InputError(what, where=where, hint="Name sessions (session_id) instead.")
    return users


def lists_of(rows: Recommendations, train: TransitionDataset) -> Lists:
    """The rows of a file whose items are actions of a log; a DataWarning says how many items are not.

    Raises:
        InputError: none is, or the file names users and the log has none.
        InapplicableError: the log's actions have no names, or it does not keep those of its sessions.
    """
    if not train.action_names:
        what, hint = "Its actions have no names, so no file can name them.", "Take a log of items, without candidates."
        raise InapplicableError(what, where=train.provenance.source, hint=hint)
    names_of(rows.of, train.session_names, train.user_names)
    actions = _actions(rows, train)
    kept = actions >= 0
    # Rows are sorted by name and step, and stay so.
    codes = (rows.who[kept] << STEP_BITS) + rows.steps[kept]
    starts = np.flatnonzero(np.diff(codes, prepend=-1) != 0)
    return Lists(
        of=rows.of,
        has_steps=rows.has_steps,
        keys=rows.names,
        codes=codes[starts],
        starts=starts,
        actions=actions[kept],
        worth=rows.worth[kept],
    )


def _actions(rows: Recommendations, train: TransitionDataset) -> np.ndarray:
    """(r,) int64 the action of each item, -1 where it is none."""
    numbers = {name: number for number, name in enumerate(train.action_names) if number != train.other_action}
    names = rows.item_names
    known = np.array([numbers.get(name, -1) for name in names.tolist()], dtype=np.int64)
    unknown = names[known < 0]
    if len(unknown) == len(names):
        what = f"None of its {len(names)} items ({names[0]}, …) is an action of the log."
        raise InputError(
            what, where=rows.path, hint="Write items as the log does; mdp.top_k says how many are actions."
        )
    if len(unknown):
        what = (
            f"{len(unknown)} of its {len(names)} items ({unknown[0]}, …) are not actions of the log and are left out."
        )
        warnings.warn(f"{Path(rows.path).name}: {what}", DataWarning, stacklevel=2)
    return known[rows.items]
