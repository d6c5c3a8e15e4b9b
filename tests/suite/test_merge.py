"""Parts of a run that were made in folders of their own, as one run."""

from __future__ import annotations

import json
import shutil

import pytest

from rlbench_rec.errors import InputError, MissingFileError
from rlbench_rec.suite import Suite, merge_runs, run_suite
from rlbench_rec.suite.lock import hold
from rlbench_rec.suite.store import _checksum

SUITE = Suite(
    name="tiny",
    sources=[{"task": "tabular-v1", "episodes": 60}],
    algorithms=[{"id": "random"}],
    replicates=3,
    estimators=["snips"],
    n_resamples=100,
    truth_error=0.2,
)
TIMES = ("timings.csv", "manifest.json")
pytestmark = pytest.mark.usefixtures("in_this_process", "without_pictures")


def made(suite, folder, part=None):
    return run_suite(suite, folder, device="cpu", workers=1, part=part)


@pytest.fixture(scope="module")
def whole(tmp_path_factory, jobs_in_this_process, no_pictures):
    """The run in one folder."""
    folder = tmp_path_factory.mktemp("merge") / "whole"
    with jobs_in_this_process(), no_pictures():
        made(SUITE, folder)
    return folder


@pytest.fixture(scope="module")
def parts(tmp_path_factory, jobs_in_this_process, no_pictures):
    """The same in two folders; the second part has one shop of three."""
    folders = [tmp_path_factory.mktemp("merge") / f"part-{number}" for number in (1, 2)]
    with jobs_in_this_process(), no_pictures():
        for number, folder in enumerate(folders, 1):
            made(SUITE, folder, (number, 2))
    return folders


def rewrite(stored, change):
    """A stored job with something else in it, and a checksum that fits."""
    content = json.loads(stored.read_text())
    del content["checksum"]
    change(content)
    stored.write_text(json.dumps(content | {"checksum": _checksum(content)}))


def files_of(folder):
    kept = (path for path in folder.rglob("*") if path.is_file() and "jobs" not in path.parts)
    return {str(path.relative_to(folder)): path.read_bytes() for path in kept if path.name not in TIMES}


def test_merged_parts_have_the_bytes_of_a_run_in_one(whole, parts, tmp_path):
    before = [files_of(part) for part in parts]
    finished = merge_runs([*reversed(parts), parts[0]], tmp_path / "merged")
    assert not finished.missing and len(finished.results) == 6
    assert files_of(tmp_path / "merged") == files_of(whole)
    assert [files_of(part) for part in parts] == before
    manifest = json.loads((tmp_path / "merged" / "manifest.json").read_text())
    assert manifest["complete"] and manifest["config"] == json.loads((whole / "manifest.json").read_text())["config"]
    assert len((tmp_path / "merged" / "timings.csv").read_text().splitlines()) == 1 + 6


def test_what_is_missing_is_done_by_a_resumed_run(whole, parts, tmp_path):
    finished = merge_runs(parts[:1], tmp_path / "merged")
    assert finished.missing == 2
    assert json.loads((tmp_path / "merged" / "manifest.json").read_text())["complete"] is False
    run_suite(SUITE, tmp_path / "merged", device="cpu", workers=1, resume=True)
    assert files_of(tmp_path / "merged") == files_of(whole)


def test_a_part_is_merged_into_another(whole, parts, tmp_path):
    shutil.copytree(parts[0], tmp_path / "first")
    assert not merge_runs([tmp_path / "first", parts[1]], tmp_path / "first").missing
    assert files_of(tmp_path / "first") == files_of(whole)


def test_what_jobs_keep_comes_along(parts, tmp_path):
    part = shutil.copytree(parts[1], tmp_path / "part")
    run_id = next((part / "jobs").glob("*.random.*.json")).stem
    for name in (f"models/{run_id}/model.pt", "models/of-an-interrupted-job/model.pt", "references/1.json"):
        (part / name).parent.mkdir(parents=True, exist_ok=True)
        (part / name).write_text(name)
    merge_runs([part], tmp_path / "merged")
    assert (tmp_path / "merged" / "models" / run_id / "model.pt").is_file()
    assert (tmp_path / "merged" / "references" / "1.json").is_file()
    assert not (tmp_path / "merged" / "models" / "of-an-interrupted-job").exists()


def test_a_failed_job_is_missing(parts, tmp_path):
    part = shutil.copytree(parts[1], tmp_path / "part")
    stored = next((part / "jobs").glob("*.random.*.json"))
    rewrite(stored, lambda content: content["result"]["rows"][0].update(status="failed: no memory"))
    assert merge_runs([parts[0], part], tmp_path / "merged").missing == 1


def test_parts_of_other_runs_are_refused_and_nothing_is_written(parts, tmp_path):
    other = tmp_path / "other"
    made(SUITE.model_copy(update={"truth_error": 0.3}), other, (2, 2))
    out = tmp_path / "merged"
    with pytest.raises(InputError, match=r"another suite: truth_error is 0\.3 there and 0\.2 here"):
        merge_runs([parts[0], other], out)
    with pytest.raises(InputError, match="nothing to merge"):
        merge_runs([], out)
    with pytest.raises(MissingFileError, match="no such folder"):
        merge_runs([parts[0], tmp_path / "nowhere"], out)
    with pytest.raises(InputError, match="Another process works"), hold(tmp_path / "busy"):
        shutil.copytree(parts[1], tmp_path / "busy", dirs_exist_ok=True)
        merge_runs([parts[0], tmp_path / "busy"], out)
    assert not out.exists()


def test_jobs_that_other_code_made_are_refused(parts, tmp_path):
    part = shutil.copytree(parts[1], tmp_path / "part")
    stored = next((part / "jobs").glob("*.json"))
    rewrite(stored, lambda content: content["stamp"]["libraries"].update(numpy="0.9"))
    with pytest.raises(InputError, match="1 of 2 jobs are not of this run: other versions of libraries"):
        merge_runs([parts[0], part], tmp_path / "merged")
    stored.write_text("{")
    with pytest.raises(InputError, match="damaged"):
        merge_runs([parts[0], part], tmp_path / "merged")
    assert not (tmp_path / "merged").exists()
