"""Pseudo-inverse weights of slates without repeated items."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from rlbench_rec import ope
from rlbench_rec.errors import InputError

ITEMS, POSITIONS = 4, 2
SLATES = np.array(list(itertools.permutations(range(ITEMS), POSITIONS)))


def plackett_luce(scores) -> np.ndarray:
    """(slates,) probabilities of drawing one item after the other without putting it back."""
    odds = np.exp(scores)
    left = odds.sum() - np.concatenate([np.zeros((len(SLATES), 1)), np.cumsum(odds[SLATES], axis=1)[:, :-1]], axis=1)
    return (odds[SLATES] / left).prod(axis=1)


def marginals(chances) -> np.ndarray:
    found = np.zeros((POSITIONS, ITEMS))
    for k in range(POSITIONS):
        np.add.at(found[k], SLATES[:, k], chances)
    return found


def test_the_pair_marginals_of_uniform_slates_on_paper():
    pairs = ope.density.pair_marginals(SLATES, ITEMS)
    assert pairs[0, 1, 0, 1] == pytest.approx(1 / 4) and pairs[0, 1, 0, 2] == 0
    assert pairs[0, 1, 1, 1] == 0 and pairs[0, 1, 1, 2] == pytest.approx(1 / 12)


def test_a_sum_over_positions_is_valued_exactly():
    """Over the whole population of slates, weight times reward is the target policy's value, for every reward that
    is a sum over positions, though only the total is seen."""
    rng = np.random.default_rng(0)
    logging, evaluated = plackett_luce(np.array([0.5, 0, -0.5, 1])), plackett_luce(np.array([-1.0, 1, 0, 0]))
    weights = ope.density.slate_weights(
        SLATES, marginals(evaluated), ope.density.pair_marginals(SLATES, ITEMS, logging)
    )
    assert logging @ weights == pytest.approx(1, rel=1e-10)
    for _ in range(3):
        worth = rng.normal(size=(POSITIONS, ITEMS))
        rewards = worth[np.arange(POSITIONS), SLATES].sum(axis=1)
        assert (logging * weights) @ rewards == pytest.approx(evaluated @ rewards, rel=1e-9, abs=1e-12)


def test_independent_positions_are_the_closed_form():
    """With pair marginals that are products, the weight is 1 + sum_k (ratio - 1)."""
    rng = np.random.default_rng(1)
    behaviour, target = rng.dirichlet(np.ones(3), 2), rng.dirichlet(np.ones(3), 2)
    slates = np.array(list(itertools.product(range(3), repeat=2)))
    pairs = ope.density.pair_marginals(slates, 3, behaviour[0][slates[:, 0]] * behaviour[1][slates[:, 1]])
    weights = ope.density.slate_weights(slates, target, pairs)
    ratios = np.stack([target[k][slates[:, k]] / behaviour[k][slates[:, k]] for k in range(2)], axis=1)
    np.testing.assert_allclose(weights, ratios.sum(axis=1) - 1, rtol=1e-9, atol=1e-12)
    log = ope.EvaluationLog(
        rng.normal(size=18),
        [behaviour[k][slate[k]] for slate in slates for k in range(2)],
        [target[k][slate[k]] for slate in slates for k in range(2)],
        episode_starts=np.arange(0, 18, 2),
    )
    given = ope.EvaluationLog(
        log.rewards, log.propensities, log.target_propensities, episode_starts=log.starts, slate_weights=weights
    )
    for name in ("pseudo-inverse", "sn-pseudo-inverse"):
        one, two = (ope.estimate(each, name, interval="none").value for each in (log, given))
        assert one == pytest.approx(two, rel=1e-9)


def test_one_set_of_pairs_for_each_slate():
    logging = [plackett_luce(np.array([0.5, 0, -0.5, 1])), plackett_luce(np.zeros(4))]
    evaluated = plackett_luce(np.array([-1.0, 1, 0, 0]))
    pairs = np.stack([ope.density.pair_marginals(SLATES, ITEMS, logging[i % 2]) for i in range(len(SLATES))])
    found = ope.density.slate_weights(SLATES, np.stack([marginals(evaluated)] * len(SLATES)), pairs)
    for i in range(2):
        alone = ope.density.slate_weights(
            SLATES, marginals(evaluated), ope.density.pair_marginals(SLATES, ITEMS, logging[i])
        )
        np.testing.assert_allclose(found[i::2], alone[i::2], rtol=1e-10)


def test_a_sampled_log_within_four_standard_errors():
    rng = np.random.default_rng(2)
    logging, evaluated = plackett_luce(np.zeros(4)), plackett_luce(np.array([-1.0, 1, 0, 0]))
    drawn = rng.choice(len(SLATES), 20_000, p=logging)
    worth = rng.normal(1, 1, size=(POSITIONS, ITEMS))
    totals = worth[np.arange(POSITIONS), SLATES].sum(axis=1)
    weights = ope.density.slate_weights(SLATES[drawn], marginals(evaluated), ope.density.pair_marginals(SLATES, ITEMS))
    log = ope.EvaluationLog(
        totals[drawn] + rng.normal(size=20_000), np.ones(20_000), np.ones(20_000), slate_weights=weights
    )
    for estimate in ope.estimate_all(log, ["pi", "wpi"]):
        assert abs(estimate.value - evaluated @ totals) < 4 * estimate.std_error
        assert estimate.verdict == "trusted" and estimate.ci_low < evaluated @ totals < estimate.ci_high


def test_refusals():
    pairs, target = ope.density.pair_marginals(SLATES, ITEMS), marginals(plackett_luce(np.zeros(4)))
    with pytest.raises(InputError, match=r"Slate 1 holds an item outside 0\.\.3"):
        ope.density.slate_weights([[0, 1], [0, 4]], target, pairs)
    with pytest.raises(InputError, match="slates: Shape"):
        ope.density.slate_weights(np.zeros((3, 2)), target, pairs)
    with pytest.raises(InputError, match="pairs: Shape"):
        ope.density.slate_weights(SLATES, target, pairs[0])
    with pytest.raises(InputError, match=r"target_marginals: Row 1 is not a distribution: it sums to 0\.9"):
        ope.density.slate_weights(SLATES, target * [[1.0], [0.9]], pairs)
    with pytest.raises(InputError, match="probabilities"):
        ope.density.pair_marginals(SLATES, ITEMS, np.ones(12))
    with pytest.raises(InputError, match="slate_weights: 2 entries for 1 episodes"):
        ope.EvaluationLog([1, 2], [0.5, 0.5], [0.5, 0.5], episode_starts=[0], slate_weights=[1, 1])
