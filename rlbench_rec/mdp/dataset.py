"""TransitionDataset: logged decisions as a Markov decision process, in columns."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..arguments import path_of
from ..errors import InputError
from .provenance import Provenance
from .state_layout import StateLayout as StateLayout

if TYPE_CHECKING:
    import d3rlpy

    from ..serving.state_encoding import StateEncoding
    from .past import Past
    from .to_d3rlpy.buffer import ColumnBuffer


@dataclass(frozen=True)
class TransitionDataset:
    """Logged decisions, one row each, in time order within an episode; episodes are contiguous and in time order.

    Row i's successor is row i + 1 unless the episode ends there: next states are never stored.

    Args:
        observations: (n, c) float32, what the policy knew before deciding, apart from the history.
        actions: (n,) int64 in [0, action_count).
        rewards: (n,) float32, the training reward.
        episode_starts: (episodes,) int64, the first row of each episode, ascending, beginning with 0.
        action_count: number of actions.
        gamma: discount factor of the return.
        items: (m,) int32 item id of each event, from 1; history of later rows. None: states have no history.
        events: (m,) int8 code of each event, from 1.
        gaps: (m,) float32 seconds since the previous event of the episode; 0 for its first.
        event_rows: (n,) int64, ascending: which of the m events each decision is, where some events are none (a cart, a
            search); None: every event is a decision, and m = n.
        event_starts: (episodes,) int64, the first event of each episode; given with `event_rows`.
        history: how many past events a state shows.
        item_count: largest item id (`other_item` included).
        other_item: the id of all items outside the vocabulary, 0 where there are none; if any, the last.
        event_count: largest event code.
        forbidden: (n, action_count) bool, true for actions that could not be taken (out of stock, not eligible), or
            None where all could. They are part of the state; policies and training targets leave such actions out.
        candidates: (n, action_count) int32 item ids that were chosen from, 0 for an empty slot, the action being the
            slot; or None. See `mdp.with_candidates`.
        item_vectors: (item_count + 1, d) float32, what is known of each item beforehand (a language model's
            embedding of its text, say), row 0 zeros; or None. See `mdp.with_item_vectors`.
        propensities: (n,) float64, the behaviour policy's probability of the logged action, or None where unknown.
        behaviour_probabilities: (n, action_count) float32, its probabilities of all actions, where the log carries
            them; they come with `propensities` and agree with them.
        metrics: (n, m) float32 outcomes per row, named by `metric_names` (CTR, CVR, revenue, …).
        clusters: (episodes,) int64 codes of the user behind each episode, or None.
        session_names: (episodes,) text, the log's own id of each session, where they were kept (`build(keep_names=)`).
        user_names: (episodes,) text, that of its user, "" where the log has none for it; or None.
        next_episodes: (episodes,) int64, the episode in which the same user returns, -1 for none: the last row of an
            episode then leads to the first row of that one. None: every episode ends for good.
        timestamps: (n,) int64 ms UTC, or None where time is only an order.
        train_episodes: how many leading episodes are the training side of the split.
        provenance: source, hashes and identification label.
        other_action: the action that stands for all actions outside the vocabulary, None where there are none. It is
            logged, but policies of this package do not take it: nobody can show "some other item".
        action_names: the outside name of each action (item ids, say); empty where actions have no names.
        observation_names: the name of each observation column.
        encoding: how raw requests become its states, where it was built of events; see `serving.StateEncoding`.

    Raises:
        InputError: a column whose length, range or order is wrong, naming the column and the first bad row.
    """

    observations: np.ndarray
    actions: np.ndarray
    rewards: np.ndarray
    episode_starts: np.ndarray
    action_count: int
    gamma: float = 0.9
    items: np.ndarray | None = None
    events: np.ndarray | None = None
    gaps: np.ndarray | None = None
    event_rows: np.ndarray | None = None
    event_starts: np.ndarray | None = None
    history: int = 0
    item_count: int = 0
    other_item: int = 0
    event_count: int = 0
    forbidden: np.ndarray | None = None
    candidates: np.ndarray | None = None
    item_vectors: np.ndarray | None = None
    propensities: np.ndarray | None = None
    behaviour_probabilities: np.ndarray | None = None
    metrics: np.ndarray | None = None
    metric_names: tuple[str, ...] = ()
    clusters: np.ndarray | None = None
    session_names: np.ndarray | None = None
    user_names: np.ndarray | None = None
    next_episodes: np.ndarray | None = None
    timestamps: np.ndarray | None = None
    train_episodes: int = 0
    other_action: int | None = None
    provenance: Provenance = field(default_factory=lambda: Provenance("unnamed"))
    action_names: tuple[str, ...] = ()
    observation_names: tuple[str, ...] = ()
    encoding: StateEncoding | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        from .validate import check

        check(self)

    def __len__(self) -> int:
        return len(self.actions)

    @property
    def n_episodes(self) -> int:
        return len(self.episode_starts)

    @property
    def one_step(self) -> bool:
        """Whether every episode is one decision."""
        return self.n_episodes == len(self)

    @property
    def acts_on_items(self) -> bool:
        """Whether each action is an item, of the same number; an item that only events without decisions have, the
        out-of-vocabulary one, then has no action."""
        unused = self.other_item > 0 and self.other_action is None
        return self.action_count == self.item_count - unused

    @property
    def layout(self) -> StateLayout:
        """How the columns of `states()` read."""
        return StateLayout(
            context=self.observations.shape[1],
            history=self.history,
            item_count=self.item_count,
            event_count=self.event_count,
            forbidden=0 if self.forbidden is None else self.action_count,
            candidates=0 if self.candidates is None else self.action_count,
            other_item=self.other_item,
            vector_size=0 if self.item_vectors is None else self.item_vectors.shape[1],
        )

    @property
    def episode_ends(self) -> np.ndarray:
        """(episodes,) the row after each episode's last."""
        return np.append(self.episode_starts[1:], len(self))

    @property
    def episode_lengths(self) -> np.ndarray:
        """(episodes,) rows per episode."""
        return self.episode_ends - self.episode_starts

    @property
    def terminals(self) -> np.ndarray:
        """(n,) bool, true on the last row of each episode that no other one continues."""
        terminals = np.zeros(len(self), dtype=bool)
        terminals[self.episode_ends - 1] = True if self.next_episodes is None else self.next_episodes < 0
        return terminals

    @property
    def row_starts(self) -> np.ndarray:
        """(n,) int64, for each row the first row of its episode."""
        return np.repeat(self.episode_starts, self.episode_lengths)

    def user_codes(self) -> tuple[np.ndarray, int]:
        """(episodes,) codes 0, 1, … of the users, and how many there are; every episode is a user where none is known.
        No user may stand on both sides of a fold."""
        if self.clusters is None:
            return np.arange(self.n_episodes), self.n_episodes
        users, codes = np.unique(self.clusters, return_inverse=True)
        return codes, len(users)

    def returns_to_go(self, gamma: float | None = None) -> np.ndarray:
        """(n,) float64, sum_k gamma^k r over the row and those it leads to; gamma None is the dataset's."""
        from .returns import returns_to_go

        return returns_to_go(self, self.gamma if gamma is None else gamma)

    @functools.cached_property
    def earned(self) -> np.ndarray:
        """(n,) float64, sum_{u<t} gamma^u r_u over the rows of the session before each."""
        from .past import earned

        return earned(self)

    def past(self, rows: np.ndarray | slice | None, memory: int) -> Past:
        """What happened in the sessions of some rows before them, `memory` decisions back; see `mdp.past`."""
        from .past import past

        return past(self, rows, memory)

    def at_decisions(self, events: np.ndarray) -> np.ndarray:
        """(n,) of a column of events (`items`, `events`, `gaps`): each decision's own."""
        return events if self.event_rows is None else events[self.event_rows]

    def events_of(self, rows: np.ndarray) -> np.ndarray:
        """(b,) which event each of (b,) rows is."""
        return rows if self.event_rows is None else self.event_rows[rows]

    def next_rows(self, rows: np.ndarray) -> np.ndarray:
        """(b,) the row that each of (b,) rows leads to; a terminal leads to itself."""
        episodes = np.searchsorted(self.episode_starts, rows, side="right") - 1
        following = np.where(rows + 1 < self.episode_ends[episodes], rows + 1, rows)
        if self.next_episodes is None:
            return following
        goes_on = self.next_episodes[episodes]
        return np.where((following == rows) & (goes_on >= 0), self.episode_starts[goes_on], following)

    def states(self, rows: np.ndarray | slice | None = None) -> np.ndarray:
        """(n, layout.size) float32: observations, the gathered history, and what is possible (see `StateLayout`)."""
        from .states import states

        return states(self, rows)

    def episodes(self, first: int, stop: int) -> TransitionDataset:
        """Episodes `first` to `stop - 1` as a dataset of their own; columns are views."""
        from .selection import episodes

        return episodes(self, first, stop)

    def select(self, chosen: np.ndarray | Sequence[int] | Sequence[bool]) -> TransitionDataset:
        """Some episodes as a dataset of their own, by a mask over all of them or by their numbers; see `mdp.selection`.

        Raises:
            InputError: no episode, a mask of another length, or a number out of range.
        """
        from .selection import select

        return select(self, np.asarray(chosen))

    def split(self) -> tuple[TransitionDataset, TransitionDataset]:
        """The training and the test side: earlier and later episodes, none on both.

        Raises:
            InputError: if either side would be empty.
        """
        if not 0 < self.train_episodes < self.n_episodes:
            raise InputError(
                f"The split leaves {self.train_episodes} of {self.n_episodes} episodes for training.",
                where=self.provenance.source,
                hint="Give a log with more episodes, or another train_fraction.",
            )
        return self.episodes(0, self.train_episodes), self.episodes(self.train_episodes, self.n_episodes)

    def describe(self) -> dict[str, str | int | float | None]:
        """The dataset's main figures, as plain Python values; see `mdp.describe`."""
        from .describe import describe

        return describe(self)

    def to_d3rlpy(self) -> d3rlpy.dataset.MDPDataset:
        """The same transitions as d3rlpy's own dataset; every row remains a transition."""
        from .to_d3rlpy.mdp_dataset import to_d3rlpy

        return to_d3rlpy(self)

    def d3rlpy_buffer(self) -> ColumnBuffer:
        """A replay buffer over these columns for d3rlpy's `fit`: nothing is copied, and the same rows are drawn."""
        from .to_d3rlpy.buffer import ColumnBuffer

        return ColumnBuffer(self)

    def save(self, path: str | Path) -> None:
        """Write to a folder of .npy files and one dataset.json; nothing is pickled."""
        from .storage import save

        save(self, path_of(path, "path"))

    @staticmethod
    def load(path: str | Path, *, mmap: bool = True) -> TransitionDataset:
        """Read what `save` wrote; `mmap` leaves the columns on disk until they are used."""
        from .storage import load

        return load(path_of(path, "path"), mmap=mmap)
