"""One line into fields: the rules of CSV, and what Spark, Hive and MySQL add to them."""

from __future__ import annotations

import csv

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rlbench_rec.events.read.fields import split_fields


@given(st.text(alphabet='",ab 1|', max_size=12))
@example('"a"",b')
@example('"a""b",')
def test_lines_that_python_csv_reads_are_read_alike_with_longer_delimiters(line):
    try:
        expected = next(csv.reader([line], strict=True)) or [""]
    except csv.Error:
        expected = None
    assert split_fields(line, ",") == expected
    longer = split_fields(line.replace(",", "::"), "::")
    assert longer == (expected and [field.replace(",", "::") for field in expected])


@given(st.text(alphabet="\"'\\\\N,:x1|", max_size=12), st.sampled_from(["", "'", '"']), st.sampled_from(["", "\\"]))
@example(r'"a\"""",\\N', '"', "\\")
@pytest.mark.parametrize("delimiter", [",", "|:"])
def test_both_ways_of_splitting_agree_where_no_blanks_stand(delimiter, line, quote, escape):
    assert split_fields(line, delimiter, quote, escape) == split_fields(line, delimiter, quote, escape, trim=True)


@pytest.mark.parametrize(
    ("line", "fields"),
    [
        (r'1,"27\" monitor, black",2', ["1", '27" monitor, black', "2"]),
        (r'"a\\","b"', ["a\\", "b"]),
        (r'"a""b\"c"', ['a"b"c']),
        (r"red\, blue,2", ["red, blue", "2"]),
        (r"\N,\\N,a\N,\\\N", ["\\N", "\\N", "a\\N", "\\\\N"]),
        (r'a"b,\"c', ['a"b', '"c']),
        (r'"never closed\"', None),
        ("cut off\\", None),
        ('"a" b,c', None),
        ("", [""]),
        (",", ["", ""]),
    ],
)
@pytest.mark.parametrize("trim", [False, True])
def test_an_escape_takes_the_next_character_as_it_is(line, fields, trim):
    assert split_fields(line, ",", escape="\\", trim=trim) == fields


def test_an_escape_where_quotes_mean_nothing():
    assert split_fields('27" a\\\tb\t"x', "\t", quote="", escape="\\") == ['27" a\tb', '"x']


def test_blanks_around_quotes():
    assert split_fields('1, "a, b" ,\u3000"c"', ",", trim=True) == ["1", "a, b", "c"]
    assert split_fields('1\t "a\tb"\t\t2', "\t", trim=True) == ["1", "a\tb", "", "2"]
    assert split_fields('1, "a" b', ",", trim=True) is None


@pytest.mark.parametrize("mark", ["]", "^", "-", "\\", ".", "|"])
def test_marks_that_mean_something_in_patterns(mark):
    assert split_fields(f"a{mark}{mark}b~~{mark}c~~d{mark}", "~~", quote=mark) == [f"a{mark}{mark}b", "c~~d"]
    assert split_fields(f"a{mark};b;c", ";", escape=mark) == ["a;b", "c"]
    assert split_fields(f'"x{mark}{mark}"{mark}{mark}b', mark * 2) == [f"x{mark}{mark}", "b"]


def test_a_long_line_of_quotes_takes_no_long_time():
    assert split_fields('"' + '""' * 50_000 + "x", "::", trim=True) is None
