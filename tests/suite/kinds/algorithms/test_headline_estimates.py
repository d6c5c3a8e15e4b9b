"""`estimate = "headline"`: what of a task is estimated, and what has its true value alone."""

from __future__ import annotations

from rlbench_rec.suite import Suite
from rlbench_rec.suite.execute import execute
from rlbench_rec.suite.kinds.algorithms.jobs import plan

SUITE = Suite(
    name="tiny",
    sources=[{"task": "tabular-v1", "episodes": 80}],
    algorithms=[{"id": "dqn"}, {"id": "myopic", "form": "frontier"}, {"id": "mode"}],
    seeds=[0],
    estimators=["snips", "dr"],
    estimate="headline",
    forms=["greedy", "frontier", "softmax-0.3"],
    loop="lean",
    steps=20,
    batch_size=16,
    fqe_steps=5,
    n_resamples=100,
    truth_error=0.2,
)


def estimated(suite, algorithm):
    (job,) = [job for job in plan(suite, "cpu") if job.spec.id == algorithm]
    rows = execute((job,))[0].rows
    assert {row["status"] for row in rows} <= {"ok", "diverging"}
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(row["variant"], []).append(row["estimator"])
    return found


def test_the_headline_of_a_learner_alone_is_estimated():
    found = estimated(SUITE, "dqn")
    assert found.pop("mlp/softmax-0.3") == ["truth", "snips", "dr"]
    assert found.pop("mlp/greedy") == ["truth"]
    frontiers = {name: found.pop(name) for name in list(found) if "frontier" in name}
    assert set(frontiers) == {"mlp/frontier", "mlp/frontier/shuffled", "mlp/frontier/negated"}
    assert all(estimators == ["truth", "snips", "snips-lift"] for estimators in frontiers.values())
    assert all(name.startswith("mlp/best/") and estimators == ["truth"] for name, estimators in found.items())


def test_a_baseline_has_a_frontier_where_its_row_asks_for_one():
    assert {"mlp/greedy", "mlp/frontier"} <= set(estimated(SUITE, "myopic"))
    assert estimated(SUITE, "mode")["mlp/greedy"] == ["truth", "snips", "dr"]
    plain = SUITE.model_copy(update={"algorithms": [SUITE.algorithms[1].model_copy(update={"form": ""})]})
    assert not any("frontier" in variant for variant in estimated(plain, "myopic"))


def test_everything_is_estimated_unless_a_suite_says_otherwise():
    found = estimated(SUITE.model_copy(update={"estimate": "all"}), "dqn")
    assert found["mlp/greedy"] == ["truth", "snips", "dr"]
    assert found["mlp/frontier"] == ["truth", "snips", "snips-lift", "dr"]
