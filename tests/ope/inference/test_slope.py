"""Parameters chosen from the log."""

from __future__ import annotations

import numpy as np
import pytest

from rlbench_rec import ope
from rlbench_rec.errors import InputError
from rlbench_rec.ope.inference.slope import least_contradicted


def test_the_rule_on_paper():
    # c = 2 se. 1: |.1| <= .4 + 1.449 * 1. 2: |2| > .2 + 1.449 * 1.
    assert least_contradicted([1.0, 1.1, 3.0], [0.5, 0.2, 0.1]) == 1
    assert least_contradicted([1.0, 1.1, 1.2], [0.5, 0.2, 0.1]) == 2
    assert least_contradicted([1.0, 9.0, 9.0], [0.1, 0.1, 0.1]) == 0
    # What is not known contradicts nothing and is not chosen.
    assert least_contradicted([1.0, np.nan], [0.1, np.nan]) == 0 and least_contradicted([1.0], [np.nan]) == 0


def log_of(seed: int, deviation: float, n: int = 2_000, model: float = 0.0) -> ope.EvaluationLog:
    """Log-normal weights that have nothing to do with the rewards, whose mean is 1; a model that says `model`."""
    rng = np.random.default_rng(seed)
    weights = rng.lognormal(-(deviation**2) / 2, deviation, n)
    q = np.full(n, model)
    return ope.EvaluationLog(rng.normal(1, 1, n), np.full(n, 1e-6), weights * 1e-6, q, q)


@pytest.mark.parametrize("name", ["dr-clip", "switch-dr", "dros", "sg-dr"])
def test_wild_weights_are_tamed_where_the_model_is_good(name):
    plain, tuned = [], []
    for seed in range(30):
        log = log_of(seed, 2.5, model=0.95)
        plain.append(ope.estimate(log, "dr", interval="none").value - 1)
        tuned.append(ope.estimate(log, ope.inference.slope(log, name), interval="none").value - 1)
    assert np.mean(np.square(tuned)) < 0.25 * np.mean(np.square(plain))


@pytest.mark.parametrize("name", ["ips-clip", "dr-clip", "switch-dr", "dros", "sg-ips", "sg-dr"])
def test_the_error_is_a_constant_times_the_best_at_most(name):
    """The oracle inequality: (6 + sqrt 6) times the smallest bias plus half width on the grid. Here any shrinking
    costs much bias, the model being 0."""
    for seed in range(10):
        log = log_of(seed, 1.5)
        grid = (1, 3, 10, 30, 100, 1_000) if not name.startswith("sg") else (0, 0.01, 0.03, 0.1, 0.3, 1)
        key = ope.ESTIMATORS[name].required[0]
        all_of_them = [ope.estimate(log, name, interval="none", **{key: value}) for value in grid]
        best = min(abs(one.value - 1) + 2 * one.std_error for one in all_of_them)
        chosen = ope.estimate(log, ope.inference.slope(log, name, grid), interval="none")
        assert chosen.estimator in [one.estimator for one in all_of_them]
        assert abs(chosen.value - 1) <= (6 + np.sqrt(6)) * best


def test_mild_weights_are_left_nearly_alone():
    log = log_of(0, 0.3, n=50_000)
    value = ope.estimate(log, ope.inference.slope(log, "ips-clip"), interval="none").value
    assert value == pytest.approx(ope.estimate(log, "ips", interval="none").value, abs=0.03)


def test_a_given_grid_and_the_reported_name():
    log = log_of(1, 0.1)
    chosen = ope.inference.slope(log, "ips-clip", [0.01, 50, 40])
    # Clipping at .01 is far off; 40 and 50 clip nothing, and the last of equals is taken.
    assert chosen.label == "ips-clip40"
    assert ope.estimate(log, chosen).interval_kind == "sampling-only"


def test_refusals():
    log = log_of(0, 1.0)
    for name in ("ips", "dm", "magic"):
        with pytest.raises(InputError, match=f"'{name}' has no parameter"):
            ope.inference.slope(log, name)
    with pytest.raises(InputError, match="No values"):
        ope.inference.slope(log, "ips-clip", [])
    with pytest.raises(InputError, match="clip is -1"):
        ope.inference.slope(log, "ips-clip", [-1, 2])


def test_logs_without_weight():
    log = ope.EvaluationLog([1.0, 2.0], [0.5, 0.5], [0.0, 0.0])
    assert ope.inference.slope(log, "ips-clip").label == "ips-clip1"
