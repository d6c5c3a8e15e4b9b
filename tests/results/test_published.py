"""Published figures beside ours, worked by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from rlbench_rec.errors import InputError
from rlbench_rec.results.published import against_published, disagreements, load_published
from rlbench_rec.results.read import read_table
from rlbench_rec.results.schema import AGAINST_PUBLISHED, PUBLISHED
from rlbench_rec.results.write import write_table

FOLDER = Path(__file__).parents[2] / "results"


def figure(name, value, relation="equal", std_error=np.nan, rounding=np.nan):
    numbers = {"value": value, "std_error": std_error, "rounding": rounding}
    return dict.fromkeys(PUBLISHED, "") | {"name": name, "metric": "value", "relation": relation} | numbers


def beside(row, ours):
    return against_published(pd.DataFrame([row]), {} if ours is None else {row["name"]: ours}, "s").iloc[0]


def test_what_the_noise_allows_is_three_standard_errors_and_the_rounding():
    # sqrt(.3^2 + .4^2) = .5, three times 1.5; and .05.
    row = beside(figure("a", 10.0, std_error=0.3, rounding=0.05), (11.5, 0.4))
    assert (row["difference"], row["allowed"], row["agrees"]) == (1.5, pytest.approx(1.55), "yes")
    assert beside(figure("a", 10.0, std_error=0.3, rounding=0.05), (11.6, 0.4))["agrees"] == "no"


@pytest.mark.parametrize(
    ("relation", "ours", "agrees"),
    [
        ("at most", 0.9, "yes"),
        ("at most", 1.1, "no"),
        ("at least", 1.1, "yes"),
        ("at least", 0.9, "no"),
        ("at most", -5.0, "yes"),
    ],
)
def test_a_statement_has_one_side(relation, ours, agrees):
    assert beside(figure("a", 1.0, relation), (ours, None))["agrees"] == agrees


def test_a_figure_without_noise_is_shown_and_not_judged():
    row = beside(figure("a", 0.378), (0.2, 0.01))
    assert row["agrees"] == "" and row["difference"] == pytest.approx(-0.178) and pd.isna(row["allowed"])


def test_what_was_not_made_again_is_empty():
    row = beside(figure("a", 1.0, std_error=0.0), None)
    assert row["agrees"] == "" and pd.isna(row["ours"])


def test_what_is_off_is_said_in_a_line():
    table = against_published(pd.DataFrame([figure("a", 1.0, std_error=0.0)]), {"a": (2.0, None)}, "s")
    assert disagreements(table) == ["s/a: ours is 2, published equal 1; 0 is allowed."]


def test_an_unknown_relation_is_refused(tmp_path):
    write_table(pd.DataFrame([figure("a", 1.0, relation="~")]), PUBLISHED, tmp_path / "a.csv")
    with pytest.raises(InputError, match="relation"):
        load_published(tmp_path / "a.csv")


@pytest.mark.parametrize("path", sorted((FOLDER / "published").glob("*.csv")), ids=lambda path: path.stem)
def test_every_file_names_its_source(path):
    figures = load_published(path)
    assert len(figures) and (figures["source"] != "").all() and figures["value"].notna().all()


def test_none_of_the_committed_figures_is_further_off_than_allowed():
    table = read_table(FOLDER / "studies" / "published.csv", AGAINST_PUBLISHED, ("suite", "name"))
    assert disagreements(table) == [] and (table["agrees"] == "yes").sum() > 90
