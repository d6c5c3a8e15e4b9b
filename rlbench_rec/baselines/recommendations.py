"""The policy of a file of recommendations: what another library would show in the sessions of a log."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import Field

from ..errors import InputError
from ..mdp.dataset import TransitionDataset
from ..mdp.past import Past
from ..policies import PolicyWithMemory, popularity
from ..policies.policy import CHUNK_CELLS, fitting
from ..tolerances import ROUNDING
from .calibrated import evenly_spaced, temperature_of
from .recommendation_file import Worth, read_recommendations
from .recommendation_lists import Lists, lists_of, names_of

FEWEST_ROWS, MOST_ROWS = 100, 20_000
"""Of logged decisions on a listed item: what a temperature is fitted on."""


def from_file(
    path: str | Path,
    train: TransitionDataset,
    *,
    temperature: Annotated[float | None, Field(gt=0.0, allow_inf_nan=False)] = None,
    explore: Annotated[float, Field(ge=0.0, le=1.0)] = 0.0,
) -> Recommended:
    """What any other library recommends, from a Parquet or CSV file.

    `read_recommendations` says what a file may look like. Its probabilities are taken as they are; what a list leaves
    of 1 is spread evenly over the actions that it does not name, or over all where it names all. Scores become shares
    exp(score / tau) of their list, ranks k shares k^(-1 / tau); what a list does not name is then not shown. tau is the
    temperature at which the logged actions of the training side are likeliest, over the decisions whose action is on
    their list. Where those are fewer than 100, lists are taken by their ranks with tau = 1, for scores have no unit of
    their own. Users and sessions that the file does not name get `popularity`.

    Args:
        path: the file.
        train: the training side, built with `keep_names`.
        temperature: tau, in units of the scores (of ranks: 1 gives 1 / k); None: as above.
        explore: share of decisions taken uniformly at random.

    Raises:
        MissingFileError, InputError: as `read_recommendations`; a temperature of probabilities; none of the items is an
            action of the log; or the file names users, and the log has none.
        InapplicableError: the log does not keep the names of its sessions, or its actions have none.
    """
    rows = read_recommendations(path)
    lists = lists_of(rows, train)
    shares, tau = shares_of(lists, rows.kind, train, temperature, rows.path)
    return Recommended(f"file:{Path(path).name}", lists, shares, train, temperature=tau, explore=explore)


class Recommended(PolicyWithMemory):
    """pi(a|s) of the list of the session (or user) that s is a state of; see `from_file`.

    It has to know whose state it is asked about, and so is asked by `policies.on_log`.

    Args:
        name: label in tables.
        lists: what is recommended.
        shares: (r,) probability of each entry in its list; what is left is spread over the other actions.
        train: the training side, for its popularity.
        temperature: by which the shares were made; None of probabilities.
        explore: as in `from_file`.
    """

    memory = 0

    def __init__(
        self,
        name: str,
        lists: Lists,
        shares: np.ndarray,
        train: TransitionDataset,
        *,
        temperature: float | None = None,
        explore: float = 0.0,
    ):
        self.name, self.action_count = name, train.action_count
        self.lists, self.shares, self.temperature, self.explore = lists, shares, temperature, explore
        self.showable = np.ones(self.action_count, dtype=bool)
        if train.other_action is not None:
            self.showable[train.other_action] = False
        self.popularity = popularity(train).distribution

    def probabilities(self, states: np.ndarray, *, past: Past | None = None) -> np.ndarray:
        past = fitting(past, 0, states, f"policy {self.name}")
        numbers = self.lists.find(names_of(self.lists.of, past.sessions, past.users), past.steps)
        table = np.tile(self.popularity, (len(states), 1))
        table[numbers >= 0] = self._of_lists(numbers[numbers >= 0])
        return (1.0 - self.explore) * table + self.explore * self.showable / self.showable.sum()

    def coverage(self, data: TransitionDataset) -> float:
        """Share of a log's decisions that the file has a list for; the others get `popularity`."""
        return float((self.lists.of_log(data) >= 0).mean())

    def _of_lists(self, numbers: np.ndarray) -> np.ndarray:
        """(b, A) of (b,) lists."""
        rows, entries = self.lists.entries(numbers)
        table, others = np.zeros((len(numbers), self.action_count)), np.tile(self.showable, (len(numbers), 1))
        table[rows, self.lists.actions[entries]] = self.shares[entries]
        others[rows, self.lists.actions[entries]] = False
        others[~others.any(axis=1)] = self.showable
        left = 1.0 - table.sum(axis=1)
        # What rounding alone leaves over is not spread.
        table += others * np.where(left > ROUNDING, left / others.sum(axis=1), 0.0)[:, None]
        return table / table.sum(axis=1, keepdims=True)


def shares_of(
    lists: Lists, kind: Worth, train: TransitionDataset, temperature: float | None, where: str
) -> tuple[np.ndarray, float | None]:
    """(r,) the probability of each entry in its list, and the temperature that makes it; see `from_file`.

    Raises:
        InputError: a temperature of probabilities.
    """
    if kind == "probability":
        if temperature is not None:
            what, hint = "Probabilities are taken as they are.", "Leave temperature out, or call the column score."
            raise InputError(what, where=where, hint=hint)
        return lists.worth, None
    by_rank = -np.log(lists.ranks(-lists.worth if kind == "rank" else lists.worth))
    scores = by_rank if kind == "rank" else lists.worth
    tau = _calibrated(lists, scores, train) if temperature is None else temperature
    if tau is None:
        scores, tau = by_rank, 1.0
    best = np.maximum.reduceat(scores, lists.starts)
    # The best of each list is 0 there; what lies too far below it for a float is not shown.
    with np.errstate(over="ignore"):
        weights = np.exp((scores - np.repeat(best, lists.lengths)) / tau)
    return weights / np.repeat(np.add.reduceat(weights, lists.starts), lists.lengths), tau


def _calibrated(lists: Lists, scores: np.ndarray, train: TransitionDataset) -> float | None:
    """The temperature of `from_file`; None where the training side has too few decisions on listed actions."""
    numbers = lists.of_log(train)
    covered, longest = np.flatnonzero(numbers >= 0), int(lists.lengths.max())
    most = max(FEWEST_ROWS, min(MOST_ROWS, CHUNK_CELLS // longest))
    covered = covered[evenly_spaced(len(covered), most)]
    rows, entries = lists.entries(numbers[covered])
    places = entries - lists.starts[numbers[covered]][rows]
    table, taken = np.full((len(covered), longest), -np.inf), np.full(len(covered), -1)
    table[rows, places] = scores[entries]
    on_list = lists.actions[entries] == train.actions[covered][rows]
    taken[rows[on_list]] = places[on_list]
    known = taken >= 0
    return temperature_of(table[known], taken[known]) if np.count_nonzero(known) >= FEWEST_ROWS else None
