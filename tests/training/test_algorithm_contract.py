"""Every registered algorithm, with every encoder and loop, keeps the contract."""

from __future__ import annotations

import pytest

from rlbench_rec.errors import InputError
from rlbench_rec.testing.algorithms import check_algorithm
from rlbench_rec.training import ALGORITHMS, ENCODERS, LOOPS
from rlbench_rec.training.loops.choice import nearest_loop

HEADLINE = ("dqn", "double-dqn", "cql")


def check_quickly(algorithm: str, steps: int = 100, learning_rate: float = 1e-2, **options) -> None:
    """The contract in half the steps: each step goes further, and targets follow sooner."""
    if ALGORITHMS[algorithm].learns == "value of the behaviour policy" or algorithm == "iql":
        check_algorithm(algorithm, **options)  # a mean takes its time, and so does a policy that follows one
        return
    config = {"learning_rate": learning_rate}
    if algorithm == "sac":
        config = {"learning_rate": 0.4 * learning_rate, "temperature": 1.0}
    if algorithm in ("gru4rec", "sasrec"):
        config = {"learning_rate": 0.5 * learning_rate, "embedding_size": 16}
    if algorithm == "dt":
        config |= {"width": 16, "context": 3, "blocks": 1}
    if algorithm == "qr-dqn":
        config["n_quantiles"] = 8
    if "target_update_interval" in ALGORITHMS[algorithm].model_fields:
        config["target_update_interval"] = 10
    check_algorithm(algorithm, steps=steps, config=config, **options)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_contract_in_the_tensor_loop(algorithm):
    check_quickly(algorithm, loop="tensor")


@pytest.mark.parametrize("encoder", [encoder for encoder in ENCODERS if encoder != "mlp"])
def test_contract_of_sequence_encoders(encoder):
    check_quickly("double-dqn", encoder=encoder)


@pytest.mark.parametrize("algorithm", HEADLINE)
def test_contract_in_the_stock_loop(algorithm):
    check_quickly(algorithm, loop="stock", history=0)


@pytest.mark.parametrize("loop", ["lean", "graph", "graph-bf16"])
@pytest.mark.parametrize("algorithm", HEADLINE)
def test_contract_in_loops_of_our_own(algorithm, loop):
    check_quickly(algorithm, loop=loop)


def test_the_contract_does_not_hold_for_what_has_learnt_nothing():
    with pytest.raises(AssertionError, match="optimal policy"):
        check_quickly("dqn", steps=1)
    with pytest.raises(AssertionError, match="optimal policy"):
        check_quickly("dqn", learning_rate=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("encoder", ENCODERS)
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_contract_everywhere(algorithm, encoder, loop):
    if ALGORITHMS[algorithm].encoders and encoder not in ALGORITHMS[algorithm].encoders:
        with pytest.raises(InputError, match="reads its states by"):
            check_algorithm(algorithm, encoder=encoder, loop=loop)
        return
    # stacked Transformers are left alone by suites on a CPU because they are slow, but they train
    able = "lean" if (loop, encoder) == ("ensemble", "transformer") else loop
    if nearest_loop(able, algorithm, encoder) != able:
        with pytest.raises(InputError, match=r"no loss|cannot be stacked"):
            check_algorithm(algorithm, encoder=encoder, loop=loop)
        return
    check_algorithm(algorithm, encoder=encoder, loop=loop)
