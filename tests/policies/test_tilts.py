"""Tilts: what the tilts of one base share."""

from __future__ import annotations

import numpy as np
import pytest

from rlbench_rec.policies import divergence, tilt
from rlbench_rec.policies.tilts import Tilts


@pytest.fixture
def tables():
    rng = np.random.default_rng(0)
    scores, base = rng.normal(size=(9_000, 5)), rng.dirichlet(np.ones(5), 9_000)
    scores[::7, 2], base[::5, 3] = -np.inf, 0.0
    # Here the scores rule out all that the base takes.
    scores[4, :3], base[4] = -np.inf, (0.5, 0.25, 0.25, 0.0, 0.0)
    return scores, base / base.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("temperature", [0.01, 0.5, 20.0])
def test_ratios_are_the_tilt_s_over_the_base_s(tables, temperature):
    scores, base = tables
    actions = base.argmax(axis=1)
    rows = np.arange(len(actions))
    expected = tilt(scores, base, temperature)[rows, actions] / base[rows, actions]
    np.testing.assert_allclose(Tilts(scores, base, 1.0).ratios(actions, temperature), expected, rtol=1e-9, atol=1e-300)


def test_a_row_of_which_nothing_is_left_has_ratio_1(tables):
    scores, base = tables
    assert Tilts(scores, base, 1.0).ratios(base.argmax(axis=1), 0.1)[4] == 1.0


def test_divergence_and_slope_of_more_rows_than_a_block(tables):
    scores, base = tables
    tilts = Tilts(scores, base, 3.0)
    nats, slope = tilts.at(tilts.scale / 0.5)
    assert nats == pytest.approx(divergence(tilt(scores, base, 0.5), base, 3.0), rel=1e-9)
    ahead, behind = (tilts.at(tilts.scale / 0.5 * np.exp(step))[0] for step in (1e-5, -1e-5))
    assert slope == pytest.approx((ahead - behind) / 2e-5, rel=1e-6)
