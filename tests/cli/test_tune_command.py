"""`rlbench tune`: what is printed, and what is refused."""

from __future__ import annotations

import json

import pytest

SUITE = """
name = "tiny"
estimators = ["snips"]
steps = 10
batch_size = 16
n_resamples = 100
truth_error = 0.5
loop = "lean"
[[sources]]
task = "tabular-v1"
episodes = 100
[[algorithms]]
id = "popularity"
"""


@pytest.fixture
def suite(tmp_path):
    path = tmp_path / "tiny.toml"
    path.write_text(SUITE)
    return path


def test_a_search_prints_its_plan_and_what_it_chose(rlbench, suite, tmp_path):
    out = tmp_path / "out"
    code, shown, said = rlbench("tune", suite, "--trials", 3, "--out", out, "--jobs", 1, "--device", "cpu")
    assert code == 0, said
    assert "3 trials of 1 search to do on 1 process" in said and "popularity on tabular-v1: 0 of 3 trials" in said
    assert "\npopularity on tabular-v1: " in shown and "; best by the truth: " in shown
    assert "best, true" in shown and "popularity" in shown and f"Files: {out}" in shown
    code, shown, said = rlbench("tune", suite, "--trials", 3, "--out", out, "--resume", "--json", "--device", "cpu")
    (chosen,) = json.loads(shown)
    assert code == 0 and chosen["algorithm"] == "popularity" and chosen["trials"] == 3
    assert chosen["by_estimate"]["truth"] <= chosen["by_truth"]["truth"]


@pytest.mark.parametrize(
    ("options", "wrong"),
    [
        (["--trials", "0"], "--trials"),
        (["--part", "2"], "'2' is not a part"),
        (["--part", "4/3"], "no part 4 of 3"),
        (["--resume"], "--resume needs --out"),
        (["--spaces", "nowhere.toml"], "no such file of spaces"),
        (["--budget-minutes", "0"], "--budget-minutes"),
    ],
)
def test_wrong_options_end_with_one_message(rlbench, suite, tmp_path, monkeypatch, options, wrong):
    monkeypatch.chdir(tmp_path)
    code, _, said = rlbench("tune", suite, *options)
    assert code == 2 and wrong in said
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize(("name", "wrong"), [("nothing-here", "Unknown suite"), ("ope", "trains nothing")])
def test_suites_that_cannot_be_tuned_end_with_one_message(rlbench, tmp_path, monkeypatch, name, wrong):
    monkeypatch.chdir(tmp_path)
    code, _, said = rlbench("tune", name)
    assert code == 2 and wrong in said and len(said.strip().splitlines()) == 1


def test_an_unknown_algorithm_is_refused(rlbench, suite, tmp_path):
    suite.write_text(SUITE.replace('id = "popularity"', 'id = "popularty"'))
    code, _, said = rlbench("tune", suite, "--out", tmp_path / "out")
    assert code == 2 and "popularity" in said and not (tmp_path / "out").exists()
