"""A run is done again: an honest one passes, whatever was changed in a false one is found."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from rlbench_rec.audit.run_folder import missing_files, read_run_folder
from rlbench_rec.audit.verify import verify
from rlbench_rec.errors import InputError, MissingFileError

pytestmark = pytest.mark.usefixtures("in_this_process", "without_pictures")
ALL = 50


@pytest.fixture
def on_one_machine(monkeypatch):
    monkeypatch.setattr(sys.modules[verify.__module__], "differences_from", lambda *arguments, **options: [])


def test_every_row_of_an_honest_run_comes_out_again(tiny_run, on_one_machine):
    found = verify(tiny_run, ALL, seed=1)
    assert found.passed and not found.circumstances and not found.missing
    assert {job.verdict for job in found.jobs} == {"same"} and len(found.jobs) == 4
    verdicts = {table.name: table.verdict for table in found.tables}
    assert verdicts["leaderboard.csv"] == "same" and set(verdicts.values()) == {"same"}


def test_the_seed_draws_the_same_jobs_and_each_one_once(tiny_run, in_this_process):
    first, second = (verify(tiny_run, 2, seed=7) for _ in range(2))
    assert [job.job for job in first.jobs] == [job.job for job in second.jobs]
    assert len(set(in_this_process)) == 2 and first.seed == 7
    assert verify(tiny_run, 1).seed != verify(tiny_run, 1).seed


@pytest.mark.parametrize(
    "cells",
    [
        {"value": lambda row: row["ci_high"] + 3 * (row["ci_high"] - row["ci_low"])},
        {"ci_low": -1e6, "ci_high": 1e6},
        {"seed": 3},
        {"n_episodes": 59},
    ],
    ids=["value", "interval", "seed", "episodes"],
)
def test_a_changed_row_fails(falsify, cells):
    found = verify(falsify("random", "snips", **cells), ALL, seed=0)
    failing = [job for job in found.jobs if job.verdict == "fails"]
    assert not found.passed and len(failing) == 1 and "random" in failing[0].job
    assert "snips" in failing[0].why


def test_on_the_run_s_own_machine_the_last_digit_counts(falsify, on_one_machine):
    folder = falsify("dqn", "truth", value=lambda row: row["value"] * (1 + 1e-12))
    assert not verify(folder, ALL, seed=0).passed


def test_a_row_that_was_left_out_fails(copy):
    lines = (copy / "runs.csv").read_text().splitlines(keepends=True)
    gone = next(i for i, line in enumerate(lines) if ",constant," in line and ",snips," in line)
    (copy / "runs.csv").write_text("".join(lines[:gone] + lines[gone + 1 :]))
    found = verify(copy, ALL, seed=0)
    assert not found.passed and "comes out and is not printed" in "".join(job.why for job in found.jobs)


def test_a_leaderboard_that_does_not_follow_from_the_rows_fails(copy, on_one_machine):
    path = copy / "leaderboard.csv"
    header, first, *rest = path.read_text().splitlines()
    path.write_text(
        "\n".join([header, first.replace("weak", "trusted").replace("unreliable", "trusted"), *rest]) + "\n"
    )
    found = verify(copy, 1, seed=0)
    board = next(table for table in found.tables if table.name == "leaderboard.csv")
    assert not found.passed and board.verdict == "differs" and board.why.startswith("row 1: ")


def edit_manifest(folder: Path, change) -> None:
    path = folder / "manifest.json"
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def test_other_code_is_said_and_compared_by_interval(copy):
    edit_manifest(copy, lambda content: content["code"].update(dirty=False, package={"commit": "f" * 40}))
    edit_manifest(copy, lambda content: content["versions"].update(numpy="1.0"))
    edit_manifest(copy, lambda content: content["machine"].update(cpu="Another One"))
    found = verify(copy, 1, seed=0)
    said = "; ".join(found.circumstances)
    assert "commit ffffffffff" in said and "numpy 1.0 there" in said and "Another One there" in said
    assert found.passed


def test_a_plugin_is_not_imported_because_a_folder_names_it(copy, tmp_path, monkeypatch):
    (tmp_path / "evil_plugin.py").write_text("raise SystemExit('imported')")
    monkeypatch.syspath_prepend(tmp_path)
    edit_manifest(copy, lambda content: content["config"].update(plugins=["evil_plugin"]))
    found = verify(copy, ALL, seed=0)
    assert not found.passed and {job.verdict for job in found.jobs} == {"not checked"}
    assert "evil_plugin" not in sys.modules and "--plugin evil_plugin" in found.jobs[0].why


def test_a_job_without_its_data_is_not_checked(copy, in_this_process):
    source = {"dataset": "taobao", "data": "/nowhere"}
    edit_manifest(copy, lambda content: content["config"]["sources"].append(source))
    text = (copy / "runs.csv").read_text()
    (copy / "runs.csv").write_text(text.replace("pricing-v1.random", "taobao.random"))
    found = verify(copy, ALL, seed=0)
    states = {job.job.split(".")[0] + "." + job.job.split(".")[1]: job for job in found.jobs}
    assert states["taobao.random"].verdict == "not checked" and "data are not here" in states["taobao.random"].why
    assert states["pricing-v1.constant"].verdict != "not checked"


def test_what_is_not_a_run_is_refused(copy, tmp_path):
    with pytest.raises(MissingFileError, match="no such manifest"):
        verify(tmp_path / "none")
    edit_manifest(copy, lambda content: content["config"].update(stepz=1))
    with pytest.raises(InputError, match="There is no key 'stepz'"):
        verify(copy)
    (copy / "manifest.json").write_text("[]")
    with pytest.raises(InputError, match="which suite"):
        verify(copy)


def test_no_rows_are_refused(tiny_run):
    with pytest.raises(InputError, match="0 rows"):
        verify(tiny_run, 0)


def test_the_command(rlbench, tiny_run, falsify):
    code, out, err = rlbench("verify", tiny_run, "--rows", 1, "--seed", 3)
    assert code == 0 and "Verified: 1 of 1 jobs" in out and "--seed 3" in err
    folder = falsify("constant", "snips", value=1e9)
    code, out, _ = rlbench("verify", folder, "--rows", ALL, "--seed", 3)
    assert code == 1 and "FAILED" in out and "value is 1000000000.0 there" in out
    code, out, _ = rlbench("verify", folder, "--rows", ALL, "--seed", 3, "--json")
    found = json.loads(out)
    assert code == 1 and found["passed"] is False and len(found["jobs"]) == 4
    assert rlbench("verify", folder.parent)[0] == 2


def test_files_that_a_committed_folder_needs(copy):
    (copy / "timings.csv").unlink()
    run = read_run_folder(copy)
    old = type(run)(**{**vars(run), "manifest": {"schema_version": 4}})
    new = type(run)(**{**vars(run), "manifest": {"schema_version": 5}})
    assert missing_files(old) == [] and missing_files(new) == ["timings.csv"]
