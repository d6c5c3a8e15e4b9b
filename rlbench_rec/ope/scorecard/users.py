"""Users of a table: rows without one, and a name that stands for many."""

from __future__ import annotations

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


def about_users(users: np.ndarray, column: str, unit: str) -> tuple[str, ...]:
    """What a reader should know about the users, in words.

    Args:
        users: (n,) codes, -1 where missing.
        column: where they come from.
        unit: what n counts.
    """
    without, notes = int((users < 0).sum()), []
    if without:
        notes.append(f"{without:,} of {len(users):,} {unit} have no '{column}'; each is taken as a user of its own.")
    counts = np.bincount(users[users >= 0])
    counts = counts[counts > 0]
    if len(counts) >= FEWEST and counts.max() > CROWD * len(users):
        notes.append(
            f"One '{column}' has {counts.max() / len(users):.0%} of the {unit}: if it stands for many, such as guests, "
            "leave it empty there."
        )
    return tuple(notes)
