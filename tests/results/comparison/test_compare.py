"""Two files side by side: every change, and files that cannot be compared."""

import json
from math import sqrt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from rlbench_rec.errors import InputError, MissingFileError
from rlbench_rec.results.comparison.compare import CHANGES, compare
from rlbench_rec.results.leaderboard import leaderboard
from rlbench_rec.results.metrics import METRICS, Metric
from rlbench_rec.results.schema import LEADERBOARD, RUNS
from rlbench_rec.results.write import write_json, write_table

REPLICATION = {"replicate", "log", "n_replicates", "uncertainty", "useful"}
"""Columns since version 5."""


@pytest.fixture
def compared(tmp_path, frame_of):
    """Compare two lists of runs, as leaderboards or as runs."""

    def make(old, new, kind="leaderboard"):
        for name, rows in (("old.csv", old), ("new.csv", new)):
            frame = frame_of(*rows)
            if kind == "runs":
                write_table(frame, RUNS, tmp_path / name)
            else:
                write_table(leaderboard(frame), LEADERBOARD, tmp_path / name)
        return compare(tmp_path / "old.csv", tmp_path / "new.csv")

    return make


@pytest.mark.parametrize(
    ("old", "new", "change", "regressed"),
    [
        (1.0, 1.0, "identical", False),
        (1.0, 1.1, "better within", False),
        (1.0, 1.2, "better beyond", False),
        (1.0, 0.9, "worse within", False),
        (1.0, 0.8, "worse beyond", True),
        (1.0, np.nan, "missing", True),
        (np.nan, 1.0, "new", False),
        (np.nan, np.nan, "identical", False),
    ],
)
def test_every_change(compared, run, old, new, change, regressed):
    # The margin is sqrt(.1^2 + .1^2) = .141.
    found = compared([run(value=old)], [run(value=new)])
    assert found.counts == {change: 1}
    assert found.regressed is regressed


def test_margin_takes_the_sides_that_face_each_other(compared, run):
    old = run(value=1.0, ci_low=0.7, ci_high=9.0)
    new = run(value=0.5, ci_low=-9.0, ci_high=0.9)
    row = compared([old], [new]).rows.iloc[0]
    assert row["margin"] == pytest.approx(sqrt(0.3**2 + 0.4**2), abs=1e-12)
    assert (row["difference"], row["change"]) == (-0.5, "worse within")


def test_rows_come_and_go(compared, run):
    found = compared([run("bc"), run("dqn")], [run("dqn"), run("cql")])
    assert found.rows.set_index("algorithm")["change"].to_dict() == {
        "bc": "missing",
        "cql": "new",
        "dqn": "identical",
    }
    assert found.rows["change"].tolist() == ["missing", "new", "identical"]
    assert found.regressed


@pytest.mark.parametrize("kind", ["leaderboard", "runs"])
def test_another_q_is_another_row(compared, run, kind):
    found = compared([run(estimator="dr", q="fqe"), run()], [run(value=5.0, estimator="dr", q="linear"), run()], kind)
    assert found.rows[["q", "change"]].to_numpy().tolist() == [["fqe", "missing"], ["linear", "new"], ["", "identical"]]


@pytest.mark.parametrize("kind", ["leaderboard", "runs"])
@pytest.mark.parametrize("older", ["old", "new"])
def test_a_q_that_a_file_does_not_say_is_the_other_files(compared, run, kind, older):
    said, unsaid = [run(estimator="dr", q="fqe"), run()], [run(estimator="dr", q=""), run()]
    found = compared(*((unsaid, said) if older == "old" else (said, unsaid)), kind)
    assert found.counts == {"identical": 2} and set(found.rows["q"]) == {"", "fqe"}


@pytest.mark.parametrize("kind", ["leaderboard", "runs"])
@pytest.mark.parametrize(
    ("version", "lacking"),
    [
        (2, {"q", "base", "steps_used", "overestimation", "status", *REPLICATION}),
        (3, {"base", "steps_used", "overestimation", "status", *REPLICATION}),
        (4, REPLICATION),
    ],
)
def test_files_from_before_a_column_compare_with_new_ones(compared, run, tmp_path, kind, version, lacking):
    new = [run(estimator="dr", q="fqe"), run(value=3.0)]
    compared(new, new, kind)
    # A leaderboard has a status since version 4, which runs had from the first.
    lacking = lacking - {"status"} if kind == "runs" else lacking
    columns = [name for name in (RUNS if kind == "runs" else LEADERBOARD) if name not in lacking]
    older = pd.read_csv(tmp_path / "new.csv", dtype={"dataset_sha256": str, "card_sha256": str})[columns]
    (older.assign(schema_version=version) if kind == "runs" else older).to_csv(tmp_path / "old.csv", index=False)
    assert compare(tmp_path / "old.csv", tmp_path / "new.csv").counts == {"identical": 2}
    assert compare(tmp_path / "old.csv", tmp_path / "old.csv").counts == {"identical": 2}
    assert compare(older, tmp_path / "new.csv").counts == {"identical": 2}


