"""A policy that another library computed: a file of users, items and scores (or probabilities)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

import rlbench_rec as rb
from rlbench_rec.errors import InputError, MissingFileError
from rlbench_rec.mdp import TransitionDataset
from rlbench_rec.policies import Policy, softmax


class Recommended(Policy):
    """pi(a|user) as a table; a user who is not in it gets the mean of all.

    Args:
        name: label in tables.
        users: column of a state -> row of the table; the column is 1 where the state is that user's.
        table: (users, actions) probabilities, rows sum to 1.
    """

    def __init__(self, name: str, users: dict[int, int], table: np.ndarray):
        self.name, self.action_count = name, table.shape[1]
        self.columns, self.rows = list(users), np.array([*users.values(), len(table)])
        self.table = np.vstack([table, table.mean(axis=0)])

    def probabilities(self, states: np.ndarray) -> np.ndarray:
        is_user = states[:, self.columns] == 1
        which = np.where(is_user.any(axis=1), is_user.argmax(axis=1), len(self.columns))
        return self.table[self.rows[which]]


def from_file(
    path: str | Path, name: str, *, user_column: str, temperature: float = 1.0, explore: float = 0.1
) -> Callable[[TransitionDataset], Policy]:
    """A policy from a CSV file with the columns user, item and either score or probability.

    Args:
        path: the file.
        name: label in tables.
        user_column: the card's context column that holds the user.
        temperature: of the softmax that makes probabilities of scores; smaller is greedier.
        explore: share of decisions taken uniformly at random, so that no logged item has probability 0.
    """

    def policy(train: TransitionDataset) -> Policy:
        rows = _read(Path(path))
        actions = {item: action for action, item in enumerate(train.action_names)}
        known = rows[rows["item"].isin(actions)]
        if known.empty:
            raise InputError("None of its items is an action of this log.", where=str(path))
        listed = known.pivot_table(index="user", columns="item", values=known.columns[2], aggfunc="first")
        table = np.full((len(listed), train.action_count), np.nan)
        table[:, [actions[item] for item in listed.columns]] = listed.to_numpy()
        if known.columns[2] == "score":
            rows_of_users = softmax(np.where(np.isnan(table), -np.inf, table) / temperature)
        else:
            rows_of_users = np.nan_to_num(table)
            rows_of_users /= rows_of_users.sum(axis=1, keepdims=True)
        may_be_shown = np.ones(train.action_count)
        if train.other_action is not None:
            may_be_shown[train.other_action] = 0.0
        mixed = (1.0 - explore) * rows_of_users + explore * may_be_shown / may_be_shown.sum()
        return Recommended(name, _users(train, user_column, list(listed.index)), mixed)

    policy.__doc__ = f"Recommendations of another library, from {Path(path).name}."
    return policy


def _read(path: Path) -> pd.DataFrame:
    if not path.is_file():
        raise MissingFileError("There is no such file of recommendations.", where=str(path))
    rows = pd.read_csv(path, dtype={"user": str, "item": str})
    if list(rows.columns) not in (["user", "item", "score"], ["user", "item", "probability"]):
        raise InputError(
            f"The columns are {list(rows.columns)}.", where=str(path), hint="Write user, item, score (or probability)."
        )
    values = rows.iloc[:, 2]
    if values.isna().any() or (values.name == "probability" and (values < 0).any()):
        raise InputError(f"A {values.name} is missing or below 0.", where=str(path))
    repeated = rows.duplicated(["user", "item"])
    if repeated.any():
        row = rows[repeated].iloc[0]
        raise InputError(f"Item {row['item']} stands twice for user {row['user']}.", where=str(path))
    return rows


def _users(train: TransitionDataset, column: str, users: list[str]) -> dict[int, int]:
    columns = {name: number for number, name in enumerate(train.observation_names)}
    names = {f"{column}={user}": row for row, user in enumerate(users)}
    known = {columns[name]: row for name, row in names.items() if name in columns}
    if not known:
        hint = f'Put the user into the card\'s context: [context] {column} = "category".'
        raise InputError("No user of the recommendations is in this log.", where=column, hint=hint)
    return known


rb.register(
    "policies",
    "house-blend",
    from_file(Path(__file__).with_name("recommendations.csv"), "house-blend", user_column="customer"),
)
