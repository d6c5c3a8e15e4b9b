"""Every policy that needs no training loop runs in the shop that shows its history, and has a true value there."""

from __future__ import annotations

import numpy as np
import pytest

from rlbench_rec import policies, tasks
from rlbench_rec.policies import on_log
from rlbench_rec.results.read import load_runs
from rlbench_rec.suite import Suite
from rlbench_rec.suite.runner import run_suite


@pytest.fixture(scope="module")
def shop():
    return tasks.make("recommend-v1", variant="judge", history=10)


@pytest.fixture(scope="module")
def log(shop):
    return shop.log(400)


@pytest.mark.parametrize("name", list(policies.POLICIES))
def test_runs_and_is_valued(name, shop, log):
    train, test = log.split()
    policy = policies.make(name, train)
    rows = on_log(policy, test)
    assert rows.shape == (len(test), shop.action_count)
    assert np.allclose(rows.sum(axis=1), 1.0)
    assert (rows >= 0).all()
    truth = shop.true_value(policy, relative_error=0.1)
    assert truth.value > 0
    assert truth.std_error <= 0.1 * shop.behaviour_value


def test_a_suite_values_a_policy_that_reads_the_history(tmp_path, jobs_in_this_process, no_pictures):
    source = {"task": "recommend-v1", "episodes": 60, "task_config": {"history": 10}}
    suite = Suite(
        name="shows-history",
        sources=[source],
        algorithms=[{"id": "markov"}],
        seeds=[0],
        estimators=["snips"],
        n_resamples=100,
        truth_error=0.5,
    )
    with jobs_in_this_process(), no_pictures():
        runs = load_runs(run_suite(suite, tmp_path / "out", device="cpu", workers=1).folder / "runs.csv")
    truth = runs[(runs["algorithm"] == "markov") & (runs["estimator"] == "truth")]
    assert (truth["status"] == "ok").all()
    assert (truth["value"] > 0).sum() == 1
