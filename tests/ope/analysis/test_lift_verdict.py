"""The verdict on a lift looks at what tells the two policies apart, beside the weights."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rlbench_rec import ope


def nearly_alike(n_different: int, n: int = 20_000):
    """Policies that differ on few rows, where the evaluated one is twice as likely to do what was done."""
    rewards = (np.random.default_rng(0).random(n) < 0.5).astype(float)
    target = np.full(n, 0.5)
    target[:n_different] = np.where(np.arange(n_different) % 2, 0.9, 0.1)
    return ope.EvaluationLog(rewards, np.full(n, 0.5), target)


@pytest.mark.parametrize(("different", "verdict"), [(30, "unreliable"), (150, "weak"), (1_000, "trusted")])
def test_few_rows_that_differ_give_a_known_value_and_an_unknown_lift(different, verdict):
    log = nearly_alike(different)
    assert ope.estimate(log, "snips").verdict == "trusted"
    lift = ope.lift(log, "snips")
    assert lift.verdict == verdict
    assert all(reason.startswith("where the policies differ: ") for reason in lift.reasons)


def test_one_weight_may_carry_the_whole_difference():
    rng = np.random.default_rng(0)
    propensities, target = np.full(10_000, 0.5), np.full(10_000, 0.5)
    propensities[0] = 1e-3
    log = ope.EvaluationLog((rng.random(10_000) < 0.3).astype(float), propensities, np.minimum(target, 0.2 + target))
    assert ope.estimate(log, "snips").verdict == "weak"
    lift = ope.lift(log, "snips")
    assert lift.verdict == "unreliable" and "100% of the sum" in lift.reasons[1]


def test_policies_that_are_alike_differ_by_nothing():
    lift = ope.lift(nearly_alike(0), "snips")
    assert (lift.value, lift.ci_low, lift.ci_high, lift.verdict) == (0.0, 0.0, 0.0, "trusted")


def test_doubly_robust_lifts_look_at_the_same_events():
    for different, verdict in ((30, "unreliable"), (1_000, "trusted")):
        log = nearly_alike(different)
        modelled = replace(log, q_logged=log.rewards, v_target=np.full(log.n_rows, 0.5))
        assert ope.lift(modelled, "snips").verdict == ope.lift(modelled, "dr").verdict == verdict
