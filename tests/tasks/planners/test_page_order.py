"""The best page, against all pages."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from rlbench_rec import tasks
from rlbench_rec.policies.policy import Policy
from rlbench_rec.tasks.planners.page_order import best_page
from rlbench_rec.tasks.shops.shared.draws import sigmoid


def value_of(task, page, interest):
    """What a page earns, from the equations of the task."""
    earned, read, above = 0.0, 1.0, []
    for item in page:
        kind = task.category[item]
        alike = sum(task.category[other] == kind for other in above)
        click = float(sigmoid(task.click_logit(np.array(item), interest, alike)))
        earned += read * click * (1.0 + task.fee[item] + task.buy[item] * task.sale[item])
        on = [float(sigmoid(task.go_on_logit(np.array(item), clicked))) for clicked in (1.0, 0.0)]
        read *= task.gamma * (click * on[0] + (1.0 - click) * on[1])
        above.append(item)
    return earned


@pytest.mark.parametrize("seed", range(6))
def test_it_is_the_best_of_all_pages(seed):
    changed = {"go_on_click": -4.0, "gamma": 0.9} if seed % 2 else {"redundancy": 3.0}
    task = tasks.make("sequence-v1", seed=seed, items=6, categories=2, horizon=3, **changed)
    best = [max(value_of(task, page, kind) for page in permutations(range(6), 3)) for kind in range(2)]
    value, exact = best_page(task)
    assert exact and value == pytest.approx(np.mean(best), rel=1e-6)
    assert task.optimum == value == task.upper_bound.value


def test_where_pages_are_too_many_the_answer_is_a_bound(monkeypatch):
    task = tasks.make("sequence-v1", seed=1)
    exact = task.optimum
    monkeypatch.setattr("rlbench_rec.tasks.planners.page_order.MOST_PAGES", 1)
    cut, certain = best_page(task)
    assert not certain and exact <= cut < 1.2 * exact
    monkeypatch.setattr("rlbench_rec.tasks.planners.page_order.MOST_COUNTS", 1)
    loose, certain = best_page(task)
    assert not certain and loose > cut


def test_a_policy_reaches_it():
    task = tasks.make("sequence-v1", seed=2, items=6, categories=2, horizon=2)
    pages = [max(permutations(range(6), 2), key=lambda page, kind=kind: value_of(task, page, kind)) for kind in (0, 1)]

    class BestPage(Policy):
        name, action_count = "best-page", 6

        def probabilities(self, states):
            place = np.rint(states[:, -1] * 2).astype(int)
            return np.eye(6)[np.array(pages)[states[:, :2].argmax(axis=1), place]]

    truth = task.true_value(BestPage(), 0.02)
    assert abs(truth.value - task.optimum) < 4.0 * truth.std_error
