"""How a customer reacts in the chat of `offers-v1`: all probabilities of its equations."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from .shared.draws import sigmoid

if TYPE_CHECKING:
    from .offers import OffersConfig

CUSTOMERS = ("hurried", "ordinary", "patient")
MOVES = ("ask", "explain", "apologise", "small voucher", "large voucher", "hand over")
ASK, EXPLAIN, APOLOGISE, SMALL, LARGE, HAND_OVER = range(6)
MOODS, CLARITY, SORRY, DECLINED = 5, 3, 3, 3
"""How many levels each of them has; 2 is the middle of the moods."""


class Chat(NamedTuple):
    """Where chats stand: integer arrays that broadcast.

    Attributes:
        customer: place in `CUSTOMERS`.
        issue: kind of trouble.
        mood: 0 to 4.
        clear: 0 to 2.
        sorry: apologies so far; more than 2 count as 2.
        declined: largest voucher declined: 0 none, 1 small, 2 large.
    """

    customer: np.ndarray
    issue: np.ndarray
    mood: np.ndarray
    clear: np.ndarray
    sorry: np.ndarray
    declined: np.ndarray


class Customers:
    """The customers of one shop; every method takes arguments that broadcast.

    Args:
        config: the parameters.
        issues: (issues,) log-odds added to an explanation.
    """

    def __init__(self, config: OffersConfig, issues: np.ndarray):
        self.config = config
        self.explain = config.explain_base + issues
        self.take = np.array([config.take_small, config.take_large])

    def settle_chance(self, chat: Chat, move: np.ndarray) -> np.ndarray:
        """P(settled) by a move."""
        c, mood = self.config, chat.mood - 2
        explained = sigmoid(self.explain[chat.issue] + c.explain_clear * chat.clear + c.explain_mood * mood)
        size = np.clip(move - SMALL, 0, 1)
        taken = sigmoid(self.take[size] + c.take_mood * mood - c.take_again * (chat.declined > size))
        by_voucher = np.where((move == SMALL) | (move == LARGE), taken, c.hand_settles * (move == HAND_OVER))
        return np.where(move == EXPLAIN, explained, by_voucher)

    def clear_chance(self, move: np.ndarray) -> np.ndarray:
        """P(one level clearer), if not settled."""
        return self.config.asking_clears * (move == ASK)

    def mood_chance(self, chat: Chat, move: np.ndarray) -> np.ndarray:
        """P(the mood moves a level): up by an apology, else down; if not settled."""
        c = self.config
        soothes = c.sorry_soothes * c.sorry_wears**chat.sorry
        fails = np.where(move == ASK, c.asking_annoys, c.failing_annoys * (move != HAND_OVER))
        return np.where(move == APOLOGISE, soothes, fails)

    def after(self, chat: Chat, move: np.ndarray, clears: np.ndarray, moves: np.ndarray) -> Chat:
        """Where a chat stands after a move."""
        mood = np.clip(chat.mood + moves * np.where(move == APOLOGISE, 1, -1), 0, MOODS - 1)
        clear = np.minimum(chat.clear + clears, CLARITY - 1)
        sorry = np.minimum(chat.sorry + (move == APOLOGISE), SORRY - 1)
        size = np.where((move == SMALL) | (move == LARGE), move - SMALL + 1, 0)
        return Chat(chat.customer, chat.issue, mood, clear, sorry, np.maximum(chat.declined, size))

    def leave_chance(self, chat: Chat, turn: int) -> np.ndarray:
        """P(leave) after a turn that settled nothing."""
        c = self.config
        patience = c.patience_spread * (1 - chat.customer)
        return sigmoid(c.leave_base + patience - c.leave_mood * (chat.mood - 2) + c.leave_turn * turn)

    def cost(self, move: np.ndarray, settled: np.ndarray) -> np.ndarray:
        """What a move costs; of a voucher only if it settles, so that chances give expected costs."""
        c = self.config
        vouchers = c.small * (move == SMALL) + c.large * (move == LARGE)
        return vouchers * settled + c.hand_cost * (move == HAND_OVER)
