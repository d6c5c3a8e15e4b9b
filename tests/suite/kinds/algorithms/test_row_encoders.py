"""A row's encoder: the one that it names, or its algorithm's own."""

from __future__ import annotations

import pytest

from rlbench_rec.errors import InputError
from rlbench_rec.suite.config import Suite
from rlbench_rec.suite.execute import execute
from rlbench_rec.suite.kinds.algorithms.check import check
from rlbench_rec.suite.kinds.algorithms.jobs import plan
from rlbench_rec.testing.toy_logs import toy_logs
from rlbench_rec.training import fit, nearest_loop

IDS = [
    "recommend-v1.behaviour.mlp.seed0-69cdc2f6",
    "recommend-v1.random.mlp.seed0-932a2f92",
    "recommend-v1.dqn.mlp.seed0-a9de31cb",
    "recommend-v1.dqn.gru.seed0-fb278c97",
]


def suite(*algorithms, **options):
    sources = [{"task": "recommend-v1", "episodes": 200, "task_config": {"history": 5}}]
    return Suite(name="s", sources=sources, algorithms=list(algorithms), seeds=[0], **options)


def jobs(*algorithms):
    return [job for job in plan(suite(*algorithms)) if job.spec.id != "behaviour"]


@pytest.mark.parametrize(
    ("algorithm", "encoder"),
    [("dqn", "mlp"), ("bc", "mlp"), ("random", "mlp"), ("gru4rec", "gru"), ("sasrec", "transformer")],
)
def test_named_or_not_the_own_encoder_is_the_same_row(algorithm, encoder):
    (unnamed,), (named,) = jobs({"id": algorithm}), jobs({"id": algorithm, "encoder": encoder})
    assert unnamed.encoder == named.encoder == encoder
    assert (unnamed.run_id, unnamed.stem, unnamed.name) == (named.run_id, named.stem, named.name)
    assert unnamed.settings["algorithm"]["encoder"] == encoder


def test_run_ids_are_those_of_before():
    """As version 0.2 wrote them when every row had an encoder by name."""
    rows = [{"id": "random"}, {"id": "dqn"}, {"id": "dqn", "encoder": "gru"}]
    of = Suite(name="s", sources=[{"task": "recommend-v1", "episodes": 200}], algorithms=rows, seeds=[0])
    assert [job.run_id for job in plan(of)] == IDS


def test_another_encoder_is_another_row():
    plain, other = jobs({"id": "dqn"}, {"id": "dqn", "encoder": "gru"})
    assert plain.stem == "mlp" and other.stem == "gru" and plain.run_id != other.run_id
    with pytest.raises(InputError, match="named twice"):
        plan(suite({"id": "dqn"}, {"id": "dqn", "encoder": "mlp"}))


@pytest.mark.parametrize(
    ("key", "value"), [("encoder", "gru"), ("form", "softmax-0.1"), ("shuffle_rewards", True), ("retrieve", "markov")]
)
def test_a_row_that_is_not_trained_has_nothing_that_a_training_would_follow(key, value):
    with pytest.raises(InputError, match=r"^algorithms: markov: It is not trained"):
        check(suite({"id": "markov", key: value}))
    check(suite({"id": "markov", "encoder": "mlp"}))


def test_an_encoder_that_an_algorithm_cannot_have_is_refused_before_any_work():
    with pytest.raises(InputError, match=r"encoder: gru4rec reads its states by gru or lstm, not by mlp"):
        check(suite({"id": "gru4rec", "encoder": "mlp"}))
    with pytest.raises(InputError, match=r"not by cnn.*Leave it out, which takes transformer"):
        nearest_loop("lean", "sasrec", "cnn")
    check(suite({"id": "gru4rec", "encoder": "lstm"}, {"id": "gru4rec"}))


def test_fit_takes_the_own_encoder():
    data = toy_logs()["sessions"]
    quick = {"steps": 2, "batch_size": 8, "device": "cpu"}
    assert [fit(data, name, **quick).encoder for name in ("dqn", "gru4rec", "sasrec")] == ["mlp", "gru", "transformer"]
    assert nearest_loop("ensemble", "gru4rec", device="cpu") == "lean"


def test_baselines_are_no_learners_and_have_no_frontier():
    rows, forms = ({"id": "mode"}, {"id": "myopic"}, {"id": "dqn"}), ["greedy", "softmax-0.5", "tilted-0.5", "frontier"]
    of = suite(*rows, forms=forms, steps=5, batch_size=32, n_resamples=100, fqe_steps=1, truth_error=0.5)
    planned = {job.spec.id: job for job in plan(of)}
    assert [name for name, job in planned.items() if job.is_learner] == ["dqn"]
    for name, forms in {"mode": {"greedy"}, "myopic": {"greedy", "softmax-0.5"}}.items():
        (result,) = execute([planned[name]])
        assert result.status == "ok"
        assert {row["variant"].rsplit("/", 1)[1] for row in result.rows} == forms
