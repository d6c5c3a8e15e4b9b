"""A run reports to a callback and to `logging`, and prints nothing by itself."""

import logging

import pytest

from rlbench_rec.suite.kinds.estimators.config import EstimatorSuite
from rlbench_rec.suite.progress import JobFinished, RunFinished, RunStarted
from rlbench_rec.suite.runner import run_suite

SCORING = EstimatorSuite(
    kind="estimators",
    name="scoring",
    sources=[{"task": "tabular-v1", "matched": ["careless"], "mismatched": ["worst"]}],
    estimators=["ips"],
    episodes=[20],
    logs=[3],
    truth_error=0.5,
)


pytestmark = pytest.mark.usefixtures("in_this_process", "without_pictures")


def test_nothing_is_printed_and_everything_is_logged(tmp_path, capsys, caplog):
    with caplog.at_level(logging.INFO, logger="rlbench_rec"):
        run_suite(SCORING, tmp_path / "out")
    assert capsys.readouterr() == ("", "")
    lines = [record.getMessage() for record in caplog.records if record.name == "rlbench_rec.suite.progress"]
    assert lines[0].startswith(f"Running scoring in {tmp_path / 'out'}: 3 of 3 jobs to do.")
    assert [line.partition(" ")[0] for line in lines[1:4]] == ["[1/3]", "[2/3]", "[3/3]"]
    assert lines[4] == f"Writing tables and pictures of 3 jobs to {tmp_path / 'out'}."
    assert lines[5].startswith("Finished ") and len(lines) == 6


def test_jobs_that_were_kept_are_counted_as_done(tmp_path):
    run_suite(SCORING, tmp_path)
    events = []
    run_suite(SCORING.model_copy(update={"logs": [4]}), str(tmp_path), resume=True, progress=events.append)
    assert events[0] == RunStarted("scoring", tmp_path, 4, 3, {}) and events[0].repetition == ""
    assert (events[1].done, events[1].jobs) == (4, 4) and len(events) == 4


def test_a_job_that_fails_is_an_event_with_its_reason(tmp_path, monkeypatch):
    monkeypatch.setattr("rlbench_rec.suite.kinds.estimators.jobs.make_task", lambda source: 1 / 0)
    monkeypatch.setattr("rlbench_rec.suite.kinds.estimators.check.check", lambda suite: None)
    events = []
    run_suite(SCORING, tmp_path, progress=events.append)
    jobs = [event for event in events if isinstance(event, JobFinished)]
    assert all(event.failed and "division by zero" in event.status for event in jobs) and len(jobs) == 3
    assert isinstance(events[-1], RunFinished) and events[-1].failed == 3


def test_a_callback_that_raises_ends_the_run_and_keeps_what_finished(tmp_path):
    def stop(event):
        if isinstance(event, JobFinished):
            raise StopIteration("enough")

    with pytest.raises(StopIteration, match="enough"):
        run_suite(SCORING, tmp_path, progress=stop)
    assert (tmp_path / "estimates.csv").is_file() and len(list((tmp_path / "jobs").iterdir())) == 1
    events = []
    run_suite(SCORING, tmp_path, resume=True, progress=events.append)
    assert events[0].kept == 1


def test_a_suite_may_be_a_name_or_a_path_and_the_folder_has_a_default(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = 'kind = "estimators"\nname = "mine"\nepisodes = [20]\nlogs = [1]\nestimators = ["ips"]\ntruth_error = 0.5\n'
    source = '[[sources]]\ntask = "tabular-v1"\nmatched = ["careless"]\nmismatched = ["worst"]\n'
    (tmp_path / "mine.toml").write_text(text + source)
    for suite in ("mine.toml", tmp_path / "mine.toml"):
        finished = run_suite(suite, None if suite == "mine.toml" else tmp_path / "out")
        assert (finished.folder / "estimators.csv").is_file()
    assert [path.name[:5] for path in (tmp_path / "runs").iterdir()] == ["mine-"]
