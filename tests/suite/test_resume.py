"""Resuming keeps what is the same in every respect, does the rest again and says so, and refuses another run."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import pytest

from rlbench_rec.errors import InputError
from rlbench_rec.results.read import load_runs
from rlbench_rec.suite import Suite, jobs, runner, sources, stamp
from rlbench_rec.suite.fingerprints import UNKNOWN, Content
from rlbench_rec.suite.kinds.algorithms.jobs import plan
from rlbench_rec.suite.kinds.estimators.config import EstimatorSuite
from rlbench_rec.suite.runner import run_suite

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
files = [{ pattern = "log.csv" }]
columns = { timestamp = "t", item = "i", event = "e", propensity = "p" }
events = { impression = "impression", click = "click" }
"""
TABLES = ("runs.csv", "leaderboard.csv")
SCORING = EstimatorSuite(
    kind="estimators",
    name="scoring",
    sources=[{"task": "tabular-v1", "matched": ["myopic-mild"], "mismatched": ["worst"]}],
    estimators=["snips"],
    episodes=[50, 100],
    logs=[2, 1],
)


@pytest.fixture
def shop(tmp_path):
    """A card and its log of 80 impressions of two banners."""
    return write_shop(tmp_path / "shop")


def write_shop(folder):
    folder.mkdir()
    rows = "".join(f"{10_000 * k},{k % 2},{'click' if k % 3 == 0 else 'impression'},0.5\n" for k in range(80))
    (folder / "log.csv").write_text("t,i,e,p\n" + rows)
    (folder / "shop.toml").write_text(CARD)
    return folder


@pytest.fixture
def suite(shop):
    return suite_of(shop)


def suite_of(shop):
    """Three jobs on the log (the behaviour policy among them), three on a simulated shop."""
    return Suite(
        name="tiny",
        sources=[{"dataset": str(shop / "shop.toml")}, {"task": "tabular-v1", "episodes": 50}],
        algorithms=[{"id": "random"}, {"id": "popularity"}],
        seeds=[0],
        estimators=["snips"],
        n_resamples=100,
        truth_error=0.2,
    )


@pytest.fixture
def run(in_this_process, without_pictures):
    """Runs a suite in this process; gives the names of the jobs that were done."""

    def call(suite, folder, **options):
        in_this_process.clear()
        sources._load.cache_clear()
        run_suite(suite, folder, device="cpu", workers=1, progress=print, **options)
        return list(in_this_process)

    return call


def tables(folder, names=TABLES):
    return [(folder / name).read_bytes() for name in names]


LOG = ["shop.behaviour.mlp.seed0", "shop.random.mlp.seed0", "shop.popularity.mlp.seed0"]


def test_nothing_is_done_again_where_nothing_changed(run, suite, shop, tmp_path, capsys):
    assert len(run(suite, tmp_path / "out")) == 6
    before = tables(tmp_path / "out")
    # Neither words nor the places of files are part of it.
    (shop / "shop.toml").write_text(CARD.replace("A shop", "A shop by the sea"))
    shutil.move(shop, tmp_path / "moved")
    source = suite.sources[0].model_copy(update={"dataset": str(tmp_path / "moved" / "shop.toml")})
    moved = suite.model_copy(update={"description": "new words", "sources": [source, suite.sources[1]]})
    assert run(moved, tmp_path / "out", resume=True) == []
    assert tables(tmp_path / "out") == before and "done again" not in capsys.readouterr().out


def edit_rewards(shop):
    (shop / "shop.toml").write_text(CARD.replace("click = 1.0", "click = 3.0"))


def edit_mapping(shop):
    (shop / "shop.toml").write_text(CARD.replace('impression = "impression"', 'impression = "view"'))


def edit_rows(shop):
    log = shop / "log.csv"
    log.write_text(log.read_text().replace("impression,0.5", "click,0.5", 5))


def add_rows(shop):
    with (shop / "log.csv").open("a") as log:
        log.write("900000,1,click,0.5\n")


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (edit_rewards, "another card (3)"),
        (edit_mapping, "another card (3)"),
        (edit_rows, "other data (3)"),
        (add_rows, "other data (3)"),
    ],
)
def test_a_log_or_card_that_was_edited_in_between(run, suite, shop, tmp_path, capsys, edit, said):
    run(suite, tmp_path / "out")
    old = {path.name for path in (tmp_path / "out" / "jobs").iterdir()}
    edit(shop)
    assert run(suite, tmp_path / "out", resume=True) == LOG
    assert f"3 of 6 stored jobs are done again: {said}." in capsys.readouterr().out
    run(suite, tmp_path / "fresh")
    assert tables(tmp_path / "out") == tables(tmp_path / "fresh")
    # One run is of one log and one card, and what was of the other is gone.
    runs = load_runs(tmp_path / "out" / "runs.csv")
    assert (runs.groupby("dataset")[["dataset_sha256", "card_sha256"]].nunique() == 1).all(axis=None)
    new = {path.name for path in (tmp_path / "out" / "jobs").iterdir()}
    assert new == {f"{run_id}.json" for run_id in runs["run_id"]} and len(new & old) == 3