@pytest.mark.parametrize("file", ["quick/runs.csv", "quick/leaderboard.csv", "commerce/leaderboard.csv"])
def test_the_results_of_the_repository_can_be_compared(file):
    path = Path(__file__).parents[3] / "results" / file
    assert set(compare(path, path).counts) == {"identical"}


def test_a_run_that_fails_now_is_missing(compared, run):
    failed = run("dqn", np.nan, status="failed: diverged", variant="mlp", estimator="", verdict="")
    found = compared([run("dqn")], [failed], "runs")
    assert found.counts == {"missing": 1}


def test_without_intervals_every_change_counts(compared, run):
    bare = {"ci_low": np.nan, "ci_high": np.nan}
    assert compared([run(value=1.0, **bare)], [run(value=0.999, **bare)]).regressed


def test_a_value_of_0_but_for_rounding_has_not_changed(compared, run):
    bare = {"ci_low": np.nan, "ci_high": np.nan}
    old = [run(value=0.0, algorithm="dqn", **bare), run(value=2.0, algorithm="cql", **bare)]
    new = [run(value=-3e-16, algorithm="dqn", **bare), run(value=2.0 - 4e-16, algorithm="cql", **bare)]
    for kind in ("leaderboard", "runs"):
        assert not compared(old, new, kind).regressed
    assert compared(old, [run(value=-3e-8, algorithm="dqn", **bare), new[1]]).regressed


def test_lower_is_better(compared, run, monkeypatch):
    monkeypatch.setitem(
        METRICS._targets, "bounce", Metric("bounce", False, "outcome", "How often users leave at once.")
    )
    cells = {"metric": "bounce", "higher_is_better": False}
    assert compared([run(value=1.0, **cells)], [run(value=2.0, **cells)]).counts == {"worse beyond": 1}
    assert compared([run(value=2.0, **cells)], [run(value=1.0, **cells)]).counts == {"better beyond": 1}


def test_what_was_and_stays_unreliable_is_no_regression(compared, run):
    found = compared([run(verdict="unreliable")], [run(value=0.0, verdict="unreliable")])
    assert found.counts == {"worse within": 1}
    became = compared([run(verdict="weak")], [run(value=0.0, verdict="unreliable")])
    assert became.counts == {"worse beyond": 1}
    assert became.rows["verdict"].tolist() == ["weak -> unreliable"]


def test_worst_changes_come_first(compared, run):
    names = ["a", "b", "c", "d", "e", "f"]
    old = [run(name, 1.0) for name in names]
    new = [run(name, value) for name, value in zip(names[:5], (1.0, 2.0, 1.01, 0.99, 0.1), strict=True)]
    found = compared(old, [*new, run("g")])
    # The other two are of pairs, and of one commit on one machine.
    wanted = tuple(change for change in CHANGES if change not in ("too few", "not repeated"))
    assert tuple(found.rows["change"]) == tuple(found.counts) == wanted


def test_json_holds_no_nan(compared, run):
    found = compared([run("bc"), run("dqn")], [run("dqn", 1.01), run("cql")], "runs")
    text = json.dumps(found.to_dict(), allow_nan=False)
    assert json.loads(text)["counts"] == {"missing": 1, "too few": 1, "new": 1}


def test_empty_tables_are_equal(compared):
    found = compared([], [])
    assert (found.counts, found.regressed) == ({}, False)


def test_two_kinds_of_file_are_refused(tmp_path, run, frame_of):
    frame = frame_of(run())
    write_table(frame, RUNS, tmp_path / "runs.csv")
    write_table(leaderboard(frame), LEADERBOARD, tmp_path / "board.csv")
    with pytest.raises(InputError, match="One table is a leaderboard, the other holds runs"):
        compare(tmp_path / "runs.csv", tmp_path / "board.csv")


@pytest.mark.parametrize(
    "content",
    [b"", bytes(range(256)) * 8, b"name,score\na,1\n", b"run_id,seconds\na,1\n", b"\x00" * 64],
    ids=["empty", "binary", "other-table", "timings", "zeros"],
)
def test_what_is_no_result_is_refused(content, tmp_path):
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"x\.csv"):
        compare(path, path)


def test_no_file_and_a_folder_are_refused(tmp_path):
    with pytest.raises(MissingFileError, match=r"none\.csv"):
        compare(tmp_path / "none.csv", tmp_path / "none.csv")
    with pytest.raises(InputError, match="The folder has no table to compare"):
        compare(tmp_path, tmp_path)


