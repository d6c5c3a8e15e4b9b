"""`rlbench plot`: the pictures of a folder of results, in the format that is asked for."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from rlbench_rec.results.packed import open_table

RESULTS = Path(__file__).parents[2] / "results"


@pytest.fixture(scope="module")
def estimators(tmp_path_factory) -> Path:
    """The committed errors of estimators in one shop, packed."""
    folder = tmp_path_factory.mktemp("ope")
    with open_table(RESULTS / "ope" / "estimators.csv") as stream:
        head, *lines = stream.read().splitlines()
    kept = [head, *(line for line in lines if ",ads-v1," in line)]
    with gzip.open(folder / "estimators.csv.gz", "wt") as file:
        file.write("\n".join(kept) + "\n")
    return folder


def test_a_folder_of_estimators_is_drawn_from_its_tables(rlbench, estimators, tmp_path):
    code, out, err = rlbench("plot", estimators, "--out", tmp_path / "a", "--format", "pdf", "--json")
    assert code == 0, err
    assert [Path(path).name for path in json.loads(out)] == ["error-ads-v1.pdf"]
    assert (tmp_path / "a" / "error-ads-v1.pdf").read_bytes().startswith(b"%PDF")


def test_a_run_has_the_pictures_of_its_tables(rlbench, tmp_path):
    run = tmp_path / "run"
    run.mkdir()
    for name in ("runs.csv", "leaderboard.csv"):
        lines = (RESULTS / "floor" / name).read_text().splitlines()
        kept = [lines[0], *(line for line in lines if ",offers-v1," in line)]
        (run / name).write_text("\n".join(kept) + "\n")
    code, out, err = rlbench("plot", run, "--out", tmp_path / "a")
    assert code == 0, err
    names = ["values-offers-v1.svg", "normalised.svg", "summary.svg", "profiles.svg"]
    assert [Path(path).name for path in out.split()] == names
    text = (tmp_path / "a" / "values-offers-v1.svg").read_text()
    title = "CQL, greedy is first in offers-v1, not told apart from 1 other; 2 of 8 policies beat the behaviour policy"
    for written in ("DQN, greedy", "dqn mlp/greedy", title):
        assert f">{written}</text>" in text


def test_another_format_or_an_empty_folder_is_refused_in_one_line_before_any_work(rlbench, tmp_path):
    code, out, err = rlbench("plot", tmp_path / "nothing", "--format", "jpg", "--out", tmp_path / "a")
    assert code == 2 and not out and "Unknown format 'jpg'" in err and len(err.splitlines()) == 1
    (tmp_path / "empty").mkdir()
    code, out, err = rlbench("plot", tmp_path / "empty", "--out", tmp_path / "a")
    assert code == 2 and not out and "has no results" in err and len(err.splitlines()) == 1
    code, _, err = rlbench("plot", tmp_path / "nothing", "--out", tmp_path / "a")
    assert code == 2 and len(err.splitlines()) == 1
    assert not (tmp_path / "a").exists()


def test_tables_without_rows_are_nothing_to_draw(rlbench, tmp_path):
    for name in ("runs.csv", "leaderboard.csv"):
        (tmp_path / name).write_text((RESULTS / "floor" / name).read_text().splitlines()[0] + "\n")
    code, out, err = rlbench("plot", tmp_path, "--out", tmp_path / "a")
    assert code == 2 and not out and "nothing to draw" in err


def test_a_table_of_the_run_names_it_too(rlbench, estimators, tmp_path):
    code, out, err = rlbench("plot", estimators / "estimators.csv.gz", "--out", tmp_path / "a", "--json")
    assert code == 0 and len(json.loads(out)) == 1, err
