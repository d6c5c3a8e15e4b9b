"""The lower bound that needs no ranges."""

from __future__ import annotations

import numpy as np
import pytest

from rlbench_rec import ope
from rlbench_rec.errors import InputError
from rlbench_rec.ope.inference.lower_bounds import STAKES


def log_of(terms, **fields) -> ope.EvaluationLog:
    ones = np.ones(len(terms))
    return ope.EvaluationLog(np.asarray(terms, dtype=float), ones, ones, **fields)


def test_one_term_on_paper():
    # With K the mean stake: 1 - K + K x / m = 20 at m = K x / (19 + K).
    stake = STAKES.mean()
    assert ope.inference.lower_bound(log_of([3.0])) == pytest.approx(3 * stake / (19 + stake), rel=1e-6)


def test_it_scales_with_the_rewards_and_does_not_depend_on_their_order():
    rng = np.random.default_rng(0)
    terms = rng.exponential(size=300)
    bound = ope.inference.lower_bound(log_of(terms))
    assert 0.7 < bound < terms.mean()
    assert ope.inference.lower_bound(log_of(7 * terms)) == pytest.approx(7 * bound, rel=1e-6)
    assert ope.inference.lower_bound(log_of(rng.permutation(terms))) == pytest.approx(bound, rel=1e-6)
    assert (
        ope.inference.lower_bound(log_of(terms), confidence=0.5)
        > bound
        > ope.inference.lower_bound(log_of(terms), confidence=0.99)
    )


def test_more_rows_bring_it_near_the_mean():
    rng = np.random.default_rng(1)
    bounds = [ope.inference.lower_bound(log_of(rng.exponential(size=n))) for n in (100, 10_000, 200_000)]
    assert bounds[0] < bounds[1] < bounds[2] < 1 and bounds[2] > 0.985


@pytest.mark.parametrize(("deviation", "n"), [(0.5, 50), (2.0, 300), (3.0, 1_000)])
def test_it_holds_however_heavy_the_weights(deviation, n):
    """The true mean of weight times click is .3; normal intervals miss it most of the time at the heaviest."""
    above = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        weights = rng.lognormal(-(deviation**2) / 2, deviation, n)
        clicks = rng.random(n) < 0.3
        above += ope.inference.lower_bound(ope.EvaluationLog(clicks, np.full(n, 1e-9), weights * 1e-9)) > 0.3
    # 10 expected at most; 19 or more of 200 at 5 % has a probability below .005.
    assert above < 19


def test_sparse_clicks_and_nothing_at_all():
    clicks = np.zeros(10_000)
    assert ope.inference.lower_bound(log_of(clicks)) == 0
    clicks[:100] = 1
    assert 0.005 < ope.inference.lower_bound(log_of(clicks)) < 0.01


def test_episodes_metrics_and_clips():
    rng = np.random.default_rng(2)
    log = ope.EvaluationLog(
        rng.random(400),
        np.full(400, 0.5),
        rng.uniform(0.2, 0.8, 400),
        episode_starts=np.arange(0, 400, 2),
        metrics=np.ones((400, 1)),
    )
    value = ope.estimate(log, "ips", interval="none").value
    assert 0.6 * value < ope.inference.lower_bound(log) < value
    assert ope.inference.lower_bound(log, "ips-clip", clip=0.1) < 0.2
    assert ope.inference.lower_bound(log, "tis", metric=0) > 1.2


def test_refusals():
    with pytest.raises(InputError, match="rewards: The term of episode 1 is -2"):
        ope.inference.lower_bound(log_of([1, -2]))
    with pytest.raises(InputError, match="clusters"):
        ope.inference.lower_bound(log_of([1, 2], clusters=[0, 0]))
    for name in ("snips", "dr", "sniips"):
        log = log_of([1, 2, 3], q_logged=np.ones(3), v_target=np.ones(3), episode_starts=[0, 2])
        with pytest.raises(InputError, match=f"'{name}' is not a mean of weighted rewards"):
            ope.inference.lower_bound(log, name)
    with pytest.raises(InputError, match="confidence"):
        ope.inference.lower_bound(log_of([1]), confidence=95)
