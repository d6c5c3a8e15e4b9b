"""What a ranked list is worth: HR, recall, NDCG, MRR and MAP, in expectation over random breaking of ties."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ..mdp.row_ranges import row_ranges

GAINS = ("HR", "recall", "NDCG", "MRR", "MAP")
ONE_RELEVANT = {"recall": "HR", "MAP": "MRR"}
"""What coincides where one item is relevant: recall@k is HR@k, and MAP@k is MRR@k."""


def list_gains(
    lists: np.ndarray, above: np.ndarray, equal: np.ndarray, relevant: np.ndarray, ks: Sequence[int]
) -> dict[str, np.ndarray]:
    """The five metrics of each list.

    With rel_i = 1 where the item at place i is relevant, h_i = rel_1 + … + rel_i, and m relevant items:
    HR@k = 1{h_k > 0}; recall@k = h_k / m; MRR@k = 1 / (place of the first relevant item), 0 beyond k;
    NDCG@k = sum_{i<=k} rel_i / log2(1 + i) over the same of the ideal list; MAP@k = sum_{i<=k} rel_i h_i / i over
    min(m, k). Items of one score form a block: g are scored higher, e are in it, r of these are relevant, and every
    order within is equally likely. What is given is the exact mean over these orders.

    Args:
        lists: (p,) number of the list of each relevant item.
        above: (p,) g, how many items of the list are scored higher than the relevant one.
        equal: (p,) e, how many are scored alike, itself included.
        relevant: (n,) m of each list, at least 1; items that cannot be recommended count, and are left out of `lists`.
        ks: lengths of the list.

    Returns:
        Metric -> (n, len(ks)).

    Source: Järvelin and Kekäläinen (2002) for NDCG; McSherry and Najork (2008) for ties.
    """
    order = np.lexsort((above, lists))
    lists, above, equal = lists[order], above[order], equal[order]
    starts = np.flatnonzero(np.diff(lists, prepend=-1) | np.diff(above, prepend=-1))
    of, g, e, r = lists[starts], above[starts], equal[starts], np.diff(starts, append=len(lists))
    # Of the same list: how many relevant items stand in the blocks before.
    before = starts - np.searchsorted(lists, of, side="left")
    places = np.arange(1, max(ks) + 1)
    discounts, harmonic = (np.concatenate([[0.0], np.cumsum(term)]) for term in (1 / np.log2(1 + places), 1 / places))
    first = _first_relevant(e[before == 0], r[before == 0], max(ks))
    at = g[before == 0, None] + places
    gains: dict[str, list[np.ndarray]] = {name: [] for name in GAINS}

    def by_list(values: np.ndarray, which: np.ndarray = of) -> np.ndarray:
        return np.bincount(which, values, minlength=len(relevant))

    for k in ks:
        begin, end = np.minimum(g, k), np.minimum(g + e, k)
        inside, sums = end - begin, harmonic[end] - harmonic[begin]
        # E[rel_i h_i] = r / e (1 + before + (i - g - 1) (r - 1) / (e - 1)) at a place i of the block.
        precision = (1 + before) * sums + (r - 1) / np.maximum(e - 1, 1) * (inside - (g + 1) * sums)
        reached, most = np.where(at <= k, first, 0.0), np.minimum(relevant, k)
        gains["HR"].append(by_list(np.minimum(reached.sum(axis=1), 1.0), of[before == 0]))
        gains["recall"].append(by_list(r * inside / e) / relevant)
        gains["NDCG"].append(by_list(r * (discounts[end] - discounts[begin]) / e) / discounts[most])
        gains["MRR"].append(by_list((reached / at).sum(axis=1), of[before == 0]))
        gains["MAP"].append(by_list(r / e * precision) / most)
    return {name: np.stack(columns, axis=1) for name, columns in gains.items()}


def _first_relevant(equal: np.ndarray, hits: np.ndarray, places: int) -> np.ndarray:
    """(b, places) chance that the first of r relevant among e items in random order is at place 1, 2, …"""
    chances, none_yet = np.zeros((len(equal), places)), np.ones(len(equal))
    for place in range(places):
        # Once the others are used up, a relevant one comes for certain.
        chance = np.minimum(hits / np.maximum(equal - place, 1), 1.0)
        chances[:, place] = none_yet * chance
        none_yet = none_yet - chances[:, place]
    return chances


def ceilings(recommendable: np.ndarray, relevant: np.ndarray, ks: Sequence[int]) -> Mapping[str, np.ndarray]:
    """What the best list can reach: it begins with all relevant items that can be recommended.

    Args:
        recommendable: (n,) how many of the relevant items of each list can be recommended.
        relevant: (n,) how many are relevant.
        ks: lengths of the list.

    Returns:
        Metric -> (n, len(ks)); all the same, 1 or 0, where one item is relevant.
    """
    lists = np.repeat(np.arange(len(relevant)), recommendable)
    places = row_ranges(np.zeros_like(recommendable), recommendable)
    return list_gains(lists, places, np.ones(len(lists), dtype=np.int64), relevant, ks)
