"""The best page of `sequence-v1`, exactly: a dynamic program as the bound of a branch and bound."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from ..shops.shared.draws import sigmoid

if TYPE_CHECKING:
    from ..shops.sequence import PageOrder

MOST_PAGES = 400_000
"""Beginnings of a page that are kept at once; where more could still be the best, the answer is a bound."""
MOST_COUNTS = 20_000
"""Numbers of items above, by category, that the dynamic program goes through."""
Counts = tuple[int, ...]


def best_page(task: PageOrder) -> tuple[float, bool]:
    """The most that a page can earn, averaged over what users are after, and whether that is exact.

    A page that is laid out before it is read is a list of items, so the best policy is the best list for each kind of
    user. `_Pages` bounds what a beginning can still earn; a beginning whose bound is below a page that is known is
    dropped, and what is left at the last position is the best page. Where too many beginnings would have to be kept,
    the highest bound is the answer.
    """
    kinds = range(task.config.categories)
    found = [_Pages(task, kind).best() for kind in kinds]
    return float(np.mean([value for value, _ in found])), all(exact for _, exact in found)


class _Pages:
    """The pages for users who are after one category.

    V(n) is the most that the positions below can earn if the page is read that far and n_c items of category c stand
    above, where an item may be shown again as if it were new: at least what distinct items can earn, since an item
    that stands above already is passed over.
    """

    def __init__(self, task: PageOrder, kind: int):
        c = task.config
        self.task, self.kind, self.positions = task, kind, min(task.horizon, c.items)
        alike = np.arange(self.positions)[:, None]
        click = sigmoid(task.click_logit(np.arange(c.items), np.array(kind), alike)).astype(float)
        on = [sigmoid(task.go_on_logit(np.arange(c.items), clicked)).astype(float) for clicked in (0.0, 1.0)]
        self.value = click * (1.0 + task.fee + task.buy * task.sale)
        self.stays = task.gamma * (click * on[1] + (1.0 - click) * on[0])
        self.below: dict[Counts, float] = {}
        self._fill_below()

    def _fill_below(self) -> None:
        """V by the counts of items above; nothing where there are too many of them."""
        categories = self.task.config.categories
        if (self.positions + 1) ** categories > 50 * MOST_COUNTS:
            return
        reachable = [n for n in product(range(self.positions + 1), repeat=categories) if sum(n) <= self.positions]
        if len(reachable) > MOST_COUNTS:
            return
        for counts in sorted(reachable, key=sum, reverse=True):
            read_on = sum(counts) < self.positions
            self.below[counts] = max(self._at(counts, kind) for kind in range(categories)) if read_on else 0.0

    def _at(self, counts: Counts, category: int) -> float:
        items, above = self.task.category == category, counts[category]
        ahead = self.below[_with(counts, category)]
        return float((self.value[above, items] + self.stays[above, items] * ahead).max())

    def best(self) -> tuple[float, bool]:
        """The most that a page earns, and whether that is exact."""
        if not self.below:
            return self._loose(), False
        least = self._greedy()
        pages, earned, read = np.empty((1, 0), np.int64), np.zeros(1), np.ones(1)
        for _ in range(self.positions):
            pages, earned, read, most = self._longer(pages, earned, read)
            keep = most > least - 1e-12
            if keep.sum() > MOST_PAGES:
                return float(most.max()), False
            pages, earned, read = pages[keep], earned[keep], read[keep]
        return float(earned.max()), True

    def _longer(self, pages: np.ndarray, earned: np.ndarray, read: np.ndarray) -> tuple[np.ndarray, ...]:
        """Every page with every further item: the items, what they earn, who still reads, and the bound."""
        category, rows = self.task.category, np.arange(len(pages))[:, None]
        counts = np.zeros((len(pages), self.task.config.categories), np.int64)
        for column in pages.T:
            counts[rows[:, 0], category[column]] += 1
        free = np.ones((len(pages), len(category)), bool)
        free[rows, pages] = False
        page, item = np.nonzero(free)
        above = counts[page, category[item]]
        earned = earned[page] + read[page] * self.value[above, item]
        read = read[page] * self.stays[above, item]
        different, where = np.unique(counts, axis=0, return_inverse=True)
        ahead = np.array([[self.below[_with(tuple(n), k)] for k in range(counts.shape[1])] for n in different.tolist()])
        most = earned + read * ahead[where.ravel()[page], category[item]]
        return np.column_stack((pages[page], item)), earned, read, most

    def _greedy(self) -> float:
        """What the page earns whose next item is the one with the highest bound."""
        pages, earned, read = np.empty((1, 0), np.int64), np.zeros(1), np.ones(1)
        for _ in range(self.positions):
            pages, earned, read, most = self._longer(pages, earned, read)
            first = [int(most.argmax())]
            pages, earned, read = pages[first], earned[first], read[first]
        return float(earned[0])

    def _loose(self) -> float:
        """A bound without counts: at each position the best item at its best number of alike ones above."""
        value = 0.0
        for _ in range(self.positions):
            value = float((self.value + self.stays * value).max())
        return value


def _with(counts: Counts, category: int) -> Counts:
    return (*counts[:category], counts[category] + 1, *counts[category + 1 :])
