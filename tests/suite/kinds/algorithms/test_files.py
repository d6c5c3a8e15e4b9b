"""Rows of a suite that are files of recommendations."""

from __future__ import annotations

import shutil

import numpy as np
import pandas as pd
import pytest

from rlbench_rec import events, mdp, policies
from rlbench_rec.errors import DataWarning, InputError, MissingFileError
from rlbench_rec.suite import Suite
from rlbench_rec.suite.execute import execute
from rlbench_rec.suite.kinds.algorithms.check import check
from rlbench_rec.suite.kinds.algorithms.jobs import plan
from rlbench_rec.suite.listings import policies as policies_listed

CARD = """
id = "my-shop"
title = "A shop of our own"
licence = "ours"
citation = "none"
time_unit = "s"
action_source = "choice"
propensity = "none"
session = "given"
reward_weights = { view = 0.1 }
events = { view = "view" }
columns = { timestamp = "t", session = "s", user = "u", item = "i", event = "e" }
files = [{ pattern = "log.csv" }]
"""
OPEN_BANDIT = {"dataset": "open-bandit-sample/random-all"}


@pytest.fixture
def shop(tmp_path):
    """Two hundred sessions of four views that walk round ten items, mostly by one, of the users 7 and 8."""
    rng = np.random.default_rng(0)
    (tmp_path / "shop.toml").write_text(CARD)
    steps = rng.choice([1, 1, 1, 3], size=(200, 4)).cumsum(axis=1) % 10 + 1
    rows = [f"{100 * s + k},{s},{7 + s % 2},{steps[s, k]},view" for s in range(200) for k in range(4)]
    (tmp_path / "log.csv").write_text("\n".join(["t,s,u,i,e", *rows]) + "\n")
    return tmp_path


def suite(*algorithms: dict[str, object], source: dict[str, object]) -> Suite:
    fit = {"seeds": [0], "steps": 20, "batch_size": 32, "n_resamples": 100, "fqe_steps": 5, "estimators": ["snips"]}
    return Suite(name="tiny", sources=[source], algorithms=list(algorithms), **fit)


def rows_of(tiny: Suite) -> pd.DataFrame:
    (*_, job) = plan(tiny, "cpu")
    (result,) = execute([job])
    return pd.DataFrame(result.rows)


def test_a_baselines_own_recommendations_have_its_rows(shop):
    """Of a log of choices: estimates and next-item metrics. `file` is a file's name, whatever its folder."""
    source = {"dataset": str(shop / "shop.toml"), "data": str(shop), "mdp": {"history": 2}}
    data = mdp.build(events.load(str(shop / "shop.toml"), shop), mdp.MDPConfig(history=2), keep_names=True)
    chances = policies.on_log(policies.make("item-knn", data.split()[0]), data)
    frame = pd.DataFrame({"step": np.repeat(np.tile(np.arange(4), data.n_episodes), data.action_count)})
    frame["session_id"] = np.repeat(np.repeat(data.session_names.astype(int), 4), data.action_count)
    frame["item_id"], frame["probability"] = np.tile(np.array(data.action_names).astype(int), 800), chances.ravel()
    frame.to_parquet(shop / "recs.parquet")

    its = rows_of(suite({"id": "item-knn"}, source=source))
    mine = rows_of(suite({"id": f"file:{shop / 'recs.parquet'}"}, source=source))
    assert set(mine["algorithm"]) == set(mine["policy"]) == {"file:recs.parquet"}
    assert set(mine["metric"]) > {"reward", "HR@10", "NDCG@10"}
    assert its.metric.tolist() == mine.metric.tolist() and its.verdict.tolist() == mine.verdict.tolist()
    np.testing.assert_allclose(mine.value, its.value, atol=1e-6)
    np.testing.assert_allclose(mine.ci_low, its.ci_low, atol=1e-6)


def test_estimates_on_an_exposure_log_and_what_the_file_leaves_out(tmp_path):
    path = tmp_path / "recs.csv"
    path.write_text("session,item,score\n" + "".join(f"{s},{i},{i}\n" for s in range(8_000, 9_000) for i in (3, 4)))
    with pytest.warns(
        DataWarning, match=r"file:recs\.csv: it recommends something for 50\.0% of the test decisions of"
    ):
        rows = rows_of(suite({"id": f"file:{path}"}, source=OPEN_BANDIT))
    (row,) = rows.to_dict("records")
    assert (row["estimator"], row["status"], row["variant"]) == ("snips", "ok", "fixed")
    assert 0.0 <= row["value"] < 0.05 and row["identification"] == "identified"


