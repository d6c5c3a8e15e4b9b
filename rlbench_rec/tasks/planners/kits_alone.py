"""`cart-v1`: each kit planned for alone, by what the shop knows of the purse."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..shops.shared.draws import log_logistic_above, sigmoid
from ..shops.shared.grid import along
from ..shops.shared.state_columns import whole

if TYPE_CHECKING:
    from ..shops.cart import Cart

MOST_CELLS = 20_000_000
"""Of the table: 80 MB."""
SLOWEST = 0.95
"""Share of annoyance left after an offer, above which one offer is too small a part of its range for the levels."""
LEVELS = 26
"""Of annoyance."""
PRICE = 0.15
"""Of an offer, in median prices: the best of 0, .15, .3, .5 and .8 over the `train` shops of seeds 0 to 3."""
OPEN, HELD, DECLINED = range(3)


def can_be_planned(task: Cart) -> bool:
    """Whether the kits are few and small enough, and annoyance fades fast enough, for the table."""
    c = task.config
    cells = len(task.purses) * c.kits * (task.horizon + 1) * 3 ** (2 * c.depth - 1) * LEVELS
    return cells <= MOST_CELLS and c.annoyance_decay <= SLOWEST


class After(NamedTuple):
    """Annoyance after the next decision, of n states.

    Attributes:
        level: the level below it.
        above: how far it lies towards the next one, 0 to 1.
        stays: P(the customer stays).
    """

    level: np.ndarray
    above: np.ndarray
    stays: np.ndarray


class KitsAlone:
    """What follows an offer, as the sum of what each kit would bring if all offers were its own.

    The decomposition of a weakly coupled dynamic program (Hawkins 2003; Adelman and Mersereau 2008): kits share the one
    offer a step, the customer's patience and the purse. A kit alone is solved by dynamic programming over what of it is
    in the basket and what was declined, annoyance, time and the kind of purse; it pays `PRICE` an offer, since the
    offer is taken from the others.

    A heuristic: annoyance is rounded to `LEVELS`, and seen also where states hide it; a declined offer says nothing of
    the purse; other kits neither spend nor call for anything; the first item of each kit is taken as one that the
    customer came for, and spends nothing; margins are paid at once.

    Args:
        task: the shop, that `can_be_planned`.
    """

    def __init__(self, task: Cart):
        c, self.task = task.config, task
        self.slots = 2 * c.depth - 1
        self.states = np.arange(3**self.slots)
        self.levels = np.linspace(0.0, 1.0 / (1.0 - c.annoyance_decay), LEVELS)

    @cached_property
    def values(self) -> np.ndarray:
        """(purses, kits, steps + 1, states of a kit, levels of annoyance), as float32."""
        task, kits = self.task, self.task.config.kits
        table = np.zeros((len(task.purses), kits, task.horizon + 1, len(self.states), LEVELS), np.float32)
        for purse in range(len(task.purses)):
            for kit in range(kits):
                for t, values in self._backwards(purse, kit):
                    table[purse, kit, t] = values
        return table

    def _slot(self, states: np.ndarray, slot: int) -> np.ndarray:
        """OPEN, HELD or DECLINED: states of a kit are numbers of base 3, a digit an item."""
        return states // 3**slot % 3

    def _put(self, states: np.ndarray, slot: int, what: int) -> np.ndarray:
        """The states with an item held or declined; one that is in the basket stays there."""
        was = self._slot(states, slot)
        return np.where(was == HELD, states, states + (what - was) * 3**slot)

    def _backwards(self, purse: int, kit: int) -> Iterator[tuple[int, np.ndarray]]:
        """(states, levels) values of a kit alone, from the last step to the first."""
        task, c = self.task, self.task.config
        items = np.arange(self.slots) * c.kits + kit
        digits = np.stack([self._slot(self.states, slot) for slot in range(self.slots)], axis=1)
        held = digits == HELD
        spent = (held[:, 1:] @ task.price[items[1:]])[:, None]
        median, spread = task.purses[purse], c.purse_spread
        with np.errstate(over="ignore"):  # a power of a narrow spread; the share above is 0 then
            left = np.broadcast_to(log_logistic_above(spent, median, spread), (len(spent), len(items)))
            affords = log_logistic_above(spent + task.price[items], median, spread)
        affords = np.divide(affords, left, out=np.zeros_like(affords), where=left > 0.0)
        pull = held @ task.pull[np.ix_(items, items)]
        takes = affords * sigmoid(task.add_logit(items, pull, digits == DECLINED))
        stake = (held @ task.margin[items])[:, None]
        leave, abandon = task.leave_chances(self.levels)
        calm, sore = (
            np.rint((c.annoyance_decay * self.levels + extra) / self.levels[1]).astype(int).clip(0, LEVELS - 1)
            for extra in (0.0, 1.0)
        )
        values = np.zeros((len(self.states), LEVELS))
        for t in reversed(range(task.horizon)):
            leaves = np.ones(LEVELS) if t == task.horizon - 1 else leave
            after = -leaves * abandon * stake + (1.0 - leaves) * c.gamma * values
            values = after[:, calm]
            for slot, item in enumerate(items):
                taken = task.margin[item] + after[self._put(self.states, slot, HELD)][:, calm]
                declined = after[self._put(self.states, slot, DECLINED)][:, sore]
                offered = takes[:, [slot]] * taken + (1.0 - takes[:, [slot]]) * declined - PRICE
                values = np.where(held[:, [slot]], values, np.maximum(values, offered))
            yield t, values

    def ahead(self, states: np.ndarray, taken: np.ndarray) -> np.ndarray:
        """(n, A) discounted value of what follows nothing, and each item.

        Args:
            states: (n, state size) of the shop.
            taken: (n, items) probability that each item is taken.
        """
        task, c = self.task, self.task.config
        purse = states[:, : len(task.purses)].argmax(axis=1)
        later = whole(states[:, -1], task.horizon, task.horizon) + 1  # nothing follows the last step: its values are 0
        annoyance = c.annoyance_decay * states[:, -2].astype(np.float64)
        calm, sore = (self._after(annoyance + extra) for extra in (0.0, 1.0))
        own = self._kits(states)

        def value(kit: int, of_kit: np.ndarray, after: After) -> np.ndarray:
            row = self.values[purse, kit, later, of_kit]
            rows = np.arange(len(row))
            low, high = row[rows, after.level], row[rows, after.level + 1]
            return after.stays * (low + after.above * (high - low))

        kits = range(c.kits)
        alone = [[value(kit, own[:, kit], after) for kit in kits] for after in (calm, sore)]
        total = np.empty((len(states), 1 + task.items))
        total[:, 0] = sum(alone[0])
        for item in range(task.items):
            slot, kit = divmod(item, c.kits)
            after_taken = total[:, 0] - alone[0][kit] + value(kit, self._put(own[:, kit], slot, HELD), calm)
            declined = sum(alone[1]) - alone[1][kit] + value(kit, self._put(own[:, kit], slot, DECLINED), sore)
            total[:, 1 + item] = taken[:, item] * after_taken + (1.0 - taken[:, item]) * declined
        return c.gamma * total

    def _after(self, annoyance: np.ndarray) -> After:
        return After(*along(self.levels, annoyance), 1.0 - self.task.leave_chances(annoyance)[0])

    def _kits(self, states: np.ndarray) -> np.ndarray:
        """(n, kits) the state of each kit."""
        items, c = self.task.items, self.task.config
        first = len(self.task.purses)
        basket, declined = (states[:, first + k * items : first + (k + 1) * items] > 0.5 for k in (0, 1))
        digits = np.where(basket, HELD, np.where(declined, DECLINED, OPEN))
        # item = slot x kits + kit
        return np.einsum("nsk,s->nk", digits.reshape(-1, self.slots, c.kits), 3 ** np.arange(self.slots))
