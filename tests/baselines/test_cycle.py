"""Users who go around a ring of items: who sees where they go next."""

from __future__ import annotations

import numpy as np
import pytest

from rlbench_rec import policies

ITEMS = 12


@pytest.fixture(scope="module")
def ring(log_of):
    """Sessions of four steps, equally many from every item."""
    return log_of(((np.arange(300)[:, None] + np.arange(4)) % ITEMS + 1).tolist(), history=3)


NEIGHBOURS = [("item-knn", {"repeat": 0.0}), ("vsknn", {"repeat": 0.0, "remind": False})]


@pytest.mark.parametrize(("name", "settings"), NEIGHBOURS)
def test_from_the_second_step_on_neighbours_see_where_a_ring_goes(ring, name, settings):
    # A set of items has no direction: after one item the one before it is as near as the next one. Two say which way.
    policy = policies.make(name, ring, **settings)
    later = np.tile(np.arange(4), 300) >= 2
    best = policy.q(ring.states()[later]).argmax(axis=1)
    assert np.array_equal(best, ring.actions[later])


@pytest.mark.parametrize(("name", "settings"), NEIGHBOURS)
def test_after_one_item_neighbours_see_both_directions(ring, name, settings):
    policy = policies.make(name, ring, **settings)
    second = np.tile(np.arange(4), 300) == 1
    order = np.argsort(-policy.q(ring.states()[second]), axis=1)[:, :2]
    item = ring.actions[second] - 1
    assert (np.sort((order - item[:, None]) % ITEMS, axis=1) == [1, ITEMS - 1]).all()
