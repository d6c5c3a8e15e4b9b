"""The best k without sorting, against sorting."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlbench_rec.evaluation import top_scores as module
from rlbench_rec.evaluation.top_scores import top_scores


def naive(row, k):
    values = np.sort(row)[::-1][:k]
    return values, int((row == values[-1]).sum())


@pytest.fixture(params=["whole rows", "blocks"])
def blocks(request, monkeypatch):
    if request.param == "blocks":
        monkeypatch.setattr(module, "SHORT", 0)
        monkeypatch.setattr(module, "BLOCK", 3)


def check(scores, k, seed):
    top = top_scores(scores, k, np.random.default_rng(seed))
    for row, found in enumerate(top.columns):
        values, count = naive(scores[row], k)
        assert top.scores[row].tolist() == values.tolist() and top.last_count[row] == count
        listed = found[found >= 0]
        assert len(set(listed)) == len(listed) == (values > -np.inf).sum()
        assert scores[row][listed].tolist() == values[: len(listed)].tolist()
    rows, columns = np.divmod(np.arange(scores.size), scores.shape[1])
    above, equal = top.ranks(rows, scores.ravel())
    for row, column, g, e in zip(rows, columns, above, equal, strict=True):
        score = scores[row, column]
        higher = (scores[row] > score).sum()
        reached = higher < k and score > -np.inf
        assert g == (higher if reached else k)
        assert not reached or e == (scores[row] == score).sum()


@settings(deadline=None, max_examples=80)
@given(st.integers(1, 40), st.integers(1, 4), st.integers(0, 10_000), st.booleans())
def test_it_is_what_sorting_gives(width, rows, seed, short):
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, rng.integers(1, 12), (rows, width)).astype(np.float32)
    scores[rng.random(scores.shape) < 0.2] = -np.inf
    before = module.SHORT, module.BLOCK
    try:
        module.SHORT, module.BLOCK = (1_024, 32) if short else (0, 3)
        check(scores, int(rng.integers(1, width + 1)), seed)
    finally:
        module.SHORT, module.BLOCK = before


def test_ties_are_broken_evenly(blocks):
    scores = np.tile([5.0, 1, 1, 1, 0, 1, 1, 1, 0, 1], (4_000, 1))
    top = top_scores(scores, 3, np.random.default_rng(0))
    assert (top.columns[:, 0] == 0).all() and (top.last_count == 7).all()
    for place in (1, 2):
        shares = np.bincount(top.columns[:, place], minlength=10) / 4_000
        assert shares[[1, 2, 3, 5, 6, 7, 9]] == pytest.approx(np.full(7, 1 / 7), abs=0.03)
