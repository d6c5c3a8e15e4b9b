"""Items of the own session, the latest first."""

from __future__ import annotations

import numpy as np

from rlbench_rec import policies


def test_own_items_come_first_then_popular_ones(log_of):
    log = log_of([[1, 2, 1, 4], [3, 3, 4, 3]], history=3)
    policy = policies.make("repeat", log)
    ranks = np.argsort(-policy.q(log.states()), axis=1, kind="stable") + 1
    # Nothing yet: 3 was chosen thrice, 1 and 4 twice, 2 once.
    assert ranks[0].tolist() == [3, 1, 4, 2]
    # After 1, 2, 1: the latest place of an item counts.
    assert ranks[3].tolist() == [1, 2, 3, 4]
    assert ranks[7].tolist() == [4, 3, 1, 2]
    assert policy.probabilities(log.states())[3].tolist() == [1.0, 0.0, 0.0, 0.0]
