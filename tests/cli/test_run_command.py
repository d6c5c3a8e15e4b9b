"""`rlbench run`, as typed: exit codes, messages and what is left on disk."""

from __future__ import annotations

import json

import pytest

from rlbench_rec.results.read import load_runs

SCORING = """
kind = "estimators"
name = "scoring"
estimators = ["snips"]
episodes = [50]
logs = [2]
sources = [{ task = "tabular-v1", matched = ["myopic-mild"], mismatched = ["worst"] }]
"""
MIXED = """
name = "mixed"
seeds = [0]
estimators = ["snips"]
n_resamples = 100
truth_error = 0.2
algorithms = [{ id = "random" }]
sources = [{ dataset = "shop.toml", mdp = { gamma = 0.0 } }, { task = "tabular-v1", episodes = 50 }]
"""
CARD = """
id = "shop"
title = "A shop"
licence = "own"
citation = "none"
time_unit = "s"
action_source = "exposure"
propensity = "logged"
session = "row"
reward_weights = { click = 1.0 }
files = [{ pattern = "log.csv*" }]
columns = { timestamp = "t", item = "i", event = "e", propensity = "p" }
events = { click = "click" }
"""


@pytest.fixture
def here(tmp_path, monkeypatch, without_pictures):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "scoring.toml").write_text(SCORING)
    (tmp_path / "mixed.toml").write_text(MIXED)
    (tmp_path / "shop.toml").write_text(CARD)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("log.csv.gz", b"\x1f\x8b" + b"no gzip" * 20),
        ("log.csv", b""),
        ("log.csv", b"t,i,e,p\n1,1,click,7.5\n"),
        ("log.csv", b"a,b\n1,2\n"),
        ("log.csv", b"t,i,e,p\n1,1,click,0.5\n"),
    ],
    ids=["broken archive", "empty", "propensity", "columns", "one row"],
)
def test_a_bad_log_is_a_row_each_and_the_others_go_on(here, rlbench, in_this_process, name, content):
    (here / name).write_bytes(content)
    code, _, errors = rlbench("run", "mixed.toml", "--out", "out", "--jobs", 1, "--device", "cpu")
    assert code == 1 and "Traceback" not in errors
    runs = load_runs(here / "out" / "runs.csv")
    assert runs.loc[runs["dataset"] == "shop", "status"].str.startswith("failed: ").all()
    assert (runs.loc[runs["task"] == "tabular-v1", "status"] == "ok").all()
    assert set(runs["algorithm"]) == {"behaviour", "random"} and (here / "out" / "leaderboard.csv").is_file()


def lines_of(errors):
    """Of the refusal: a run may have said before what it checks."""
    first, *rest = errors.splitlines()
    return len(rest) if first.startswith("rlbench: Checking ") else 1 + len(rest)


@pytest.mark.parametrize(
    ("text", "arguments", "message"),
    [
        (MIXED, ("--resume", "--out", "otu"), "no run here to resume"),
        (MIXED, ("--resume",), "--resume needs --out"),
        (MIXED, ("--steps", 5), "--steps needs --dataset. A suite says it in its .toml file."),
        ("", ("--steps", "many"), "--steps: 'many' is not a number of training steps. Or give plateau."),
        ("", ("--steps", 0), "--steps: '0' is not a number of training steps."),
        (MIXED, ("--steps", "plateau"), "--steps needs --dataset."),
        (MIXED, ("--batch-size", 5), "--batch-size needs --dataset"),
        (
            MIXED.replace('{ id = "random" }', '{ id = "random" }, { id = "dqn" }').replace("= 50", "= 10"),
            ("--out", "out"),
            "tabular-v1: The log is too short to train on",
        ),
        (
            MIXED.replace('"tabular-v1"', '"tabular-v1", metrics = ["revenue"]'),
            (),
            "tabular-v1 has no metric 'revenue'",
        ),
        (MIXED.replace("seeds = [0]", "seeds = [1, 1]"), (), "seeds: 1 is named twice"),
        (
            MIXED.replace("seeds = [0]", "seeds = [-1]"),
            (),
            "bad.toml:3: seeds, first entry: must be at least 0",
        ),
        (
            MIXED.replace("episodes = 50", "task_config = { seed = 3 }"),
            (),
            "'seed' is not a parameter of a task; write task_seed",
        ),
        (
            SCORING.replace("matched", "task_config = { variant = 'judge' }, matched", 1),
            (),
            "'variant' is not a parameter",
        ),
        (MIXED.replace("episodes = 50", "task_config = { task_id = 'x' }"), (), "'task_id' is not a parameter"),
        ('kind = "bandits"\n' + MIXED, (), "kind: 'bandits' is neither of"),
        (MIXED + "steps = " + "9" * 5_000, (), "too many digits"),
        (MIXED + "x = " + "[" * 50_000, (), "nested too deeply"),
        (MIXED + "x = " + "{a=" * 50_000, (), "nested too deeply"),
    ],
)
def test_what_is_refused_is_one_message_exit_code_2_and_no_folder(here, rlbench, text, arguments, message):
    (here / "log.csv").write_text("t,i,e,p\n1,1,click,0.5\n")
    (here / "bad.toml").write_text(text)
    before = sorted(here.iterdir())
    code, out, errors = rlbench("run", "bad.toml", *(arguments or ("--out", "out")))
    assert (code, out) == (2, "") and message in errors and lines_of(errors) == 1 and len(errors) < 1_000
    assert sorted(here.iterdir()) == before


