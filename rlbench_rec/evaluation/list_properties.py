"""What lists are like, whoever sees them: coverage, novelty, concentration, diversity within a list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..mdp.dataset import TransitionDataset
from .step_groups import training_counts

if TYPE_CHECKING:
    from scipy import sparse

LISTS_FOR_DIVERSITY = 2_000
"""Diversity is a mean over so many lists at most, drawn at random."""


def list_properties(
    lists: np.ndarray, data: TransitionDataset, train: TransitionDataset | None, ks: Sequence[int], seed: int
) -> dict[str, list[float]]:
    """Metric -> its value at each k.

    With the first k items of n lists, N_i of them item i, over the A items that can be recommended:
    coverage@k = share of items with N_i > 0; Gini@k = sum_i (2 i - A - 1) N_(i) / (A sum N), N_(i) ascending: 0 where
    all items are recommended alike, near 1 where a few are. Of a training side, with c_i steps of item i there:
    novelty@k = mean of -log2((c_i + 1) / (sum c + A)) over the lists' items; ILD@k = mean over lists of the mean
    1 - cos(v_i, v_j) over their pairs i < j. v_i is what is known of item i (`item_vectors`), else which training
    sessions it occurs in, so that the cosine counts co-occurrence; an item without any is orthogonal to all.

    Args:
        lists: (n, max(ks)) actions, best first, -1 where nothing is left to recommend.
        data: the test side.
        train: the training side, or None.
        ks: lengths of the list.
        seed: of the lists that stand for all in ILD.

    Source: Castells, Hurley, Vargas (2015), Novelty and diversity in recommender systems.
    """
    items = data.action_count - (data.other_action is not None)
    found: dict[str, list[float]] = {name: [] for name in ("coverage", "Gini")}
    for k in ks:
        shown = lists[:, :k]
        counts = np.sort(np.bincount(shown[shown >= 0], minlength=data.action_count))[-items:]
        found["coverage"].append(np.count_nonzero(counts) / items)
        places = 2 * np.arange(1, items + 1) - items - 1
        found["Gini"].append(float(places @ counts) / (items * counts.sum()))
    if train is not None:
        found["novelty"] = _novelty(lists, training_counts(train), items, ks)
        found["ILD"] = _diversity(_sampled(lists, seed), train, ks)
    return found


def diversity_by(train: TransitionDataset | None) -> str:
    """What ILD compares items by: `item vectors`, `co-occurrence`, or nothing."""
    if train is None:
        return ""
    return "item vectors" if train.item_vectors is not None and train.acts_on_items else "co-occurrence"


def _novelty(lists: np.ndarray, counts: np.ndarray, items: int, ks: Sequence[int]) -> list[float]:
    surprise = -np.log2((counts + 1) / (counts.sum() + items))
    return [float(surprise[shown[shown >= 0]].mean()) for shown in (lists[:, :k] for k in ks)]


def _sampled(lists: np.ndarray, seed: int) -> np.ndarray:
    if len(lists) <= LISTS_FOR_DIVERSITY:
        return lists
    return lists[np.random.default_rng(seed).choice(len(lists), LISTS_FOR_DIVERSITY, replace=False)]


def _diversity(lists: np.ndarray, train: TransitionDataset, ks: Sequence[int]) -> list[float]:
    """The mean cosine of the pairs of a list is (|sum v|^2 - sum |v|^2) / (K (K - 1)), v of length 1 or 0."""
    vectors = _unit_vectors(train)
    lengths = np.asarray(vectors.multiply(vectors).sum(axis=1)).ravel()
    values = []
    for k in ks:
        shown = lists[:, :k]
        there = shown >= 0
        sizes, several = there.sum(axis=1), there.sum(axis=1) > 1
        if not several.any():
            values.append(np.nan)
            continue
        sums = _indicators(shown, there, train.action_count) @ vectors
        squares = np.asarray(sums.multiply(sums).sum(axis=1)).ravel()
        alone = np.where(there, lengths[shown], 0.0).sum(axis=1)
        cosines = (squares - alone)[several] / (sizes * (sizes - 1))[several]
        values.append(float(1.0 - cosines.mean()))
    return values


def _indicators(shown: np.ndarray, there: np.ndarray, action_count: int) -> sparse.csr_array:
    """(n, action_count), 1 for each item of a list."""
    from scipy import sparse

    rows = np.nonzero(there)[0]
    return sparse.csr_array((np.ones(len(rows)), (rows, shown[there])), shape=(len(shown), action_count))


def _unit_vectors(train: TransitionDataset) -> sparse.csr_array:
    """(action_count, d) what each action is like, each row of length 1 or 0."""
    from scipy import sparse

    if diversity_by(train) == "item vectors":
        assert train.item_vectors is not None, "asked"
        table = np.zeros((train.action_count, train.item_vectors.shape[1]))
        known = train.item_vectors[1 : train.action_count + 1]
        table[: len(known)] = known
        vectors = sparse.csr_array(table)
    else:
        sessions = np.repeat(np.arange(train.n_episodes), train.episode_lengths)
        kept = np.ones(len(train), dtype=bool) if train.other_action is None else train.actions != train.other_action
        ones = np.ones(int(kept.sum()))
        shape = (train.action_count, train.n_episodes)
        vectors = sparse.csr_array((ones, (train.actions[kept], sessions[kept])), shape=shape)
        vectors.sum_duplicates()
        vectors.data[:] = 1.0
    lengths = np.sqrt(np.asarray(vectors.multiply(vectors).sum(axis=1)).ravel())
    scale = np.divide(1.0, lengths, out=np.zeros_like(lengths), where=lengths > 0)
    return sparse.csr_array(sparse.diags_array(scale) @ vectors)
