"""What counts as a hit, and which steps count: the ways in which one ranking is looked at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from .list_gains import GAINS, ONE_RELEVANT, ceilings, list_gains
from .ranks import RankedLog, Ranks
from .step_groups import OF_ITEMS

OF_NEXT = tuple(name for name in GAINS if name not in ONE_RELEVANT)
"""Metrics of one relevant item; the others coincide with these."""
WITHOUT_SEEN = ("all", "click", "purchase")
"""Groups that are given where actions already seen are taken out."""


@dataclass(frozen=True)
class View:
    """Metrics by step, of one target, vocabulary and list (see `RankingRow`).

    Attributes:
        target, vocabulary, list: which.
        metrics: names of the M metrics, in order.
        gains, ceilings: (n, M, len(ks)); 0 at steps that do not count.
        groups: group -> (n,) bool, its steps that count; none empty.
    """

    target: str
    vocabulary: str
    list: str
    metrics: tuple[str, ...]
    gains: np.ndarray
    ceilings: np.ndarray
    groups: dict[str, np.ndarray]


def views(ranked: RankedLog, groups: dict[str, np.ndarray], ks: Sequence[int]) -> Iterator[View]:
    """All views of a ranking.

    Args:
        ranked: the ranking.
        groups: of steps, see `step_groups`.
        ks: lengths of the lists.
    """
    if ranked.unseen is not None:
        yield from _views("next", "full", ranked.next, groups, ks)
        without = {name: groups[name] & groups["new"] for name in WITHOUT_SEEN if name in groups}
        yield from _views("next", "unseen", ranked.unseen, without, ks)
    if ranked.rest is not None:
        yield from _views("rest", "full", ranked.rest, {"all": groups["all"]}, ks)


def _views(target: str, name: str, ranks: Ranks, groups: dict[str, np.ndarray], ks: Sequence[int]) -> Iterator[View]:
    metrics = GAINS if target == "rest" else OF_NEXT
    for vocabulary, relevant in (("all", ranks.relevant), ("known", ranks.known)):
        counted = relevant > 0
        given = {
            group: mask & counted for group, mask in groups.items() if vocabulary == "known" or group not in OF_ITEMS
        }
        # A list needs a relevant item; where it has none the step does not count.
        sizes = np.maximum(relevant, 1)
        gains = list_gains(ranks.steps, ranks.above, ranks.equal, sizes, ks)
        best = ceilings(ranks.known, sizes, ks)
        yield View(
            target,
            vocabulary,
            name,
            metrics,
            np.stack([gains[metric] for metric in metrics], axis=1),
            np.stack([best[metric] for metric in metrics], axis=1),
            {group: mask for group, mask in given.items() if mask.any()},
        )