@pytest.mark.parametrize(
    ("part", "value", "said"),
    [
        ("code_identity", {"version": "9.9", "commit": None, "files": None}, "another version of rlbench-rec (3)"),
        ("versions", {"numpy": "9.9"}, "other versions of libraries (3)"),
    ],
)
def test_other_code_or_libraries(run, tmp_path, monkeypatch, capsys, part, value, said):
    run(SCORING, tmp_path)
    monkeypatch.setattr(stamp, part, lambda *names: value)
    assert len(run(SCORING, tmp_path, resume=True)) == 3
    assert f"3 of 3 stored jobs are done again: {said}" in capsys.readouterr().out
    assert run(SCORING, tmp_path, resume=True) == []


def test_every_part_of_a_stamp_is_compared_and_named(suite):
    job = plan(suite, "cpu", [Content(data="d", card="c"), Content(shop="s")])[0]
    now = stamp.stamp_of(job, stamp.circumstances("cpu", {}))
    assert stamp.difference(dict(now), now) == ""
    for part, words in stamp.PARTS.items():
        assert stamp.difference(now | {part: "other"}, now) == words
        assert stamp.difference({key: value for key, value in now.items() if key != part}, now) == words
    # What could not be hashed is never taken for the same.
    unknown = stamp.stamp_of(replace(job, content=Content(data=UNKNOWN)), stamp.circumstances("cpu", {}))
    assert stamp.difference(dict(unknown), unknown) == "other data"


@pytest.mark.parametrize("place", [0.02, 0.3, 0.6, 0.98])
def test_a_job_file_with_one_flipped_byte_is_a_job_that_is_not_done(run, tmp_path, capsys, place):
    run(SCORING, tmp_path)
    before = tables(tmp_path, ["estimates.csv"])
    path = sorted((tmp_path / "jobs").iterdir())[1]
    content = bytearray(path.read_bytes())
    content[int(place * len(content))] ^= 1
    path.write_bytes(content)
    assert [name for name in run(SCORING, tmp_path, resume=True)] == [path.name.rpartition("-")[0]]
    assert "1 of 3 stored jobs are done again: damaged (1)." in capsys.readouterr().out
    assert tables(tmp_path, ["estimates.csv"]) == before


@pytest.mark.parametrize("content", ["", "[]", "null", "3", '{"stamp": 1}', "[" * 5_000, '{"run_id": "a", "rows": []}'])
def test_whatever_stands_in_a_job_file(run, tmp_path, content):
    run(SCORING, tmp_path)
    sorted((tmp_path / "jobs").iterdir())[0].write_text(content)
    assert len(run(SCORING, tmp_path, resume=True)) == 1


def test_seeds_and_logs_may_be_added(run, suite, tmp_path):
    run(suite, tmp_path / "out")
    more = suite.model_copy(update={"seeds": [0, 1, 2]})
    # Policies without training need no further seed.
    assert run(more, tmp_path / "out", resume=True) == []
    run(SCORING, tmp_path / "scoring")
    assert len(run(SCORING.model_copy(update={"logs": [2, 4]}), tmp_path / "scoring", resume=True)) == 3


def test_seeds_that_train_in_one_pass_are_done_again_together(run, suite, tmp_path, capsys):
    changes = {"algorithms": [{"id": "dqn"}], "loop": "ensemble", "steps": 5, "batch_size": 16, "forms": ["greedy"]}
    suite = Suite.model_validate(suite.model_dump() | changes | {"sources": [suite.sources[0]]})
    run(suite, tmp_path / "out")
    more = suite.model_copy(update={"seeds": [0, 1]})
    assert run(more, tmp_path / "out", resume=True) == ["shop.dqn.mlp.seed0", "shop.dqn.mlp.seed1"]
    said = "1 of 2 stored jobs are done again: trained in one pass with others (1)."
    assert said in capsys.readouterr().out
    run(more, tmp_path / "fresh")
    assert tables(tmp_path / "out") == tables(tmp_path / "fresh")


