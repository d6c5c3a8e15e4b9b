"""What every learner does also holds for those that go by returns: stacking, going on, and what may not be shown."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rlbench_rec.mdp import with_candidates
from rlbench_rec.policies import on_log, scores_on_log
from rlbench_rec.testing.algorithms import toy_shop
from rlbench_rec.testing.toy_logs import toy_logs
from rlbench_rec.training import fit, fit_seeds

SMALL = {"bc-top": {"share": 0.4}, "rvs": {"quantile": 0.99}, "dt": {"context": 3, "width": 8, "blocks": 1}}
QUICK = {"steps": 20, "batch_size": 16, "device": "cpu"}
LOGS = toy_logs()


@pytest.fixture(scope="module")
def data():
    return toy_shop(100, history=2)


def scores(run, data, checkpoint="last"):
    return scores_on_log(run.q_function(checkpoint), data)


@pytest.mark.parametrize("algorithm", SMALL)
def test_each_member_of_an_ensemble_is_its_own_lean_training(algorithm, data):
    runs = fit_seeds(data, algorithm, [3, 0], config=SMALL[algorithm], **QUICK)
    for run in runs:
        alone = fit(data, algorithm, loop="lean", seed=run.seed, config=SMALL[algorithm], **QUICK)
        np.testing.assert_allclose(scores(run, data), scores(alone, data), atol=1e-4)
    assert not np.allclose(scores(runs[0], data), scores(runs[1], data))


class Stopped(Exception):
    pass


@pytest.mark.parametrize("algorithm", [*SMALL, "q-table"])
def test_it_goes_on_and_ends_with_the_same_weights(algorithm, data, tmp_path):
    options = {"config": SMALL.get(algorithm), "eval_every": 5, **QUICK}
    whole, keep = fit(data, algorithm, **options), tmp_path / "half.safetensors"

    def stop(step, _):
        if step == 10:
            raise Stopped

    with pytest.raises(Stopped):
        fit(data, algorithm, keep=keep, progress=stop, **options)
    resumed = fit(data, algorithm, keep=keep, **options)
    for checkpoint in ("last", "best"):
        np.testing.assert_array_equal(scores(resumed, data, checkpoint), scores(whole, data, checkpoint))
    assert resumed.history.equals(whole.history)


@pytest.mark.parametrize("algorithm", [*SMALL, "q-table"])
def test_what_is_forbidden_is_never_taken(algorithm):
    log = LOGS["forbidden actions"]
    run = fit(log, algorithm, config=SMALL.get(algorithm), **QUICK)
    for form in ("greedy", "stochastic" if algorithm in SMALL else "greedy"):
        matrix = on_log(run.policy(form), log)
        assert (matrix[log.forbidden] == 0).all() and np.allclose(matrix.sum(axis=1), 1.0)


@pytest.mark.parametrize("algorithm", [*SMALL, "q-table"])
def test_nor_is_the_action_that_stands_for_all_others(algorithm):
    log = LOGS["items outside the vocabulary"]
    run = fit(log, algorithm, config=SMALL.get(algorithm), **QUICK)
    assert (on_log(run.policy("greedy"), log)[:, log.other_action] == 0).all()


@pytest.mark.parametrize("algorithm", SMALL)
@pytest.mark.parametrize("loop", ["tensor", "ensemble"])
def test_empty_slots_are_never_taken(algorithm, loop):
    log = LOGS["candidates"]
    run = fit(log, algorithm, loop=loop, config=SMALL[algorithm], **QUICK)
    matrix = on_log(run.policy("stochastic"), log)
    assert (matrix[log.candidates == 0] == 0).all() and np.allclose(matrix.sum(axis=1), 1.0)
    assert np.isfinite(run.history["loss"]).all() and np.isfinite(run.history["log_loss"]).all()


@pytest.mark.parametrize("algorithm", ["rvs", "dt"])
def test_items_are_known_by_what_they_are_and_not_by_their_slot(algorithm):
    """With the slots of all past and present decisions in another order the same items have the same logits."""
    log = with_candidates(replace(LOGS["sessions"], propensities=None), 3, seed=0)
    run = fit(log, algorithm, config=SMALL[algorithm], **QUICK)
    order = np.array([2, 0, 1])
    turned = replace(log, candidates=log.candidates[:, order], actions=np.argsort(order)[log.actions])
    np.testing.assert_allclose(scores(run, turned), scores(run, log)[:, order], atol=1e-4)


def test_one_decision_is_a_session_without_a_past():
    log = LOGS["single decisions"]
    for algorithm, config in SMALL.items():
        run = fit(log, algorithm, config=config, **QUICK)
        assert np.allclose(on_log(run.policy("stochastic"), log).sum(axis=1), 1.0)
