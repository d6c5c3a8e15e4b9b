"""Rows of a suite that learn to choose among the candidates of a policy."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from rlbench_rec.errors import InputError, UnknownNameError
from rlbench_rec.suite import Suite
from rlbench_rec.suite.execute import execute
from rlbench_rec.suite.kinds.algorithms.check import check
from rlbench_rec.suite.kinds.algorithms.jobs import plan
from rlbench_rec.suite.kinds.algorithms.learners import stored_or_trained
from rlbench_rec.suite.sources import load
from rlbench_rec.training import TwoStageRun

SHOP = {"task": "recommend-v1", "episodes": 200, "task_config": {"history": 5}}
STACK = {"id": "dqn", "retrieve": "markov", "candidates": 6}


def suite(*algorithms: dict[str, object], **more: object) -> Suite:
    settings = {
        "seeds": [0],
        "estimators": ["snips"],
        "forms": ["greedy", "softmax-0.3"],
        "steps": 20,
        "batch_size": 32,
    }
    settings |= {"n_resamples": 100, "truth_error": 0.2, "fqe_steps": 5, "loop": "lean", "sources": [SHOP]}
    return Suite.model_validate({"name": "tiny", "algorithms": list(algorithms)} | settings | more)


def jobs(*algorithms: dict[str, object], **more: object):
    return [job for job in plan(suite(*algorithms, **more), "cpu") if job.spec.id == "dqn"]


def test_a_row_has_truth_and_estimates_of_a_policy_over_all_items(tmp_path):
    (job,) = jobs(STACK)
    (result,) = execute([job], tmp_path)
    assert result.status in ("ok", "diverging"), result.status
    variants = {row["variant"] for row in result.rows}
    assert {"mlp/retrieve=markov/greedy", "mlp/retrieve=markov/softmax-0.3"} <= variants
    assert {row["estimator"] for row in result.rows} == {"truth", "snips"}
    loaded = load(job.source)
    run = stored_or_trained(job, loaded, tmp_path / "models")
    assert isinstance(run, TwoStageRun) and run.action_count == loaded.train.action_count == 30
    assert (run.first.retriever(loaded.test.states()) > 0).sum(axis=1).tolist() == [6] * len(loaded.test)


def test_rows_are_told_apart_by_what_they_retrieve():
    many = ({"id": "dqn"}, STACK, STACK | {"candidates": 8}, STACK | {"retrieve": "popularity"})
    labels = [job.spec.label for job in jobs(*many, STACK | {"retrieve_config": {"smoothing": 2.0}})]
    assert labels == [
        "",
        "retrieve=markov/candidates=6",
        "retrieve=markov/candidates=8",
        "retrieve=popularity",
        "retrieve=markov/candidates=6/smoothing=2.0",
    ]
    assert len({job.run_id for job in jobs(*many)}) == 4


def test_ids_of_rows_that_retrieve_nothing_are_what_they_were():
    (job,) = jobs({"id": "dqn"})
    assert not {"retrieve", "candidates", "retrieve_config"} & set(job.settings["algorithm"])
    assert job.settings["algorithm"]["config"] == {} and jobs(STACK)[0].settings["algorithm"]["candidates"] == 6


def test_frontier_best_chooses_among_those_that_score_all_actions():
    (choice,) = (job for job in plan(suite({"id": "dqn"}, STACK, forms=["frontier-best"])) if job.spec.id == "learners")
    assert [job.spec.retrieve for job in choice.learners] == [""]


def test_what_is_refused_before_any_work():
    def refused(match, algorithm, kind=InputError):
        with pytest.raises(kind, match=match):
            check(suite(algorithm))

    check(suite(STACK, STACK | {"retrieve_config": {"smoothing": 2.0}}))
    refused("Unknown retriever 'elsewhere'", STACK | {"retrieve": "elsewhere"}, UnknownNameError)
    refused("Unknown retriever 'file:x.csv'", STACK | {"retrieve": "file:x.csv"}, UnknownNameError)
    refused("Unknown field 'smooth'", STACK | {"retrieve_config": {"smooth": 2.0}})
    refused("It is not trained, so it cannot learn to choose", STACK | {"id": "popularity"})
    refused(r'how to retrieve and not with what\. Add retrieve = "als"', {"id": "dqn", "candidates": 6})
    refused("how to retrieve and not with what", {"id": "dqn", "retrieve_config": {"smoothing": 2.0}})
    with pytest.raises(ValidationError, match="candidates"):
        suite(STACK | {"candidates": 1})
    with pytest.raises(InputError, match="dqn with the same settings is named twice"):
        check(suite(STACK, STACK | {"retrieve_config": {"smoothing": 1.0}}))


def test_a_log_without_history_says_why_it_has_no_row():
    (job,) = jobs(STACK, sources=[{"task": "tabular-v1", "episodes": 100}])
    (result,) = execute([job])
    assert result.status.startswith("failed:") and "actions are items" in result.status
