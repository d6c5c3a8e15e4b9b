"""Every registered algorithm, with every encoder and loop, keeps the contract."""

from __future__ import annotations

import pytest

from rlbench_rec.testing.algorithms import check_algorithm
from rlbench_rec.training import ALGORITHMS, ENCODERS, LOOPS

HEADLINE = ("dqn", "double-dqn", "cql")


@pytest.mark.parametrize("encoder", ENCODERS)
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_contract_in_the_tensor_loop(algorithm, encoder):
    check_algorithm(algorithm, encoder=encoder, loop="tensor")


@pytest.mark.parametrize("algorithm", HEADLINE)
def test_contract_in_the_stock_loop(algorithm):
    check_algorithm(algorithm, loop="stock", history=0)


@pytest.mark.slow
@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("history", [0, 2])
@pytest.mark.parametrize("encoder", ENCODERS)
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_contract_everywhere(algorithm, encoder, history, loop):
    check_algorithm(algorithm, encoder=encoder, loop=loop, history=history)
