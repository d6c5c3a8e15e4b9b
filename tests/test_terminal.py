"""What a file says is shown on a terminal, never obeyed."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlbench_rec.errors import InputError
from rlbench_rec.terminal import printable


@pytest.mark.parametrize("text", ["", "plain", "Größe", "商品　一覧", "می‌خواهم", "👩‍👩‍👧", "a\tb\n", "[red]"])
def test_what_people_write_stays_as_it_is(text):
    assert printable(text) == text


@given(st.dictionaries(st.text(), st.text()))
def test_json_stays_the_same_json(value):
    text = json.dumps(value, ensure_ascii=False)
    assert json.loads(printable(text)) == value
    assert printable(printable(text)) == printable(text)


def test_an_error_says_what_it_quotes_without_obeying_it():
    error = InputError("There is no column '\x1b[31mx'.", where="\x1b]0;a\x07.csv")
    assert "\x1b" not in str(error) and "\x07" not in str(error)
    assert str(error).startswith("\\u001b]0;a\\u0007.csv: ")
