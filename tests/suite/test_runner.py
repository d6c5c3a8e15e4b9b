"""Running a small suite for real: worker processes, files, resuming, failures."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from rlbench_rec.errors import InputError, OutputError
from rlbench_rec.results.read import load_leaderboard, load_runs, read_table
from rlbench_rec.results.schema import SELECTION, SELECTION_KEYS
from rlbench_rec.suite import Suite
from rlbench_rec.suite.progress import ProgressEvent, RunFinished, RunStarted, TablesStarted
from rlbench_rec.suite.runner import run_suite
from rlbench_rec.training import load

SUITE = Suite(
    name="tiny",
    sources=[{"task": "recommend-v1", "episodes": 120, "metrics": ["CTR"]}],
    algorithms=[
        {"id": "random"},
        {"id": "bc"},
        {"id": "dqn"},
        {"id": "dqn", "label": "gamma-0", "config": {"gamma": 0.0}},
    ],
    seeds=[0],
    estimators=["snips", "dr"],
    steps=20,
    batch_size=32,
    fqe_steps=10,
    n_resamples=100,
    truth_error=0.2,
)
FILES = {"runs.csv", "leaderboard.csv", "timings.csv", "curves.csv", "manifest.json"}


EVENTS: list[ProgressEvent] = []


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    EVENTS.clear()
    folder = tmp_path_factory.mktemp("suite") / "out"
    return run_suite(SUITE, folder, device="cpu", workers=2, progress=EVENTS.append)


def test_progress_is_told_of_every_job_and_of_both_ends(finished):
    first, *jobs, tables, last = EVENTS
    assert first == RunStarted("tiny", finished.folder, 6, 0, {}) and isinstance(last, RunFinished)
    assert {event.run_id for event in jobs} == {result.run_id for result in finished.results}
    assert [event.done for event in jobs] == [1, 2, 3, 4, 5, 6] and not any(event.failed for event in jobs)
    assert isinstance(tables, TablesStarted)
    assert (last.folder, last.failed) == (finished.folder, 0)


def test_all_files_are_there_and_valid(finished):
    assert {path.name for path in finished.folder.iterdir()} >= FILES
    assert any(finished.folder.rglob("*.png"))
    runs, board = load_runs(finished.folder / "runs.csv"), load_leaderboard(finished.folder / "leaderboard.csv")
    assert (runs["status"] == "ok").all() and not finished.failures
    assert set(runs["algorithm"]) == {"behaviour", "random", "bc", "dqn"}
    assert set(runs["estimator"]) == {"truth", "snips", "dr", "on-policy"}
    assert set(runs["metric"]) == {"reward", "CTR"}
    assert {"mlp/greedy", "mlp/softmax-0.3", "mlp/best/softmax-0.3", "mlp/best/greedy", "mlp/gamma-0/greedy"} <= set(
        board["variant"]
    )
    selection = read_table(finished.folder / "selection.csv", SELECTION, SELECTION_KEYS)
    assert {"oracle", "trusted", "behaviour", "best-checkpoint/greedy"} <= set(selection["rule"])
    assert (selection.loc[selection["rule"] == "oracle", "regret"] == 0).all() and (selection["regret"] >= 0).all()


def test_every_doubly_robust_row_says_its_q(finished):
    for rows in (load_runs(finished.folder / "runs.csv"), load_leaderboard(finished.folder / "leaderboard.csv")):
        assert set(rows.loc[rows["estimator"] == "dr", "q"]) == {"fqe"}
        assert set(rows.loc[rows["estimator"] != "dr", "q"]) == {""}


def test_every_estimate_stands_beside_the_truth(finished):
    runs = load_runs(finished.folder / "runs.csv")
    assert runs["true_value"].notna().all()
    one = runs[(runs["algorithm"] == "random") & (runs["metric"] == "reward")]
    assert len(set(one["true_value"])) == 1


def test_trained_runs_are_kept(finished):
    trained = {path.name for path in (finished.folder / "models").iterdir()}
    runs = load_runs(finished.folder / "runs.csv")
    ids = dict(zip(runs["variant"], runs["run_id"], strict=True))
    assert trained == set(runs.loc[runs["variant"].str.startswith("mlp/"), "run_id"]) and len(trained) == 3
    run = load(finished.folder / "models" / ids["mlp/gamma-0/greedy"])
    assert run.config.gamma == 0.0 and run.steps == 20


def test_the_manifest_says_what_it_takes_to_repeat(finished):
    manifest = json.loads((finished.folder / "manifest.json").read_text())
    assert manifest["complete"] is True and manifest["config"]["name"] == "tiny"
    assert manifest["versions"]["d3rlpy"] and set(manifest["data_sha256"]) == {"recommend-v1"}


def test_same_seeds_same_bytes_whatever_the_number_of_processes(finished, tmp_path, in_this_process, without_pictures):
    # Two worker processes there; all jobs in one here.
    again = run_suite(SUITE, tmp_path / "again", device="cpu", workers=1)
    for name in ("leaderboard.csv", "runs.csv", "curves.csv"):
        assert (again.folder / name).read_bytes() == (finished.folder / name).read_bytes(), name


def test_resume_runs_only_what_is_missing(finished, tmp_path, in_this_process, without_pictures):
    import shutil

    folder = tmp_path / "copy"
    shutil.copytree(finished.folder, folder)
    kept = sorted((folder / "jobs").glob("*.json"))
    before = {path: path.stat().st_mtime_ns for path in kept}
    kept[0].unlink()
    kept[1].write_text("{ half a resu")
    run_suite(SUITE, folder, device="cpu", workers=1, resume=True)
    assert len(in_this_process) == 2
    untouched = [path for path in kept[2:] if path.stat().st_mtime_ns == before[path]]
    assert len(untouched) == len(kept) - 2
    assert (folder / "leaderboard.csv").read_bytes() == (finished.folder / "leaderboard.csv").read_bytes()


def test_a_job_that_fails_is_a_row_with_its_reason(tmp_path, in_this_process, without_pictures):
    diverges = SUITE.algorithms[2].model_copy(update={"config": {"learning_rate": 1e30}})
    suite = SUITE.model_copy(update={"algorithms": [SUITE.algorithms[0], diverges]})
    finished = run_suite(suite, tmp_path / "out", device="cpu", workers=1)
    runs = pd.read_csv(finished.folder / "runs.csv")
    failed = runs[runs["status"] != "ok"]
    assert list(failed["algorithm"]) == ["dqn"] and len(finished.failures) == 1
    assert failed["status"].iloc[0].startswith("failed: ") and "loss" in failed["status"].iloc[0]
    assert "random" in set(load_leaderboard(finished.folder / "leaderboard.csv")["algorithm"])


def test_a_used_folder_is_refused_and_left_alone(tmp_path):
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(InputError, match=r"not empty.*--resume"):
        run_suite(SUITE, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


@pytest.mark.parametrize(("device", "why"), [("tpu", "Unknown device"), ("cuda:99", "torch sees")])
def test_a_device_that_is_not_there_is_refused_before_any_work(tmp_path, device, why):
    with pytest.raises(InputError, match=why):
        run_suite(SUITE, tmp_path / "out", device=device)
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="file"):
        run_suite(SUITE, tmp_path / "file" / "out")
    with pytest.raises(OutputError, match="not a folder"):
        run_suite(SUITE, tmp_path / "file")
