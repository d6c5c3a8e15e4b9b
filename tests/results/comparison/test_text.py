"""A comparison in words: lines, CSV, and a comment that a pull request takes."""

import csv
import io

import numpy as np
import pandas as pd
import pytest

from rlbench_rec.results.comparison.compare import Comparison, compare
from rlbench_rec.results.comparison.text import LONGEST, MOST_ROWS, as_csv, as_lines, as_markdown


@pytest.fixture
def found(run, frame_of):
    drops = np.array([0.1, 0.2, 0.15, 0.05, 0.25, 0.15])
    task = {"task": "recommend-v1", "dataset": "", "estimator": "truth"}
    old = [run(value=1.0, replicate=n, seed=n, **task) for n in range(6)]
    new = [run(value=1.0 - drop, replicate=n, seed=n, **task) for n, drop in enumerate(drops)]
    return compare(frame_of(*old, run("bc", verdict="trusted")), frame_of(*new, run("bc", verdict="weak")))


def test_lines(found):
    assert as_lines(found).splitlines() == [
        "worse beyond   recommend-v1  dqn mlp/greedy  reward truth  1 -> 0.85 (-0.15 [-0.2082, -0.09183] over 6 "
        "replicates, p 0.0017)  trusted",
        "2 rows: 1 worse beyond, 0 missing, 0 worse within, 0 better within, 0 better beyond, 0 new, 1 identical. "
        "Verdicts: 1 trusted -> weak.",
    ]
    assert as_lines(found, show_all=True).splitlines()[1].startswith("identical      shop  bc mlp/greedy  reward snips")


def test_markdown_has_the_answer_first_and_names_that_people_read(found):
    lines = as_markdown(found).splitlines()
    assert lines[0] == "**Regression: 1 worse beyond**"
    (row,) = [line for line in lines if line.startswith("| worse beyond")]
    assert row == (
        "| worse beyond | recommend-v1 | DQN, greedy | reward truth | 1 | 0.85 | -0.15 \\[-0.2082, -0.09183\\] | "
        "0.0017 | trusted |"
    )
    assert as_markdown(Comparison(found.rows.iloc[1:])).startswith("**No regression**")


def test_csv_has_all_rows_and_columns(found):
    header, *rows = csv.reader(io.StringIO(as_csv(found)))
    assert header == ["schema_version", *found.rows.columns] and len(rows) == 2
    assert float(rows[0][header.index("p")]) == found.rows.loc[0, "p"]


@pytest.mark.parametrize(("number", "length"), [(MOST_ROWS + 5, 10), (5_000, 10), (300, 3_000)])
def test_a_comment_is_never_too_long(found, number, length):
    rows = pd.concat([found.rows.iloc[[0]].assign(variant="x" * length)] * number, ignore_index=True)
    many = Comparison(rows, notes=tuple(f"note {n}" for n in range(5)))
    text, everything = as_markdown(many), as_markdown(many, show_all=True)
    assert max(len(text), len(everything)) <= LONGEST
    assert f"Regression: {number} worse beyond" in text
    shown = text.count("| worse beyond |")
    assert shown <= MOST_ROWS and f"and {number - shown} more rows" in text


def test_what_a_name_says_is_printed(found):
    rows = found.rows.assign(variant="<script>|@all", algorithm="x\x1b[1m")
    text = as_markdown(Comparison(rows))
    assert "<script>" not in text and "@all" not in text and "\x1b" not in text
    assert "\x1b" not in as_lines(Comparison(rows))
