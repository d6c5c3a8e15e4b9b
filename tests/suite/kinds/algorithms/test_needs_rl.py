"""A job that asks whether its log needs RL: what it reads, whom it tests against, and where it has nothing to say."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from rlbench_rec.results.needs_rl_words import needs_rl
from rlbench_rec.results.read import read_table
from rlbench_rec.results.schema import NEEDS_RL, NEEDS_RL_KEYS
from rlbench_rec.suite import Suite
from rlbench_rec.suite.kinds.algorithms import jobs as trainings
from rlbench_rec.suite.kinds.algorithms import needs_rl as questions
from rlbench_rec.suite.kinds.algorithms import tables
from rlbench_rec.suite.kinds.algorithms.needs_rl import NeedsRLJob, ask, plan
from rlbench_rec.suite.plan import JobResult
from rlbench_rec.suite.runner import run_suite
from rlbench_rec.suite.sources import load as load_source

SUITE = Suite(
    name="tiny",
    sources=[{"task": "tabular-v1", "episodes": 2_000}],
    algorithms=[
        {"id": "constant"},
        {"id": "mode"},
        {"id": "myopic"},
        {"id": "dqn"},
        {"id": "cql"},
        {"id": "dqn", "label": "gamma-0", "config": {"gamma": 0.0}},
    ],
    seeds=[3, 4],
    estimators=["snips"],
    forms=["greedy"],
    loop="lean",
    steps=60,
    batch_size=64,
    n_resamples=100,
    truth_error=0.05,
)


def question(suite):
    return [job for job in plan(suite) if isinstance(job, NeedsRLJob)]


@pytest.fixture(scope="module")
def finished(tmp_path_factory, jobs_in_this_process):
    with jobs_in_this_process(), pytest.MonkeyPatch.context() as patch:
        for name in [name for name in vars(tables) if name.startswith("plot_")]:
            patch.setattr(tables, name, lambda *arguments: None)
        return run_suite(SUITE, tmp_path_factory.mktemp("suite") / "out", device="cpu")


def test_the_job_reads_the_learners_that_have_a_control():
    (job,) = question(SUITE)
    assert [each.called for each in job.ahead] == ["dqn"]
    assert [each.called for each in job.controls] == ["dqn/gamma-0", "myopic"]
    assert [each.called for each in job.floor] == ["mode"]
    assert job.seed == 3 and len(job.needs) == 4
    others = plan(SUITE)[:-1]
    assert [each.run_id for each in others] == [each.run_id for each in trainings.plan(SUITE)]
    assert set(job.needs) < {each.run_id for each in others}


def test_without_a_control_nothing_is_asked():
    assert question(SUITE.model_copy(update={"algorithms": SUITE.algorithms[:5]})) == []


def test_one_job_a_source_and_its_id_follows_what_it_reads():
    two = SUITE.model_copy(update={"sources": [SUITE.sources[0], SUITE.sources[0].model_copy(update={"task_seed": 1})]})
    assert len({job.run_id for job in question(two)}) == 2
    faster = [
        spec.model_copy(update={"config": {**spec.config, "learning_rate": 1e-3}}) for spec in SUITE.algorithms[3:]
    ]
    other = SUITE.model_copy(update={"algorithms": [*SUITE.algorithms[:3], *faster]})
    assert question(other)[0].run_id != question(SUITE)[0].run_id


def test_the_tables_of_a_run(finished):
    assert not finished.failures
    logs = read_table(finished.folder / "needs_rl_logs.csv", NEEDS_RL, NEEDS_RL_KEYS)
    assert set(logs["task"]) == {"tabular-v1"} and set(logs["test"]) == {"log"} and set(logs["seed"]) == {3}
    assert logs["closest"].sum() == 1 and len(set(logs["answer"])) == 1
    if len(logs) > 1:
        assert {"behaviour", "dqn/gamma-0", "myopic"} <= set(logs["opponent"])
        assert logs["p_adjusted"].iloc[0] == pytest.approx(logs["p"].max())
    replicates = read_table(finished.folder / "needs_rl.csv", NEEDS_RL, NEEDS_RL_KEYS)
    assert replicates["reason"].tolist() == ["1 replicate, and 4 are needed"]
    (sentence,) = needs_rl(pd.concat([replicates, logs], ignore_index=True))
    assert sentence.startswith("Does this log of tabular-v1 need RL? ")
    (sentence,) = needs_rl(replicates)
    assert sentence == "Does tabular-v1 need RL? Not shown: 1 replicate, and 4 are needed."


def test_users_own_choices_and_one_decision_a_session_have_no_number(monkeypatch):
    (job,) = question(SUITE)
    loaded = load_source(SUITE.sources[0])
    monkeypatch.setattr(type(loaded), "base", None)
    result = JobResult(job.run_id, [])
    ask(job, loaded, result, None)
    (row,) = result.needs_rl
    assert (row["answer"], row["reason"]) == ("not shown", "users chose the items themselves")
    assert np.isnan([row[name] for name in ("gain", "ci_low", "ci_high", "p", "detectable")]).all()


def test_on_one_step_logs_the_question_is_not_asked():
    suite = SUITE.model_copy(update={"sources": [SUITE.sources[0].model_copy(update={"task_config": {"horizon": 1}})]})
    (job,) = question(suite)
    result = JobResult(job.run_id, [])
    ask(job, load_source(suite.sources[0]), result, None)
    assert result.needs_rl == [] and result.rows == []
    assert questions.QUESTION.id == "needs-rl"
