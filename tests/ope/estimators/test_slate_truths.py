"""Slates whose whole population fits in a log: estimators are exact where their assumption holds, and off elsewhere."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from rlbench_rec import ope

ITEMS = 3
FIRST = {"b": np.array([8, 4, 4]) / 16, "e": np.array([0.2, 0.5, 0.3])}
"""Chances of the item at the first position."""
SECOND = {
    "b": np.array([[4, 8, 4], [8, 4, 4], [4, 4, 8]]) / 16,
    "e": np.array([[0.1, 0.2, 0.7], [0.6, 0.3, 0.1], [0.3, 0.3, 0.4]]),
}
"""Chances of the item at the second, given the first."""
ALONE = {"b": np.array([4, 4, 8]) / 16, "e": np.array([0.7, 0.2, 0.1])}
"""The same for policies that fill positions independently."""
PAIR = np.random.default_rng(0).normal(size=(2, ITEMS, ITEMS))


def by_slate(k: int, a: int, b: int) -> float:
    """Depends on the whole slate."""
    return PAIR[k, a, b]


def by_those_above(k: int, a: int, b: int) -> float:
    """A user who reads from the top: an item matters to itself and to those below."""
    return PAIR[0, a, 0] if k == 0 else PAIR[1, a, b]


def by_position(k: int, a: int, b: int) -> float:
    """Each item by itself."""
    return PAIR[k, (a, b)[k], 1]


def joint(policy: str, dependent: bool) -> np.ndarray:
    """(items, items) chances of slates."""
    return FIRST[policy][:, None] * (SECOND[policy] if dependent else ALONE[policy][None, :])


def population(reward, *, dependent: bool, marginal: bool = False, total: bool = False) -> tuple:
    """Every slate as often as it is logged, and the target policy's value.

    Args:
        reward: (position, items) -> the reward there.
        dependent: whether the second item depends on the first.
        marginal: take the marginal propensities of positions.
        total: note the slate's whole reward at its last position.
    """
    behaviour, target = joint("b", dependent), joint("e", dependent)
    value = sum(target[a, b] * reward(k, a, b) for k, a, b in itertools.product(range(2), range(ITEMS), range(ITEMS)))
    rows, slates = [], []
    # A model that is wrong, and knows what stands above.
    q = np.random.default_rng(1).normal(size=(2, ITEMS, ITEMS))
    for a, b in itertools.product(range(ITEMS), repeat=2):
        count = behaviour[a, b] * 256
        assert count == int(count)
        chances = []
        for policy, of_slate in (("b", behaviour), ("e", target)):
            second = of_slate.sum(axis=0)[b] if marginal else of_slate[a, b] / of_slate[a].sum()
            chances.append((FIRST[policy][a], second))
        onward = target / target.sum(axis=1, keepdims=True)
        rewards = (reward(0, a, b), reward(1, a, b))
        rewards = (0.0, sum(rewards)) if total else rewards
        models = ((q[0, a, 0], FIRST["e"] @ q[0, :, 0]), (q[1, a, b], onward[a] @ q[1, a]))
        own = [(rewards[k], chances[0][k], chances[1][k], *models[k]) for k in range(2)]
        rows += own * int(count)
        slates += [(a, b)] * int(count)
    columns = np.array(rows).T
    return ope.EvaluationLog(*columns, np.arange(0, len(rows), 2)), np.array(slates), value


def values(log, *names):
    return np.array([one.value for one in ope.estimate_all(log, names, interval="none")])


def test_whole_slates_need_no_assumption():
    log, _, truth = population(by_slate, dependent=True)
    assert values(log, "sips", "snsips") == pytest.approx([truth, truth], rel=1e-12)
    # An item matters to those above, which the others leave out.
    assert (abs(values(log, "rips", "snrips", "iips", "cascade-dr") - truth) > 0.02).all()


def test_rewards_that_depend_on_those_above():
    log, _, truth = population(by_those_above, dependent=True)
    names = ("sips", "snsips", "rips", "snrips", "cascade-dr", "sndr")
    assert values(log, *names) == pytest.approx([truth] * len(names), rel=1e-12)
    log, _, truth = population(by_those_above, dependent=True, marginal=True)
    assert (abs(values(log, "iips", "sniips") - truth) > 0.02).all()


@pytest.mark.parametrize("dependent", [True, False])
def test_rewards_of_each_position_by_itself(dependent):
    log, _, truth = population(by_position, dependent=dependent, marginal=True)
    assert values(log, "iips", "sniips") == pytest.approx([truth, truth], rel=1e-12)


def test_one_reward_a_slate():
    """Positions that are filled independently have the weights in closed form; they are not those of a whole slate."""
    log, slates, truth = population(by_position, dependent=False, total=True)
    assert values(log, "pi", "wpi", "sips") == pytest.approx([truth] * 3, rel=1e-12)
    assert abs(values(log, "iips")[0] - truth) > 0.02
    target = np.stack([joint("e", False).sum(axis=1), joint("e", False).sum(axis=0)])
    given = ope.density.slate_weights(slates, target, ope.density.pair_marginals(slates, ITEMS))
    closed = 1 + log.per_episode(log.ratios - 1)
    np.testing.assert_allclose(given, closed, rtol=1e-10)


def test_one_reward_a_slate_whose_items_depend_on_each_other():
    log, slates, truth = population(by_position, dependent=True, total=True, marginal=True)
    # The closed form is that of another behaviour policy.
    assert abs(values(log, "pi")[0] - truth) > 0.02
    target = np.stack([joint("e", True).sum(axis=1), joint("e", True).sum(axis=0)])
    weights = ope.density.slate_weights(slates, target, ope.density.pair_marginals(slates, ITEMS))
    log = replace(log, slate_weights=weights)
    assert values(log, "pi", "wpi") == pytest.approx([truth, truth], rel=1e-10)
    # A reward that is not a sum over positions is beyond it.
    log, _, truth = population(by_slate, dependent=True, total=True, marginal=True)
    assert abs(values(replace(log, slate_weights=weights), "pi")[0] - truth) > 0.02
