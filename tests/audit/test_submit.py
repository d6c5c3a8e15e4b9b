"""A run becomes a submission, and a submission part of a board; what breaks a rule is refused, and says why."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from rlbench_rec.audit.accept import _brought, accept
from rlbench_rec.audit.rules import RefusedError
from rlbench_rec.audit.safe_text import why_unsafe
from rlbench_rec.audit.submission import MOST_BYTES, read_submission, write_submission
from rlbench_rec.audit.submit import _own_suite, algorithm_suite, submit
from rlbench_rec.errors import InputError, OutputError
from rlbench_rec.results.read import load_leaderboard, load_runs
from rlbench_rec.suite.runner import run_suite

pytestmark = pytest.mark.usefixtures("in_this_process", "without_pictures")
TOML = """
name = "tiny"
seeds = [0]
estimators = ["snips"]
steps = 5
batch_size = 16
n_resamples = 100
truth_error = 0.3
[[sources]]
task = "pricing-v1"
episodes = 60
[[algorithms]]
id = "random"
"""


@pytest.fixture(scope="module")
def suite(tmp_path_factory) -> Path:
    """The suite whose rules count: `constant` and `dqn` of the run are new to it."""
    path = tmp_path_factory.mktemp("suites") / "tiny.toml"
    path.write_text(TOML)
    return path


@pytest.fixture
def clean(copy):
    """A run of committed code."""

    def change(content: dict) -> None:
        content["code"] = {"commit": "a" * 40, "dirty": False, "package": {"version": "0.2.0", "commit": "a" * 40}}

    edit(copy / "manifest.json", change)
    return copy


@pytest.fixture
def submitted(clean, suite, tmp_path) -> Path:
    return submit(clean, "mine", tmp_path / "mine.json", suite=suite, trials=3, description="A test.")[1]


def edit(path: Path, change) -> Path:
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))
    return path


def test_a_submission_reads_back_as_it_was_written(clean, suite, tmp_path):
    submission, path = submit(clean, "mine", tmp_path / "mine.json", suite=suite)
    assert read_submission(path) == submission
    assert [spec.id for spec in submission.algorithms] == ["random", "constant", "dqn"]
    assert submission.settings["sources"][0]["task"] == "pricing-v1" and submission.verified is None
    assert "data" not in submission.settings["sources"][0]
    with pytest.raises(OutputError):
        submit(clean, "mine", path, suite=suite)
    # A text file that a reviewer can read: a row a line.
    assert len(path.read_text().splitlines()) > len(submission.rows)


def test_an_honest_submission_is_taken(submitted, suite, tmp_path):
    results = tmp_path / "results"
    found, folder = accept(submitted, results, suite=suite, rows=2, seed=1)
    assert found.passed and folder == results / "submissions" / "tiny"
    taken = read_submission(folder / "mine.json")
    assert taken.verified.seed == 1 and taken.verified.jobs == 3 and taken.verified.same == taken.verified.rows > 2
    board = load_leaderboard(folder / "leaderboard.csv")
    variants = set(zip(board["algorithm"], board["variant"], strict=True))
    assert {("constant", "mine"), ("dqn", "mlp/mine/greedy"), ("random", "fixed")} <= variants
    assert ("behaviour", "fixed") in variants or "behaviour" in set(board["algorithm"])
    page = (folder / "README.md").read_text()
    assert "| mine | A test. | 3 | aaaaaaaaaa | 3 jobs, " in page and "## pricing-v1" in page
    assert "The committed board is of another version" in page


def test_it_joins_the_committed_rows_of_the_same_suite(submitted, suite, tmp_path):
    results = tmp_path / "results"
    run_suite(suite, results / "tiny", device="cpu")
    _, folder = accept(submitted, results, suite=suite, rows=1, seed=1)
    board = load_leaderboard(folder / "leaderboard.csv")
    assert {"random", "constant", "dqn", "behaviour"} == set(board["algorithm"])
    assert board[board["algorithm"] == "random"]["variant"].unique().tolist() == ["fixed"]
    assert "another version" not in (folder / "README.md").read_text()


def test_a_falsified_row_is_refused_and_nothing_changes(clean, suite, tmp_path):
    path = raised(submit(clean, "mine", tmp_path / "mine.json", suite=suite, trials=0)[1])
    with pytest.raises(RefusedError, match=r"do not come out again: pricing-v1.dqn.mlp.seed0.*value is "):
        accept(path, tmp_path / "results", suite=suite, rows=50)
    assert not (tmp_path / "results").exists()


def test_a_false_new_row_does_not_hide_behind_others(clean, suite, tmp_path):
    path = raised(submit(clean, "mine", tmp_path / "mine.json", suite=suite, trials=0)[1])
    for seed in range(3):
        with pytest.raises(RefusedError, match=r"pricing-v1\.dqn\.mlp\.seed0"):
            accept(path, tmp_path / "results", suite=suite, rows=1, seed=seed)
    board = tmp_path / "results" / "tiny"
    run_suite(suite, board, device="cpu")
    known = algorithm_suite(suite)
    kinds = [
        _brought(read_submission(path), known, board)(row) for row in load_runs(board / "runs.csv").to_dict("records")
    ]
    assert set(kinds) == {None}


def raised(path: Path) -> Path:
    """The values of dqn beyond every margin."""

    def raise_values(content: dict) -> None:
        at = {name: i for i, name in enumerate(content["columns"])}
        for row in content["rows"]:
            if row[at["algorithm"]] == "dqn" and row[at["ci_low"]] is not None:
                width = row[at["ci_high"]] - row[at["ci_low"]] + 1.0
                for name in ("value", "ci_low", "ci_high"):
                    row[at[name]] += 3 * width

    return edit(path, raise_values)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda c: c.update(name="../../etc/passwd"), "name"),
        (lambda c: c.update(name="<b>x"), "name"),
        (lambda c: c.update(description="=HYPERLINK(1)"), "formula"),
        (lambda c: c.update(description="<script>alert(1)</script>"), "HTML"),
        (lambda c: c.update(description="\x1b[2Jgone"), "terminal"),
        (lambda c: c.update(description="a\u202eb"), "terminal"),
        (lambda c: c["made_with"].update(python="[click](http://x)"), "Markdown"),
        (lambda c: c["algorithms"][1].update(config={"action": "../../secret"}), "path out of its folder"),
        (lambda c: c["algorithms"].append({"id": "file:/etc/passwd"}), "path|file"),
        (lambda c: cells(c, "variant", "@SUM(A1)"), "formula"),
        (lambda c: cells(c, "run_id", "../../../tmp/x-12345678"), "path out of its folder"),
        (lambda c: cells(c, "run_id", "another-12345678"), "not a job of the suite"),
        (lambda c: cells(c, "task", "another-v1"), "not a source"),
        (lambda c: c.update(suite="other"), "of the suite other, not tiny"),
        (lambda c: c["settings"].update(steps=6), "steps is 6 there and 5 here"),
        (lambda c: c["settings"]["sources"][0].update(episodes=100), "episodes is 100 there"),
        (lambda c: c["settings"].update(seeds=[0, 1]), "seeds is"),
        (lambda c: c.update(trials=21), "budget is 20"),
        (lambda c: c["algorithms"][2].update(form="softmax-0.1") or c.update(trials=None), "how many were tried"),
        (lambda c: c["made_with"]["code"].update(dirty=True), "dirty tree"),
        (lambda c: c["made_with"].update(complete=False), "not complete"),
        (lambda c: c["made_with"].update(schema_version=1), "schema_version is 1"),
        (lambda c: c["rows"].pop(), "has no rows|comes out and is not printed"),
        (lambda c: c["rows"].append(c["rows"][0]), "repeats the key"),
        (lambda c: c["rows"][0].pop(), "one cell a column"),
        (lambda c: c["columns"].__setitem__(0, "other"), "Columns are missing"),
        (lambda c: c["rows"][0].__setitem__(0, "x" * 501), "rows"),
        (lambda c: c["rows"][0].__setitem__(0, {"a": 1}), "rows"),
        (lambda c: c["rows"][0].__setitem__(0, float("nan")), "rows"),
        (lambda c: c.update(verified={"seed": 1, "jobs": 1, "rows": 1, "same": 1}), "says itself"),
        (lambda c: c.update(algorithms=[{"id": "random"}]), "nothing new"),
        (lambda c: c.update(more=1), "There is no key 'more'"),
    ],
)
def test_what_is_refused(submitted, suite, tmp_path, change, why):
    edit(submitted, change)
    with pytest.raises(InputError, match=why):
        accept(submitted, tmp_path / "results", suite=suite, rows=50, seed=0)
    assert not (tmp_path / "results").exists()


def cells(content: dict, column: str, text: str) -> None:
    content["rows"][-1][content["columns"].index(column)] = text


def test_what_is_there_already_is_refused(submitted, suite, tmp_path):
    results = tmp_path / "results"
    accept(submitted, results, suite=suite, rows=1, seed=0)
    with pytest.raises(RefusedError, match="of the name mine already"):
        accept(submitted, results, suite=suite)
    again = edit(submitted, lambda content: content.update(name="yours"))
    with pytest.raises(RefusedError, match="it has the rows of mine"):
        accept(again, results, suite=suite)

    def nudge(content: dict) -> None:
        content["rows"][0][content["columns"].index("ess")] = 1.5

    with pytest.raises(RefusedError, match="every new row of it is in mine already"):
        accept(edit(again, nudge), results, suite=suite)
    assert [path.name for path in (results / "submissions" / "tiny").glob("*.json")] == ["mine.json"]


def test_a_run_that_breaks_a_rule_is_not_written(clean, suite, tmp_path, rlbench):
    lines = (clean / "runs.csv").read_text().splitlines(keepends=True)
    (clean / "runs.csv").write_text("".join(line for line in lines if ",constant," not in line))
    out = tmp_path / "x.json"
    code, _, err = rlbench("submit", clean, "--name", "x", "--suite", suite, "--out", out)
    assert code == 1 and "pricing-v1.constant.mlp.seed0 has no rows" in err and not out.exists()


def test_a_plugin_is_imported_only_where_the_reviewer_names_it(submitted, suite, tmp_path, monkeypatch):
    (tmp_path / "their_plugin.py").write_text("raise SystemExit('imported')")
    monkeypatch.syspath_prepend(tmp_path)
    edit(submitted, lambda content: content["made_with"].update(plugins={"their_plugin": "ab"}))
    with pytest.raises(RefusedError, match="needs the plugin 'their_plugin', which is not loaded"):
        accept(submitted, tmp_path / "results", suite=suite)
    assert "their_plugin" not in sys.modules


def test_a_large_file_is_not_read(tmp_path):
    path = tmp_path / "large.json"
    with path.open("wb") as stream:
        stream.truncate(MOST_BYTES + 1)
    with pytest.raises(InputError, match="More than 16 MiB"):
        read_submission(path)


def test_a_large_submission_is_not_written(submitted, tmp_path):
    submission = read_submission(submitted)
    large = submission.model_copy(update={"rows": [["x" * 500 * len(submission.columns)]] * 1_100})
    with pytest.raises(InputError, match="More than 16 MiB"):
        write_submission(large, tmp_path / "large.json")


@pytest.mark.parametrize("text", ["mlp/tilted-1", "retrieve=als", "offers-v1/real/judge", "A sentence (of 3 words)."])
def test_usual_texts_are_safe(text):
    assert why_unsafe(text) == ""


@pytest.mark.parametrize("text", ["C:\\x", "~/x", "a/../b", "/etc", "a\nb", " =1", "x|y"])
def test_other_texts_are_not(text):
    assert why_unsafe(text)


def test_the_commands(rlbench, clean, suite, tmp_path):
    out = tmp_path / "mine.json"
    code, said, _ = rlbench("submit", clean, "--name", "mine", "--trials", 0, "--suite", suite, "--out", out)
    assert code == 0 and "rows of tiny" in said
    add = ("leaderboard", "add", out, "--suite", suite, "--results", tmp_path / "results", "--rows", 1, "--seed", 1)
    code, said, _ = rlbench(*add, "--check-only")
    assert code == 0 and "It may be taken." in said and not (tmp_path / "results").exists()
    code, said, _ = rlbench(*add)
    assert code == 0 and "Taken: " in said
    code, _, err = rlbench(*add)
    assert code == 1 and "of the name mine already" in err
    assert rlbench("leaderboard", "add", tmp_path / "none.json")[0] == 2


def test_a_run_of_a_size_is_told_what_it_lacks():
    with pytest.raises(RefusedError, match="'commerce-smoke' is not a suite of the package, but a size of commerce"):
        _own_suite("commerce-smoke", "runs/smoke")
    with pytest.raises(RefusedError, match=r"'mine' is not a suite of the package\. .*--suite"):
        _own_suite("mine", "runs/mine")
    assert _own_suite("commerce", "runs/commerce") == "commerce"
