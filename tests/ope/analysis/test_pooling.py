"""Estimates of several logs, weighed by their precision."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from rlbench_rec import ope
from rlbench_rec.errors import InputError


def two_logs(seed: int = 0, sizes: tuple[int, int] = (2_000, 2_000)) -> dict[str, ope.EvaluationLog]:
    """A behaviour policy that is near the target policy (.8), and one far from it (.1); the true value is .52."""
    rng = np.random.default_rng(seed)
    logs = {}
    for (name, share), n in zip({"near": 0.7, "far": 0.1}.items(), sizes, strict=True):
        arm = rng.random(n) < share
        rewards = (rng.random(n) < 0.2 + 0.4 * arm).astype(float)
        logs[name] = ope.EvaluationLog(
            rewards, np.where(arm, share, 1 - share), np.where(arm, 0.8, 0.2), clusters=np.arange(n) // 2
        )
    return logs


def test_shares_are_precisions():
    logs = two_logs()
    errors = np.array([ope.estimate(log, "ips", interval="none").std_error for log in logs.values()])
    found = ope.analysis.estimate_weighted(logs, "ips")
    shares = [float(share) for share in re.findall(r"\d\.\d+", found.estimator)]
    assert found.estimator.startswith("weighted-ips(") and sum(shares) == pytest.approx(1, abs=0.011)
    assert shares == pytest.approx((errors**-2 / (errors**-2).sum()).tolist(), abs=0.05)
    assert found.std_error == pytest.approx((errors**-2).sum() ** -0.5, rel=0.05)
    assert found.std_error < errors.min() and found.verdict == "trusted"
    assert (found.n_rows, found.n_episodes) == (4_000, 4_000)


@pytest.mark.parametrize("interval", ["bootstrap", "normal"])
def test_intervals_cover(interval):
    covered = 0
    for seed in range(80):
        found = ope.analysis.estimate_weighted(
            two_logs(seed, (400, 400)), "ips", interval=interval, n_resamples=150, seed=seed
        )
        covered += found.ci_low < 0.52 < found.ci_high
    assert covered / 80 >= 0.87


def test_rare_rewards_do_not_pull_it_down():
    """Ten purchases a log: a log with fewer has a smaller value and a smaller standard error. Shares from the rows
    they weigh would be off by a tenth."""
    cross, naive = [], []
    for seed in range(300):
        rng = np.random.default_rng(seed)
        logs = {
            str(at): ope.EvaluationLog((rng.random(500) < 0.02).astype(float), np.full(500, 0.5), np.full(500, 0.5))
            for at in range(4)
        }
        cross.append(ope.analysis.estimate_weighted(logs, "ips", interval="none").value)
        values = np.array([log.rewards.mean() for log in logs.values()])
        precisions = np.array([log.rewards.var() for log in logs.values()]) ** -1.0
        naive.append(values @ precisions / precisions.sum())
    error = np.std(cross) / np.sqrt(300)
    assert abs(np.mean(cross) - 0.02) < 4 * error < 0.02 - np.mean(naive)


def test_a_log_that_hardly_counts_does_not_spoil_the_verdict_but_wrong_propensities_do():
    rng = np.random.default_rng(0)
    good = two_logs(0, (5_000, 50))["near"]
    arm = rng.random(4_000) < 0.002
    poor = ope.EvaluationLog(
        (rng.random(4_000) < 0.2 + 0.4 * arm).astype(float), np.where(arm, 0.002, 0.998), np.where(arm, 0.8, 0.2)
    )
    assert ope.estimate(poor, "ips", interval="none").verdict == "unreliable"
    good = replace(good, clusters=None)
    found = ope.analysis.estimate_weighted({"good": good, "poor": poor}, "ips", interval="none")
    assert found.verdict == "trusted" and float(re.search(r"([\d.]+) poor", found.estimator)[1]) < 0.05
    wrong = replace(good, propensities=np.minimum(good.propensities * 1.2, 1.0))
    broken = ope.analysis.estimate_weighted({"good": good, "wrong": wrong}, "ips", interval="none")
    assert broken.verdict == "unreliable" and "standard errors from 1" in " ".join(broken.reasons)


def test_seeds_and_what_cannot_be_weighed():
    logs = two_logs()
    assert ope.analysis.estimate_weighted(logs, seed=1) == ope.analysis.estimate_weighted(logs, seed=1)
    assert ope.analysis.estimate_weighted(logs, seed=1).ci_low != ope.analysis.estimate_weighted(logs, seed=2).ci_low
    with pytest.raises(InputError, match="1 logs; two are needed"):
        ope.analysis.estimate_weighted({"near": logs["near"]})
    with pytest.raises(InputError, match="'bca' is not made for several logs"):
        ope.analysis.estimate_weighted(logs, interval="bca")
    tiny = ope.EvaluationLog([1, 0, 1], [0.5] * 3, [0.5] * 3)
    with pytest.raises(InputError, match="tiny: Fewer than four episodes"):
        ope.analysis.estimate_weighted(logs | {"tiny": tiny})
    empty = replace(logs["far"], target_propensities=np.zeros(2_000))
    with pytest.raises(InputError, match="empty: 'snips' is not defined on half of the log"):
        ope.analysis.estimate_weighted(logs | {"empty": empty}, "snips")
    with pytest.raises(InputError, match="judged by position"):
        ope.analysis.estimate_weighted(
            {name: replace(log, episode_starts=np.arange(0, 2_000, 2), clusters=None) for name, log in logs.items()},
            "iips",
        )