@pytest.mark.parametrize("rows", [[], ["1,1,click,0.5"], ["1,1,click,7"]], ids=["empty", "one row", "propensity"])
def test_a_bad_log_alone_is_refused_once_and_before_any_work(here, rlbench, rows):
    (here / "log.csv").write_text("\n".join(["t,i,e,p", *rows]) + "\n")
    code, out, errors = rlbench("run", "--dataset", "shop.toml", "--out", "refused", "--device", "cpu")
    assert (code, out, lines_of(errors)) == (2, "", 1) and not (here / "refused").exists()


def test_a_dataset_takes_steps_and_batch_size(here, rlbench, in_this_process):
    lines = [f"{row},{row % 3},click,{1 / 3}" for row in range(60)]
    (here / "log.csv").write_text("\n".join(["t,i,e,p", *lines]) + "\n")
    run = ("run", "--dataset", "shop.toml", "--seeds", 1, "--jobs", 1, "--device", "cpu", "--out")
    code, out, errors = rlbench(*run, "refused")
    assert (code, out, lines_of(errors)) == (2, "", 1) and not (here / "refused").exists()
    assert "shop: The log is too short to train on: its training side has 48 episodes of 48 rows, 36 of them" in errors
    code, _, errors = rlbench(*run, "out", "--steps", 3, "--batch-size", 16)
    assert code == 0, errors
    runs = load_runs(here / "out" / "runs.csv")
    assert (runs["status"] == "ok").all() and "dqn" in set(runs["algorithm"])
    config = json.loads((here / "out" / "manifest.json").read_text())["config"]
    assert (config["steps"], config["batch_size"]) == (3, 16)
    code, _, errors = rlbench(*run, "out", "--steps", 3, "--batch-size", 8, "--resume")
    assert code == 2 and "batch_size is 16 there and 8 here" in errors


def test_a_suite_file_with_a_byte_order_mark_is_read_and_fewer_logs_are_refused(here, rlbench, in_this_process):
    (here / "scoring.toml").write_text(SCORING, encoding="utf-8-sig")
    code, out, errors = rlbench("run", "scoring.toml", "--out", "out", "--jobs", 1)
    assert code == 0 and "tabular-v1, 50 sessions" in out, errors
    code, _, errors = rlbench("run", "scoring.toml", "--out", "out", "--jobs", 1, "--seeds", 1, "--resume")
    assert code == 2 and "logs are [2] there and [1] here, and they may only grow" in errors


def test_logs_that_fail_are_rows_too(here, rlbench, monkeypatch):
    from rlbench_rec.suite import runner
    from rlbench_rec.suite.kinds.estimators import jobs

    def in_this_process(function, batches, workers, **options):
        for number in range(len(batches)):
            batch = batches.popleft()
            if number == 1:
                monkeypatch.setattr(jobs, "evaluation_log", lambda *a, **k: 1 / 0)
            yield batch, function(batch)

    monkeypatch.setattr(runner, "execute_all", in_this_process)
    code, out, errors = rlbench("run", "scoring.toml", "--out", "out", "--jobs", 1)
    assert code == 1 and "tabular-v1, 50 sessions" in out
    assert "seed2" in errors and "failed: ZeroDivisionError: division by zero" in errors and "Traceback" not in errors


def test_where_every_job_fails_there_is_a_board_without_rows(here, rlbench, in_this_process):
    (here / "log.csv").write_bytes(b"")
    (here / "mixed.toml").write_text(MIXED.replace(', { task = "tabular-v1", episodes = 50 }', ""))
    code, _, errors = rlbench("run", "mixed.toml", "--out", "out", "--jobs", 1, "--device", "cpu")
    assert code == 1 and "Traceback" not in errors and "unexpected" not in errors
    assert len((here / "out" / "leaderboard.csv").read_text().splitlines()) == 1
    assert len(load_runs(here / "out" / "runs.csv")) == 2


def test_a_share_of_a_gpu_needs_a_cluster(tmp_path, rlbench):
    code, _, err = rlbench("run", "--gpu-share", 0.5, "--out", tmp_path / "out")
    assert code == 2 and "--gpu-share: Shares of a GPU are those of a Ray cluster. Give --ray too." in err
    assert not (tmp_path / "out").exists()
