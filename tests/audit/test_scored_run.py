"""A run's own estimate comes out of the table that `rlbench score` writes, read as `rlbench ope` reads it."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pyarrow.parquet as pq
import pytest

from rlbench_rec import ope
from rlbench_rec.ope.scorecard import read_log
from rlbench_rec.results.read import load_runs
from rlbench_rec.suite import Suite
from rlbench_rec.suite.runner import run_suite

SUITE = Suite(
    name="tiny",
    sources=[{"task": "recommend-myopic-v1", "episodes": 150}, {"task": "pricing-v1", "episodes": 60}],
    algorithms=[{"id": "dqn"}],
    seeds=[3],
    forms=["greedy", "softmax-0.3"],
    estimators=["snips", "ips"],
    estimate="all",
    steps=5,
    batch_size=16,
    n_resamples=100,
    truth_error=0.3,
)


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory, jobs_in_this_process, no_pictures):
    folder = tmp_path_factory.mktemp("scored") / "run"
    with jobs_in_this_process(), no_pictures():
        run_suite(SUITE, folder, device="cpu")
    return folder


@pytest.mark.parametrize("form", ["greedy", "softmax-0.3"])
@pytest.mark.parametrize("task", ["recommend-myopic-v1", "pricing-v1"])
def test_the_value_of_the_run_is_the_value_of_the_table(run_folder, rlbench, tmp_path, task, form):
    runs = load_runs(run_folder / "runs.csv")
    mine = runs[(runs["task"] == task) & runs["variant"].str.endswith(form) & (runs["metric"] == "reward")]
    out = tmp_path / "log.parquet"
    code, said, err = rlbench(
        "score", run_folder / "models" / mine["run_id"].iloc[0], task, "--form", form, "--out", out
    )
    assert code == 0, err
    command = said.splitlines()[-1].split()
    assert command[:3] == ["rlbench", "ope", str(out)]
    gamma = float(command[command.index("--gamma") + 1]) if "--gamma" in command else 1.0
    log = read_log(out, gamma=gamma).log
    for name in ("snips", "ips"):
        of_run = mine.loc[mine["estimator"] == name, "value"].iloc[0]
        of_table = ope.estimate(log, name, interval="none").value
        assert of_table == pytest.approx(of_run, rel=1e-12, abs=1e-12, nan_ok=True), name
        # No logged action of a short log may be the greedy one; the others give weight to all.
        assert form == "greedy" or np.isfinite(of_run)
    assert rlbench(*command[1:], "--resamples", "50")[0] in (0, 1, 3)


def test_columns_add_up_and_several_policies_meet_in_one_table(run_folder, rlbench, tmp_path):
    runs = load_runs(run_folder / "runs.csv")
    model = run_folder / "models" / runs.loc[runs["algorithm"] == "dqn", "run_id"].iloc[0]
    task = runs.loc[runs["run_id"] == model.name, "task"].iloc[0]
    first, both = tmp_path / "first.parquet", tmp_path / "both.parquet"
    asked = ("--form", "softmax-0.3", "--column", "a", "--states", "--out", first)
    assert rlbench("score", model, task, *asked)[0] == 0
    code, out, err = rlbench("score", model, first, "--form", "softmax-0.3", "--column", "b", "--out", both, "--json")
    assert code == 0, err
    said, table = json.loads(out), pq.read_table(both).to_pandas()
    assert said["unscored"] == said["unknown"] == 0 and said["rows"] == len(table)
    # The same policy by the two ways: on the log of its run, and on the states of a table.
    assert table["b"].to_numpy() == pytest.approx(table["a"].to_numpy(), abs=1e-12)
    assert ((table["a"] >= 0) & (table["a"] <= 1)).all() and np.isfinite(table["reward"]).all()


def test_a_model_without_a_run_and_a_card_that_is_another(run_folder, rlbench, tmp_path):
    model = next((run_folder / "models").iterdir())
    code, _, err = rlbench("score", model, "no-such-card", "--out", tmp_path / "x.parquet")
    assert code == 2 and "no-such-card" in err and not (tmp_path / "x.parquet").exists()
    code, _, err = rlbench("score", tmp_path / "nowhere", "pricing-v1", "--out", tmp_path / "x.parquet")
    assert code == 2 and f"{tmp_path / 'nowhere'}" in err


def test_the_model_of_one_task_and_the_log_of_another(run_folder, rlbench, tmp_path):
    runs = load_runs(run_folder / "runs.csv")
    trained = runs[(runs["algorithm"] == "dqn") & (runs["task"] == "pricing-v1")]["run_id"].iloc[0]
    code, _, err = rlbench("score", run_folder / "models" / trained, "recommend-myopic-v1", "--out", tmp_path / "x.csv")
    assert code == 2 and "trained on pricing-v1, and recommend-myopic-v1 is another" in err
    code, _, err = rlbench("score", run_folder / "models" / trained, "pricing-v2", "--out", tmp_path / "x.csv")
    assert code == 2 and "Unknown card or task 'pricing-v2'. Did you mean 'pricing-v1'?" in err
    copy = shutil.copytree(run_folder / "models" / trained, tmp_path / "alone")
    code, _, err = rlbench("score", copy, "pricing-v1", "--out", tmp_path / "x.csv")
    assert code == 2 and "pricing-v1 is a task" in err and "Give models/<run id>" in err
