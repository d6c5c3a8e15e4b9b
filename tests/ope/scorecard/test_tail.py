"""Pareto k: right on Pareto weights, silent on weights without a tail, and no judge of overlap."""

from __future__ import annotations

import numpy as np
import pytest

from rlbench_rec import ope
from rlbench_rec.ope.scorecard.tail_index import pareto_k


@pytest.mark.parametrize("k", [0.2, 0.5, 0.9])
def test_the_shape_of_pareto_weights(k):
    found = []
    for seed in range(10):
        weights = 1.0 + np.random.default_rng(seed).pareto(1 / k, 20_000)
        weights /= weights.max()
        found.append(pareto_k(ope.EvaluationLog(weights, np.ones(20_000), weights)))
    assert np.mean(found) == pytest.approx(k, abs=0.05)


def test_weights_without_a_tail():
    ones = np.ones(1_000)
    assert np.isnan(pareto_k(ope.EvaluationLog(ones, ones, ones)))
    assert np.isnan(pareto_k(ope.EvaluationLog(ones[:3], ones[:3], ones[:3])))
    assert np.isnan(pareto_k(ope.EvaluationLog(ones, ones, 0 * ones)))


def test_it_passes_a_log_that_two_rows_decide():
    pandas = pytest.importorskip("pandas")
    from pathlib import Path

    sample = Path(__file__).resolve().parents[3] / "datasets" / "open-bandit-sample" / "bts-women.parquet"
    frame = pandas.read_parquet(sample)
    log = ope.EvaluationLog(frame["click"], frame["propensity_score"], np.full(len(frame), 1 / 46))
    assert pareto_k(log) < 0.7 and ope.diagnose(log).verdict == "unreliable"
