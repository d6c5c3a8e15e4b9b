"""Users of a table: rows without one, and a name that stands for many."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

CROWD = 0.1
"""Share of a table above which a user may be a word for many, such as guest."""
FEWEST = 20
"""Users; among fewer one may well have so much."""


def one_each(users: np.ndarray) -> np.ndarray:
    """(n,) codes, -1 where a user is missing -> codes in which each of these is a user of its own: nothing is known to
    tie them together, and one user of them all would be drawn whole."""
    missing = users < 0
    codes = users.copy()
    codes[missing] = users.max() + 1 + np.arange(missing.sum())
    return codes


def belonging(users: np.ndarray | None, sessions: np.ndarray | None) -> np.ndarray | None:
    """(n,) codes of what a row belongs to: its user where one is known, else its session, else itself; None: every row
    stands by itself. No model may predict a row after it has seen another one of the same code.

    Args:
        users: (n,) codes, -1 where a user is missing, or None.
        sessions: (n,) codes 0, 1, …, or None.
    """
    if users is None or sessions is None:
        return sessions if users is None else one_each(users)
    owners = np.full(int(sessions.max()) + 1, -1)
    np.maximum.at(owners, sessions, users)
    return np.where(owners < 0, users.max() + 1 + np.arange(len(owners)), owners)[sessions]


@dataclass(frozen=True)
class UserCounts:
    """How many decisions, or sessions, the users of a table have, or those of a part of it that holds all of theirs.

    Attributes:
        count: decisions, or sessions where the table has these.
        without: how many of them have no user.
        users: how many users there are.
        largest: how many the largest of them has.
    """

    count: int
    without: int
    users: int
    largest: int

    @staticmethod
    def of(users: np.ndarray) -> UserCounts:
        """The counts of (n,) codes, -1 where a user is missing."""
        counts = np.bincount(users[users >= 0])
        return UserCounts(len(users), int((users < 0).sum()), int(np.count_nonzero(counts)), int(counts.max(initial=0)))

    def merged(self, other: UserCounts) -> UserCounts:
        """The counts of both parts together."""
        return UserCounts(
            self.count + other.count,
            self.without + other.without,
            self.users + other.users,
            max(self.largest, other.largest),
        )

    def notes(self, column: str, unit: str) -> tuple[str, ...]:
        """What a reader should know about the users, in words.

        Args:
            column: where they come from.
            unit: what is counted.
        """
        notes = []
        if self.without:
            notes.append(
                f"{self.without:,} of {self.count:,} {unit} have no '{column}'; each is taken as a user of its own."
            )
        if self.users >= FEWEST and self.largest > CROWD * self.count:
            notes.append(
                f"One '{column}' has {self.largest / self.count:.0%} of the {unit}: if it stands for many, such as "
                "guests, leave it empty there."
            )
        return tuple(notes)
