"""Trained together or one after the other: the same weights."""

from __future__ import annotations

import numpy as np
import pytest

from rlbench_rec.errors import InputError
from rlbench_rec.testing.algorithms import toy_shop
from rlbench_rec.training import fit, fit_seeds
from rlbench_rec.training.algorithm_config import make_config
from rlbench_rec.training.device import seeded
from rlbench_rec.training.loops.ensemble import together
from rlbench_rec.training.loops.lean import lean
from rlbench_rec.training.networks import score
from rlbench_rec.training.trainer import create

QUICK = {"steps": 10, "batch_size": 32, "device": "cpu"}


@pytest.fixture(scope="module")
def data():
    return toy_shop(150, history=2)


@pytest.mark.parametrize("encoder", ["mlp", "cnn", "transformer"])
@pytest.mark.parametrize("algorithm", ["dqn", "double-dqn", "cql", "bc"])
def test_each_member_is_its_own_lean_training(algorithm, encoder, data):
    config = {"target_update_interval": 4, "n_critics": 2} if algorithm != "bc" else {}
    runs = fit_seeds(data, algorithm, [3, 0, 8], encoder=encoder, config=config, **QUICK)
    states = data.states()
    assert [run.seed for run in runs] == [3, 0, 8]
    for run in runs:
        alone = fit(data, algorithm, loop="lean", encoder=encoder, seed=run.seed, config=config, **QUICK)
        assert run.q_values(states) == pytest.approx(alone.q_values(states), abs=1e-4)
        assert run.history.to_numpy(float) == pytest.approx(alone.history.to_numpy(float), rel=1e-3, nan_ok=True)
        assert run.best_step == alone.best_step
    assert not np.allclose(runs[0].q_values(states), runs[1].q_values(states))


def test_members_may_differ_in_gamma_and_alpha(data):
    configs = [{"gamma": 0.0, "alpha": 0.5}, {"gamma": 0.9, "alpha": 0.0}, {}]
    algos, alone = ([_cql(data, config, seed) for seed, config in enumerate(configs)] for _ in range(2))
    together(algos, data, 32, range(3), "cpu")(10)
    for seed, (algo, single) in enumerate(zip(algos, alone, strict=True)):
        lean(single, data, 32, seed, "cpu")(10)
        assert _scores(algo, data) == pytest.approx(_scores(single, data), abs=1e-4)


def _cql(data, config, seed):
    with seeded(seed, "cpu"):
        return create(make_config("cql", config, data.gamma), "mlp", data.layout, data.action_count, 32, "cpu")


def _scores(algo, data):
    return score(algo.validated_network(), data.states())


@pytest.mark.parametrize(
    ("configs", "message"),
    [
        ([{}, {"learning_rate": 1e-3}], "share learning_rate"),
        ([{}, {"target_update_interval": 7}], "share target_update_interval"),
    ],
)
def test_members_that_differ_too_much(configs, message, data):
    with pytest.raises(InputError, match=message):
        together([_cql(data, config, 0) for config in configs], data, 32, [0, 0], "cpu")


def test_members_of_several_steps_share_gamma(data):
    algos = [_cql(data, {"gamma": gamma}, 0) for gamma in (0.5, 0.9)]
    with pytest.raises(InputError, match="share gamma"):
        together(algos, data, 32, [0, 0], "cpu", n_steps=3)


def test_one_algorithm_to_an_ensemble(data):
    other = create(make_config("dqn", {}, data.gamma), "mlp", data.layout, data.action_count, 32, "cpu")
    with pytest.raises(InputError, match="one algorithm"):
        together([_cql(data, {}, 0), other], data, 32, [0, 0], "cpu")


@pytest.mark.parametrize("encoder", ["gru", "lstm"])
def test_recurrent_encoders_are_refused(encoder, data):
    with pytest.raises(InputError, match=r"cannot be stacked.*Use lean"):
        fit_seeds(data, "dqn", [0, 1], encoder=encoder, **QUICK)


def test_other_loops_take_seeds_too(data):
    runs = fit_seeds(data, "dqn", [0, 1], loop="lean", **QUICK)
    alone = fit(data, "dqn", loop="lean", seed=1, **QUICK)
    assert np.array_equal(runs[1].q_values(data.states()), alone.q_values(data.states()))


def test_no_seeds(data):
    with pytest.raises(InputError, match="No seed"):
        fit_seeds(data, "dqn", [], **QUICK)
