"""Gains of lists: by hand, and against every order that ties allow."""

from __future__ import annotations

from itertools import pairwise, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlbench_rec.evaluation.list_gains import GAINS, ONE_RELEVANT, ceilings, list_gains

KS = (1, 2, 4)


def gains_of(ranked: list[bool], m: int, k: int) -> dict[str, float]:
    """The metrics of one list as textbooks have them; `ranked` says which places are relevant."""
    hits = [i + 1 for i, relevant in enumerate(ranked[:k]) if relevant]
    ideal = sum(1 / np.log2(1 + i) for i in range(1, min(m, k) + 1))
    return {
        "HR": float(bool(hits)),
        "recall": len(hits) / m,
        "NDCG": sum(1 / np.log2(1 + i) for i in hits) / ideal,
        "MRR": 1 / hits[0] if hits else 0.0,
        "MAP": sum((n + 1) / i for n, i in enumerate(hits)) / min(m, k),
    }


def mean_over_orders(scores: list[int], relevant: set[int], m: int, k: int) -> dict[str, float]:
    orders = [
        order for order in permutations(range(len(scores))) if all(scores[a] >= scores[b] for a, b in pairwise(order))
    ]
    found = [gains_of([item in relevant for item in order], m, k) for order in orders]
    return {name: float(np.mean([one[name] for one in found])) for name in GAINS}


def pairs(scores: list[list[int]], relevant: list[set[int]]):
    rows = [(row, item) for row, items in enumerate(relevant) for item in items]
    above = [sum(other > scores[row][item] for other in scores[row]) for row, item in rows]
    equal = [sum(other == scores[row][item] for other in scores[row]) for row, item in rows]
    return (np.array([row for row, _ in rows], dtype=int), np.array(above, dtype=int), np.array(equal, dtype=int))


def test_by_hand():
    # Relevant at places 1 and 3 of one list, at place 2 of the other; one relevant item cannot be recommended.
    found = list_gains(np.array([0, 0, 1]), np.array([0, 2, 1]), np.ones(3, dtype=int), np.array([3, 1]), (2, 3))
    assert found["HR"].tolist() == [[1, 1], [1, 1]]
    assert found["recall"].tolist() == [[1 / 3, 2 / 3], [1, 1]]
    assert found["MRR"].tolist() == [[1, 1], [0.5, 0.5]]
    assert found["MAP"][0] == pytest.approx([1 / 2, (1 + 2 / 3) / 3])
    ideal = 1 + 1 / np.log2(3)
    assert found["NDCG"][0] == pytest.approx([1 / ideal, 1.5 / (ideal + 0.5)])
    assert found["NDCG"][1] == pytest.approx([1 / np.log2(3)] * 2)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.tuples(st.lists(st.integers(0, 2), min_size=5, max_size=5), st.sets(st.integers(0, 4)), st.integers(0, 2)),
        min_size=1,
        max_size=3,
    )
)
def test_every_metric_is_the_mean_over_all_orders_of_ties(lists):
    lists = [(scores, relevant, max(1, len(relevant) + beyond)) for scores, relevant, beyond in lists]
    m = np.array([m for *_, m in lists])
    found = list_gains(*pairs([scores for scores, *_ in lists], [relevant for _, relevant, _ in lists]), m, KS)
    for row, (scores, relevant, count) in enumerate(lists):
        for place, k in enumerate(KS):
            expected = mean_over_orders(scores, relevant, count, k)
            assert {name: found[name][row, place] for name in GAINS} == pytest.approx(expected)


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(1, 9)), min_size=1, max_size=5))
def test_metrics_that_coincide_where_one_item_is_relevant(ranks):
    above, equal = np.array(ranks).T
    found = list_gains(np.arange(len(ranks)), above, equal, np.ones(len(ranks), dtype=int), KS)
    for name, same in ONE_RELEVANT.items():
        assert found[name] == pytest.approx(found[same])


def test_ndcg_is_that_of_scikit_learn_with_ties():
    from sklearn.metrics import ndcg_score

    rng = np.random.default_rng(0)
    scores = rng.integers(0, 6, (30, 25))
    relevant = [set(rng.choice(25, rng.integers(1, 6), replace=False).tolist()) for _ in scores]
    truth = np.array([[item in items for item in range(25)] for items in relevant])
    m = np.array([len(items) for items in relevant])
    found = list_gains(*pairs(scores.tolist(), relevant), m, (1, 5, 20))
    for place, k in enumerate((1, 5, 20)):
        assert found["NDCG"][:, place].mean() == pytest.approx(ndcg_score(truth, scores, k=k))


def test_no_relevant_item_in_reach():
    nothing = np.empty(0, dtype=int)
    found = list_gains(nothing, nothing, nothing, np.array([1, 2]), (1, 3))
    assert all((values == 0).all() and values.shape == (2, 2) for values in found.values())


def test_the_ceiling_is_a_list_of_all_that_can_be_recommended():
    found = ceilings(np.array([1, 0, 1, 5]), np.array([1, 1, 2, 5]), (1, 3))
    assert found["HR"].tolist() == [[1, 1], [0, 0], [1, 1], [1, 1]]
    assert found["NDCG"][:, 0].tolist() == [1, 0, 1, 1]
    assert found["recall"].tolist() == [[1, 1], [0, 0], [0.5, 0.5], [0.2, 0.6]]
    assert found["MAP"][3].tolist() == pytest.approx([1, 1])
