"""All seeds of a row in one pass, where the suite's loop is `ensemble`."""

from __future__ import annotations

import pytest

from rlbench_rec.suite import Suite
from rlbench_rec.suite.execute import execute
from rlbench_rec.suite.kinds.algorithms.jobs import batches, plan
from rlbench_rec.training import load, nearest_loop

SUITE = Suite(
    name="tiny",
    sources=[{"task": "recommend-v1", "episodes": 120}],
    algorithms=[
        {"id": "random"},
        {"id": "dqn"},
        {"id": "dqn", "label": "shuffled", "shuffle_rewards": True},
        {"id": "cql", "encoder": "gru"},
        {"id": "sac"},
    ],
    seeds=[0, 1],
    estimators=["snips"],
    forms=["softmax-0.3"],
    loop="ensemble",
    steps=20,
    batch_size=32,
    n_resamples=100,
    truth_error=0.2,
)


def by_seed(suite):
    return [[(job.spec.id, job.spec.label, job.seed) for job in batch] for batch in batches(plan(suite, "cpu"))]


def test_seeds_share_a_batch_only_where_they_can_train_together():
    assert by_seed(SUITE) == [
        [("behaviour", "", 0)],
        [("random", "", 0)],
        [("dqn", "", 0), ("dqn", "", 1)],
        [("dqn", "shuffled", 0)],
        [("dqn", "shuffled", 1)],
        [("cql", "", 0)],
        [("cql", "", 1)],
        [("sac", "", 0)],
        [("sac", "", 1)],
    ]
    assert all(len(batch) == 1 for batch in by_seed(SUITE.model_copy(update={"loop": "lean"})))


@pytest.mark.parametrize(
    ("wanted", "algorithm", "encoder", "found"),
    [
        ("ensemble", "cql", "cnn", "ensemble"),
        ("ensemble", "cql", "transformer", "lean"),
        ("graph", "cql", "transformer", "graph"),
        ("graph", "sac", "mlp", "tensor"),
        ("graph-bf16", "bc", "gru", "graph-bf16"),
        ("graph-bf16", "bcq", "mlp", "tensor"),
        ("ensemble", "bc", "lstm", "lean"),
        ("ensemble", "bcq", "mlp", "tensor"),
        ("lean", "ddqn", "gru", "lean"),
        ("lean", "sac", "mlp", "tensor"),
        ("stock", "sac", "gru", "stock"),
    ],
)
def test_the_nearest_loop_that_can_train_a_row(wanted, algorithm, encoder, found):
    assert nearest_loop(wanted, algorithm, encoder, "cpu") == found


def test_a_batch_gives_what_its_seeds_give_alone(tmp_path):
    batch = batches(plan(SUITE, "cpu"))[2]
    together = execute(batch, tmp_path)
    lean = SUITE.model_copy(update={"loop": "lean"})
    jobs = [job for job in plan(lean, "cpu") if job.spec == SUITE.algorithms[1]]
    alone = [execute((job,))[0] for job in jobs]
    # Another loop, other numbers in their last digits: the same names, other ids.
    assert [job.name for job in batch] == [job.name for job in jobs]
    assert not {result.run_id for result in together} & {result.run_id for result in alone}
    for one, other in zip(together, alone, strict=True):
        assert [row["value"] for row in one.rows] == pytest.approx([row["value"] for row in other.rows], rel=1e-3)
        assert one.curve[-1]["loss"] == pytest.approx(other.curve[-1]["loss"], rel=1e-4)
        assert load(tmp_path / "models" / one.run_id).loop == "ensemble"


def test_seeds_that_fail_together_are_tried_alone():
    # No batch of 100,000 rows fits: each seed says so in a row of its own.
    suite = SUITE.model_copy(update={"batch_size": 100_000})
    found = execute(batches(plan(suite, "cpu"))[2])
    assert len(found) == 2 and all(result.failed for result in found)
    assert all("fewer than a batch" in result.rows[0]["status"] for result in found)