@pytest.mark.parametrize(
    ("cells", "message"), [({"dataset_sha256": "99"}, "of other data"), ({"card_sha256": "99"}, "by another card")]
)
def test_runs_on_other_data_are_refused(compared, run, cells, message):
    with pytest.raises(InputError, match=f"^.*: shop: .*{message}"):
        compared([run()], [run(**cells)], "runs")
    # Another place of its own is not a contradiction.
    assert not compared([run()], [run(), run(**cells | {"dataset": "other"})], "runs").regressed


@pytest.mark.parametrize("of", ["data", "card"])
def test_leaderboards_on_other_data_are_refused_by_the_manifests_beside_them(tmp_path, run, frame_of, of):
    files = []
    for name, value in (("old", "00"), ("new", "99")):
        (tmp_path / name).mkdir()
        files.append(tmp_path / name / "leaderboard.csv")
        write_table(leaderboard(frame_of(run())), LEADERBOARD, files[-1])
        hashes = {"data_sha256": {"shop": "00"}, "card_sha256": {"shop": "01"}}
        write_json(hashes | {f"{of}_sha256": {"shop": value}}, tmp_path / name / "manifest.json")
    with pytest.raises(InputError, match="shop: the rows are"):
        compare(*files)
    assert compare(files[0], files[0]).unchecked == ""


@pytest.mark.parametrize(
    ("content", "unchecked"),
    [
        (None, "has no manifest.json beside it"),
        ("{", "has no manifest.json beside it"),
        ("[1]", "has no manifest.json beside it"),
        ('{"data_sha256": {}, "card_sha256": {}}', "names no data"),
        ('{"data_sha256": {"shop": "00"}}', "of an older version that does not name the card"),
    ],
)
def test_what_is_not_known_of_the_data_is_said(tmp_path, run, frame_of, content, unchecked):
    file = tmp_path / "leaderboard.csv"
    write_table(leaderboard(frame_of(run())), LEADERBOARD, file)
    if content is not None:
        (tmp_path / "manifest.json").write_text(content)
    found = compare(file, file)
    assert unchecked in found.unchecked and found.to_dict()["unchecked"] == found.unchecked


def test_runs_of_an_older_version_are_named_as_such(tmp_path, run, frame_of):
    columns = [name for name in RUNS if name != "card_sha256"]
    frame_of(run(schema_version=1))[columns].to_csv(tmp_path / "runs.csv", index=False)
    with pytest.raises(InputError, match="schema_version is 1; this version of rlbench-rec reads 2, 3, 4 and 5"):
        compare(tmp_path / "runs.csv", tmp_path / "runs.csv")


@pytest.mark.parametrize("kind", ["leaderboard", "runs"])
def test_frames_compare_as_their_files_do(compared, run, frame_of, kind):
    old, new = ([run(value=1.0), run(value=3.0, metric="CTR")], [run(value=0.8), run(value=3.0, metric="CTR")])
    of_files = compared(old, new, kind)
    frames = [frame_of(*rows) if kind == "runs" else leaderboard(frame_of(*rows)) for rows in (old, new)]
    of_frames = compare(*frames)
    assert of_frames.rows.equals(of_files.rows)
    # Text that is missing is empty text: pandas reads a file's empty cells so.
    holes = [frame.astype({"dataset": object}).replace({"dataset": ""}, np.nan) for frame in frames]
    assert compare(*holes).rows.equals(of_files.rows)
    assert bool(of_frames.unchecked) is (kind == "leaderboard")


def test_a_frame_that_is_no_such_table_is_refused(run, frame_of):
    runs = frame_of(run(value=1.0))
    with pytest.raises(InputError, match=r"new: Columns are missing: ci_low"):
        compare(runs, runs.drop(columns="ci_low"))
    with pytest.raises(InputError, match=r"old: The column 'value' does not hold numbers"):
        compare(runs.assign(value="high"), runs)
    with pytest.raises(InputError, match=r"new: The column 'value' does not hold finite numbers"):
        compare(runs, runs.assign(value=np.inf))
    with pytest.raises(InputError, match=r"old: The column 'higher_is_better' does not hold True or False"):
        compare(runs.assign(higher_is_better="yes"), runs)
    with pytest.raises(InputError, match=r"new: The column 'seed' does not hold whole numbers"):
        compare(runs, runs.assign(seed=0.5))
    with pytest.raises(InputError, match=r"old: row 1: The row repeats the key"):
        compare(frame_of(run(value=1.0), run(value=2.0)), runs)


def test_replicates_are_other_shops_and_their_data_are_checked_one_by_one(compared, run):
    old = [run(replicate=number, seed=number, dataset_sha256=f"0{number}") for number in range(3)]
    other = [*old[:2], run(replicate=2, seed=2, dataset_sha256="ff")]
    with pytest.raises(InputError, match="shop, replicate 2: the rows are of other data"):
        compared(old, other, "runs")
