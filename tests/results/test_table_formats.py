"""A table in every format, and what each format must not print as it is."""

import csv
import io
import json

import numpy as np
import pytest

from rlbench_rec.errors import UnknownNameError
from rlbench_rec.results.table_formats import TABLE_FORMS, Number, format_table

COLUMNS = ["policy", "value", "n", "useful"]
ROWS = [["DQN, greedy", 1.23456789, 10, True], ["a_b & 50 %", float("nan"), None, False]]


def test_text_is_aligned_and_numbers_are_to_the_right():
    assert format_table(COLUMNS, ROWS, "table").splitlines() == [
        "policy       value   n  useful",
        "DQN, greedy  1.235  10  yes",
        "a_b & 50 %              no",
    ]


def test_markdown():
    assert format_table(COLUMNS, ROWS, "markdown").splitlines() == [
        "| policy | value | n | useful |",
        "| --- | ---: | ---: | --- |",
        "| DQN, greedy | 1.235 | 10 | yes |",
        r"| a\_b & 50 % |  |  | no |",
    ]


def test_latex_has_the_rules_of_booktabs():
    assert format_table(COLUMNS, ROWS, "latex").splitlines() == [
        r"\begin{tabular}{lrrl}",
        r"\toprule",
        r"policy & value & n & useful \\",
        r"\midrule",
        r"DQN, greedy & 1.235 & 10 & yes \\",
        r"a\_b \& 50 \% &  &  & no \\",
        r"\bottomrule",
        r"\end{tabular}",
    ]


def test_a_row_that_begins_with_a_bracket_is_no_option_of_the_line_before():
    assert r"{}[1, 2] \\" in format_table(["interval"], [["[1, 2]"]], "latex").splitlines()


def test_html_is_escaped():
    text = format_table(["<b>"], [["<script>alert(1)</script>"], ['"&']], "html")
    assert "<script>" not in text and "<b>" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text and "&quot;&amp;" in text
    assert '<td style="text-align: right">1</td>' in format_table(["n"], [[1]], "html")


def test_csv_keeps_all_digits_and_runs_no_formula():
    text = format_table(["name", "value"], [["=1+1", 0.1 + 0.2], ['a,"b"', np.float64(2.0)], ["", None]], "csv")
    assert list(csv.reader(io.StringIO(text))) == [
        ["schema_version", "name", "value"],
        ["5", "'=1+1", "0.30000000000000004"],
        ["5", 'a,"b"', "2.0"],
        ["5", "", ""],
    ]


def test_json_has_null_for_what_is_not_defined():
    rows = [["a", np.nan, np.int64(3), np.bool_(True)], ["b", float("inf"), None, False]]
    assert json.loads(format_table(COLUMNS, rows, "json")) == [
        {"policy": "a", "value": None, "n": 3, "useful": True},
        {"policy": "b", "value": "inf", "n": None, "useful": False},
    ]


@pytest.mark.parametrize("form", TABLE_FORMS)
def test_every_format_takes_a_table_without_rows(form):
    assert format_table(["a", "b"], [], form)


@pytest.mark.parametrize(
    ("form", "text", "wanted"),
    [
        ("markdown", "a|b\nc", r"a\|b c"),
        ("markdown", "<img src=x> @someone", "&lt;img src=x&gt; &#64;someone"),
        ("markdown", "`x` *y* [z](u)", r"\`x\` \*y\* \[z\](u)"),
        ("latex", "\\input{x} ~^#$", r"\textbackslash{}input\{x\} \textasciitilde{}\textasciicircum{}\#\$"),
        ("latex", "1 ± 2", r"1 $\pm$ 2"),
        ("latex", 'a|b "c"', r"a\textbar{}b ''c''"),
        ("table", "a\x1b[31mb", "a"),
    ],
)
def test_text_that_a_format_would_obey_is_printed(form, text, wanted):
    made = format_table(["name"], [[text]], form)
    assert wanted in made and "\x1b" not in made


def test_a_format_that_there_is_not():
    with pytest.raises(UnknownNameError, match=r"Unknown format 'markdwn'\. Did you mean 'markdown'"):
        format_table(["a"], [], "markdwn")


def test_a_row_of_another_length():
    with pytest.raises(ValueError, match="a row has 1 cells, the table 2 columns"):
        format_table(["a", "b"], [[1]], "csv")


def test_a_number_with_a_text_is_read_so_by_people_and_whole_by_machines():
    rows = [["dqn", Number(4.065e-17, "<0.001")], ["cql", Number(0.25, "0.250")]]
    assert format_table(["policy", "p"], rows, "latex").splitlines()[4:6] == [
        r"dqn & \textless{}0.001 \\",
        r"cql & 0.250 \\",
    ]
    assert format_table(["policy", "p"], rows, "csv").splitlines()[1] == "5,dqn,4.065e-17"
    assert '"p": 4.065e-17' in format_table(["policy", "p"], rows, "json")
    assert format_table(["policy", "p"], rows, "table").splitlines()[1] == "dqn     <0.001"
