"""`tabular-v1`: the best of all policies, also of those that know how many decisions are left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..planners.exact import best_walks
from . import UpperBound

if TYPE_CHECKING:
    from ..shops.tabular import Tabular


def bound(task: Tabular) -> UpperBound:
    """By dynamic programming over states and decisions left. The state does not tell the time, so a policy of the state
    alone may fall short of it by a little."""
    return UpperBound(best_walks(task), "dynamic program")
