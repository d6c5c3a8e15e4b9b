"""Linear combinations of estimators."""

from __future__ import annotations

import numpy as np
import pytest

from rlbench_rec import ope
from rlbench_rec.errors import InputError
from rlbench_rec.ope.inference.combination import best_shares


def test_shares_on_paper():
    # Independent, variances 1 and 4: inverse variances 1 and 1/4.
    assert best_shares(np.diag([1.0, 4.0]), 0.0) == pytest.approx([0.8, 0.2], rel=1e-12)
    # Standard deviations 1 and 2, correlation 3/4: S = [[1, 1.5], [1.5, 4]], S^-1 1 = [2.5, -.5] / 1.75.
    assert best_shares(np.array([[1, 1.5], [1.5, 4]]), 0.0) == pytest.approx([1.25, -0.25], rel=1e-12)
    # Shrunk by 1/3 the correlation is 1/2: S = [[1, 1], [1, 4]], S^-1 1 = [3, 0] / 3.
    assert best_shares(np.array([[1, 1.5], [1.5, 4]]), 1 / 3) == pytest.approx([1, 0], abs=1e-12)
    # Copies share alike, with and without shrinkage; what never varies is taken alone.
    for shrinkage in (0.0, 0.01):
        assert best_shares(np.ones((3, 3)), shrinkage) == pytest.approx(np.full(3, 1 / 3), rel=1e-9)
    assert best_shares(np.diag([1.0, 0.0]), 0.01).tolist() == [0, 1]


def test_the_least_variance_over_the_shares():
    rng = np.random.default_rng(0)
    root = rng.normal(size=(4, 6))
    covariance = root @ root.T
    shares = best_shares(covariance, 0.0)
    others = shares + rng.normal(size=(1_000, 4)) @ (np.eye(4) - 0.25)
    assert shares.sum() == pytest.approx(1)
    assert shares @ covariance @ shares <= np.einsum("ni,ij,nj->n", others, covariance, others).min()


def log_of(seed: int, n: int = 2_000, **fields) -> ope.EvaluationLog:
    """Rewards that grow with the weight: snips errs by what its weights tell, which ips and snips together take out."""
    rng = np.random.default_rng(seed)
    weights = rng.lognormal(-0.5, 1.0, n)
    rewards = 1 + 0.3 * np.log(weights) + 0.5 * rng.normal(size=n)
    return ope.EvaluationLog(rewards, np.full(n, 1e-4), weights * 1e-4, np.ones(n), np.ones(n), **fields)


TRUTH = 1 + 0.3 * 0.5


def test_it_errs_less_than_its_parts_and_its_interval_covers():
    errors, covered = {"snips": [], "dr": [], "combined": []}, 0
    for seed in range(60):
        log = log_of(seed)
        one = ope.inference.combined(log, ["ips", "snips", "dr"], n_resamples=200)
        estimate = ope.estimate(log, one, n_resamples=500)
        covered += estimate.ci_low < TRUTH < estimate.ci_high
        errors["combined"].append(estimate.value - TRUTH)
        for name in ("snips", "dr"):
            errors[name].append(ope.estimate(log, name, interval="none").value - TRUTH)
    squares = {name: np.mean(np.square(found)) for name, found in errors.items()}
    assert squares["combined"] < 0.95 * min(squares["snips"], squares["dr"])
    assert covered >= 50


def test_the_result_says_what_it_is_made_of():
    log = log_of(0)
    one = ope.inference.combined(log, ["snips", "dr"], n_resamples=200)
    for interval in ("bootstrap", "bca", "normal"):
        estimate = ope.estimate(log, one, interval=interval, n_resamples=200)
        assert estimate.estimator.startswith("combined(+") and " dr)" in estimate.estimator
        assert estimate.ci_low < estimate.value < estimate.ci_high and estimate.interval_kind == "sampling"
    parts = ope.estimate_all(log, ["snips", "dr"], interval="none")
    low, high = sorted(part.value for part in parts)
    shares = [float(word) for word in estimate.estimator[9:-1].split()[::2]]
    assert sum(shares) == pytest.approx(1, abs=0.01)
    assert estimate.value == pytest.approx(shares[0] * parts[0].value + shares[1] * parts[1].value, abs=0.01 * high)
    assert low > 0
    assert estimate.std_error <= 1.001 * min(part.std_error for part in parts)
    assert ope.inference.combined(log, ["snips", "dr"], n_resamples=200).id == one.id
    assert ope.lift(log, one, interval="normal").estimator == one.id + "-lift"


def test_the_verdict_is_the_worst_of_its_parts():
    """Sessions of one and two steps: weights of whole ones are not trusted."""
    rng = np.random.default_rng(0)
    lengths = rng.integers(1, 3, 2_000)
    n = int(lengths.sum())
    log = ope.EvaluationLog(
        (rng.random(n) < 0.5).astype(float),
        np.full(n, 0.5),
        rng.uniform(0.4, 0.6, n),
        episode_starts=np.cumsum(lengths) - lengths,
    )
    for names, verdict in ((["ips", "snips"], "trusted"), (["ips", "tis"], "weak")):
        assert ope.estimate(log, names[1], interval="none").verdict == verdict
        assert ope.estimate(log, ope.inference.combined(log, names), interval="none").verdict == verdict


def test_users_episodes_and_metrics():
    rng = np.random.default_rng(1)
    n = 900
    log = ope.EvaluationLog(
        rng.normal(1, 1, n),
        np.full(n, 0.5),
        rng.uniform(0.3, 0.7, n),
        episode_starts=np.arange(0, n, 3),
        clusters=np.arange(300) // 2,
        metrics=rng.normal(2, 1, (n, 1)),
    )
    reward, metric = (
        ope.inference.combined(log, ["ips", "snips", "tis"], n_resamples=100, metric=m) for m in (None, 0)
    )
    assert ope.estimate(log, reward, interval="normal").value == pytest.approx(3, abs=0.3)
    assert ope.estimate(log, metric, interval="normal", metric=0).value == pytest.approx(6, abs=0.3)


def test_refusals():
    log = log_of(0, 100)
    with pytest.raises(InputError, match="1 estimators; a combination needs two"):
        ope.inference.combined(log, ["ips"])
    for name in ("dm", "on-policy", "magic"):
        with pytest.raises(InputError, match=f"'{name}.*is not a consistent estimator"):
            ope.inference.combined(log, ["ips", name])
    with pytest.raises(InputError, match="shrinkage is -1"):
        ope.inference.combined(log, ["ips", "snips"], shrinkage=-1)
    with pytest.raises(InputError, match="1 resamples"):
        ope.inference.combined(log, ["ips", "snips"], n_resamples=1)
    with pytest.raises(InputError, match="'snips' is not defined on this log"):
        ope.inference.combined(ope.EvaluationLog([1, 2], [0.5, 0.5], [0, 0]), ["ips", "snips"])
    with pytest.raises(InputError, match="needs q_logged"):
        ope.inference.combined(ope.EvaluationLog([1, 2], [0.5, 0.5], [0.5, 1]), ["ips", "dr"])
    with pytest.raises(InputError, match="needs the whole log at once"):
        ope.Stream([ope.inference.combined(log, ["ips", "snips"])])
