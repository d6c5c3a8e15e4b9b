"""What a policy could earn that sees all there is: exact values, bounds for those that see less."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..planners.exact import best_chats, best_walks
from ..planners.page_order import best_page
from . import UpperBound

if TYPE_CHECKING:
    from ..shops.offers import Offers
    from ..shops.sequence import PageOrder
    from ..shops.tabular import Tabular

METHOD = "dynamic program"


def offers(task: Offers) -> UpperBound:
    """`offers-v1` where the mood is hidden: by dynamic programming of a shop that sees it."""
    return UpperBound(best_chats(task), METHOD)


def sequence(task: PageOrder) -> UpperBound:
    """`sequence-v1` with more pages than can be gone through: where the branch and bound had to stop."""
    return UpperBound(best_page(task)[0], "branch and bound")


def tabular(task: Tabular) -> UpperBound:
    """`tabular-v1`: by dynamic programming over states and decisions left. The state does not tell the time, so a
    policy of the state alone may fall short of it by a little."""
    return UpperBound(best_walks(task), METHOD)
