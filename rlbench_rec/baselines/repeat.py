"""The items of the session so far."""

from __future__ import annotations

import numpy as np

from ..mdp.dataset import TransitionDataset
from ..policies import Greedy
from .item_scores import History, ItemScores
from .popular import Counted, popular


def repeat(train: TransitionDataset, *, counted: Counted = "rewards") -> Greedy:
    """The items of the session so far, the latest first, then all others by popularity.

    It is what a shop shows as "recently viewed". Where sessions return to their items it is hard to beat.

    Args:
        train: the training side.
        counted: what popularity counts; see `popular-greedy`.

    Raises:
        InapplicableError: states show no history, or actions are not items.
    """
    policy = Greedy(Repeated(train, counted), train.action_count)
    policy.name = "repeat"
    return policy


class Repeated(ItemScores):
    """1 to h for the items of the history, h the latest; below 1, by popularity, for all others."""

    def __init__(self, train: TransitionDataset, counted: Counted):
        super().__init__(train)
        counts = popular(train, counted)
        spread = np.ptp(counts)
        self.others = (counts - counts.min()) / (2.0 * spread) if spread > 0 else np.zeros(len(counts))

    def of(self, history: History) -> np.ndarray:
        scores = np.tile(self.others, (len(history), 1))
        rows = np.arange(len(history))
        for place in range(history.items.shape[1]):
            # From the oldest to the latest: an item counts where it was last.
            scores[rows, history.items[:, place]] = place + 1.0
        return scores
