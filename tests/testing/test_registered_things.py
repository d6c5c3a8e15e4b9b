"""Everything that is registered keeps the contract of its kind. Tasks and algorithms have tests of their own."""

from __future__ import annotations

import numpy as np
import pytest

from rlbench_rec.errors import InapplicableError
from rlbench_rec.ope import ESTIMATORS
from rlbench_rec.policies import POLICIES, ConstrainedGreedy, Greedy, Mixed, Tilted, make
from rlbench_rec.results.metrics import METRICS
from rlbench_rec.testing.datasets import check_dataset
from rlbench_rec.testing.encoders import encoder_checks
from rlbench_rec.testing.estimators import _check_shift, _log, check_estimator, settled
from rlbench_rec.testing.metrics import check_metric
from rlbench_rec.testing.policies import check_policy
from rlbench_rec.training import ENCODERS


@pytest.mark.parametrize("name", list(ESTIMATORS))
def test_estimators(name):
    check_estimator(name)


@pytest.mark.parametrize("name", [name for name in ESTIMATORS if not ESTIMATORS[name].shift_equivariant])
def test_estimators_that_do_not_claim_to_follow_a_constant_do_not(name):
    estimator = settled(name)
    with pytest.raises(AssertionError, match="added to every reward"):
        _check_shift(estimator, _log(1))


@pytest.mark.parametrize("name", list(POLICIES))
def test_policies(name):
    check_policy(name)


@pytest.mark.parametrize("form", ["tilted", "mixed", "constrained"])
def test_policies_that_reweight_another_one(form, monkeypatch):
    def make(train):
        base, count = POLICIES["popularity"](train), train.action_count
        weights = np.random.default_rng(0).normal(size=(train.layout.size, count))
        if form == "tilted":
            return Tilted(lambda states: states @ weights, count, 2.0, base)
        if form == "mixed":
            return Mixed(Greedy(lambda states: states @ weights, count), 0.3, base)
        return ConstrainedGreedy(lambda states: states @ weights, count, 0.5, base)

    monkeypatch.setitem(POLICIES._targets, "mine", make)
    check_policy("mine")


@pytest.mark.parametrize("name", list(ENCODERS))
def test_encoders(name):
    # Learning is tested with every algorithm in tests/training/test_algorithm_contract.py.
    for check in encoder_checks(name):
        if check.name != "learns the toy shop":
            check.run()


@pytest.mark.parametrize("label", list(METRICS))
def test_metrics(label):
    check_metric(label)


@pytest.mark.parametrize("name", list(POLICIES))
def test_policies_on_the_log_of_a_shop(name):
    from rlbench_rec import tasks

    log = tasks.make("inventory-v1", 0).log(40)
    try:
        make(name, log)
    except InapplicableError:
        # Shops show no history: what reads one is checked on the toy logs.
        pytest.skip("it applies to no shop")
    check_policy(name, log)


def test_a_dataset():
    check_dataset("open-bandit-sample")