def test_a_job_is_known_by_what_is_in_the_file(tmp_path):
    def run_id(path, **more) -> str:
        return plan(suite({"id": f"file:{path}", **more}, source=OPEN_BANDIT))[-1].run_id

    path, moved = tmp_path / "recs.csv", tmp_path / "elsewhere" / "recs.csv"
    moved.parent.mkdir()
    path.write_text("session,item,score\n1,3,1\n")
    shutil.copy(path, moved)
    first = run_id(path)
    assert "file-recs.csv" in first and first == run_id(moved) and first != run_id(path, config={"explore": 0.1})
    path.write_text("session,item,score\n1,4,1\n")
    assert run_id(path) != first
    with pytest.raises(InputError, match=r"Two are called file:recs.csv.*Give each a `label`"):
        plan(suite({"id": f"file:{path}"}, {"id": f"file:{moved}"}, source=OPEN_BANDIT))
    labelled = suite({"id": f"file:{path}"}, {"id": f"file:{moved}", "label": "old"}, source=OPEN_BANDIT)
    assert [job.spec.label for job in plan(labelled)[1:]] == ["", "old"]


def test_ids_of_other_rows_are_what_they_were():
    algorithm = plan(suite({"id": "popularity"}, source=OPEN_BANDIT))[-1].settings["algorithm"]
    assert algorithm["id"] == "popularity" and "file_sha256" not in algorithm


def test_what_is_refused_before_any_work(tmp_path):
    with pytest.raises(MissingFileError, match="a path in a suite begins in the folder that you run it in"):
        check(suite({"id": "file:none.csv"}, source=OPEN_BANDIT))
    path = tmp_path / "recs.csv"
    path.write_text("session,item,score\n1,3,1\n1,3,2\n")
    with pytest.raises(InputError, match="stands twice"):
        check(suite({"id": f"file:{path}"}, source=OPEN_BANDIT))
    path.write_text("session,item,score\n1,3,1\n")
    check(suite({"id": f"file:{path}", "config": {"explore": 0.5}}, source=OPEN_BANDIT))
    with pytest.raises(InputError, match="Unknown field 'epsilon'"):
        check(suite({"id": f"file:{path}", "config": {"epsilon": 0.5}}, source=OPEN_BANDIT))
    with pytest.raises(InputError, match="the suite has tasks alone"):
        check(suite({"id": f"file:{path}"}, source={"task": "recommend-v1"}))


def test_a_task_beside_a_log_says_why_it_has_no_row(tmp_path):
    path = tmp_path / "recs.csv"
    path.write_text("session,item,score\n1,3,1\n")
    (row,) = rows_of(suite({"id": f"file:{path}"}, source={"task": "tabular-v1", "episodes": 50})).to_dict("records")
    assert row["status"].startswith("failed:") and "no names" in row["status"] and row["algorithm"] == "file:recs.csv"


def test_it_is_listed_among_the_policies():
    row = policies_listed()[-1]
    assert row["id"] == "file:PATH" and row["settings"] == "temperature = None, explore = 0.0"
    assert row["what it is"] == "What any other library recommends, from a Parquet or CSV file."


def test_the_command_says_it_in_one_line(tmp_path, rlbench):
    (tmp_path / "suite.toml").write_text(
        'name = "files"\nsources = [{ dataset = "open-bandit-sample/random-all" }]\n'
        f'algorithms = [{{ id = "file:{tmp_path}/recs.csv" }}]\n'
    )
    (tmp_path / "recs.csv").write_text("session,item,score\n1,3,nan\n")
    code, _, errors = rlbench("run", tmp_path / "suite.toml", "--out", tmp_path / "out")
    assert code == 2 and "recs.csv: Row 1 has the score 'nan'." in errors.splitlines()[-1] and errors.count("\n") <= 2
    assert not (tmp_path / "out").exists()