def test_a_run_that_was_killed_before_its_first_job_is_resumed_as_itself(run, suite, tmp_path):
    run(suite, tmp_path / "out")
    shutil.rmtree(tmp_path / "out" / "jobs")
    for name in TABLES:
        (tmp_path / "out" / name).unlink()
    assert len(run(suite, tmp_path / "out", resume=True)) == 6
    with pytest.raises(InputError, match="another suite: steps is"):
        run(suite.model_copy(update={"steps": 7}), tmp_path / "out", resume=True)


def test_the_manifest_is_there_before_any_work(suite, tmp_path, monkeypatch):
    def nothing_works(*arguments, **options):
        found = json.loads((tmp_path / "out" / "manifest.json").read_text())
        assert (found["complete"], found["config"]["name"]) == (False, "tiny")
        raise KeyboardInterrupt

    monkeypatch.setattr(runner, "execute_all", nothing_works)
    with pytest.raises(KeyboardInterrupt):
        run_suite(suite, tmp_path / "out", device="cpu")


@pytest.fixture(scope="module")
def three_seeds(tmp_path_factory, jobs_in_this_process, no_pictures):
    """A suite and the folder of its finished run."""
    folder = tmp_path_factory.mktemp("three_seeds")
    suite = suite_of(write_shop(folder / "shop")).model_copy(update={"seeds": [0, 1, 2]})
    with jobs_in_this_process(), no_pictures():
        run_suite(suite, folder / "out", device="cpu", workers=1)
    return suite, folder / "out"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": "other"}, 'name is "tiny" there and "other" here'),
        ({"n_resamples": 200, "steps": 5}, "steps is 2000 there and 5 here; n_resamples is 100 there and 200 here"),
        ({"seeds": [0]}, r"seeds are \[0, 1, 2\] there and \[0\] here, and they may only grow"),
        ({"seeds": [1, 0, 2]}, "they may only grow"),
        ({"algorithms": [{"id": "random"}]}, "algorithms is 2 of them there and 1 of them here"),
    ],
)
def test_another_suite_is_refused_and_the_folder_left_alone(run, three_seeds, change, said):
    suite, folder = three_seeds
    files = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    other = Suite.model_validate(suite.model_dump() | change)
    with pytest.raises(InputError, match=f"out: The run here is of another suite: .*{said}"):
        run(other, folder, resume=True)
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == files


def test_sources_settings_and_kinds_are_compared_too(run, suite, tmp_path):
    run(suite, tmp_path / "out")
    shop = suite.sources[0].model_copy(update={"mdp": suite.sources[0].mdp.model_copy(update={"gamma": 0.5})})
    with pytest.raises(InputError, match=r"sources\.0\.mdp\.gamma is 0\.9 there and 0\.5 here"):
        run(suite.model_copy(update={"sources": [shop, suite.sources[1]]}), tmp_path / "out", resume=True)
    with pytest.raises(InputError, match="another suite: kind is"):
        run(SCORING, tmp_path / "out", resume=True)
    run(SCORING, tmp_path / "scoring")
    for logs in ([1, 1], [2, 0]):
        with pytest.raises(InputError, match=r"logs are .*may only grow"):
            run(SCORING.model_copy(update={"logs": logs}), tmp_path / "scoring", resume=True)


@pytest.mark.parametrize("there", ["nothing", "empty", "thesis", "broken", "list", "no config"])
def test_where_there_is_nothing_to_resume(run, suite, tmp_path, there):
    folder = tmp_path / "otu"
    if there != "nothing":
        folder.mkdir()
    if there == "thesis":
        (folder / "thesis.tex").write_text("years of work")
    content = {"broken": "{", "list": "[]", "no config": '{"config": 3}'}.get(there)
    if content:
        (folder / "manifest.json").write_text(content)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(InputError, match=r"no run here to resume|does not say which run"):
        run(suite, folder, resume=True)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_log_that_changes_while_the_suite_runs(run, suite, shop, tmp_path, monkeypatch):
    before = jobs.content_of

    def then_edited(source, **options):
        found = before(source, **options)
        edit_rows(shop)
        return found

    monkeypatch.setattr(jobs, "content_of", then_edited)
    run(suite, tmp_path / "out")
    runs = load_runs(tmp_path / "out" / "runs.csv")
    assert runs.loc[runs["dataset"] == "shop", "status"].str.contains("changed while the suite ran").all()
    assert (runs.loc[runs["dataset"] == "", "status"] == "ok").all()
