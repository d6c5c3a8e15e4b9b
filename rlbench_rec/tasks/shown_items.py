"""What a shop still knows of the items that it showed: the history block of its states."""

from __future__ import annotations

import numpy as np

from ..events.event_types import EVENTS

SHOWN, CLICKED, CART, PURCHASED = (EVENTS.index(name) + 1 for name in ("impression", "click", "cart", "purchase"))
"""Codes of what became of an item that was shown; those of every log."""


def event_codes(click: np.ndarray, cart: np.ndarray, purchase: np.ndarray) -> np.ndarray:
    """(k,) int8 codes of what the users did with what they were shown: the last thing counts."""
    return np.select([purchase, cart, click], [PURCHASED, CART, CLICKED], SHOWN).astype(np.int8)


def nothing_shown(users: int, history: int) -> dict[str, np.ndarray]:
    """Columns of users who have not seen an item yet, (users, history) each."""
    return {"shown": np.zeros((users, history), np.float32), "reactions": np.zeros((users, history), np.float32)}


def add_shown(users: dict[str, np.ndarray], actions: np.ndarray, codes: np.ndarray) -> None:
    """One more item for each of k users.

    Args:
        users: columns that began as `nothing_shown`, changed in place.
        actions: (k,) the items, from 0.
        codes: (k,) what became of them.
    """
    for name, latest in (("shown", actions + 1), ("reactions", codes)):
        users[name][:, :-1] = users[name][:, 1:]
        users[name][:, -1] = latest


def history_block(users: dict[str, np.ndarray]) -> np.ndarray:
    """(k, 3 history) float32: item ids, event codes and gaps, oldest first (see `StateLayout`). A shop has no clock, so
    gaps are 0, as in a log that knows the order of its events alone."""
    return np.concatenate((users["shown"], users["reactions"], np.zeros_like(users["shown"])), axis=1)


def history_limits(history: int, items: int) -> np.ndarray:
    """(3 history,) float32 upper limits of `history_block`; the lower ones are 0. That of the gaps is not 0, because
    Gymnasium warns of a space without room."""
    return np.repeat(np.array([items, PURCHASED, 1.0], np.float32), history)
