"""How amounts are written is told by their texts, and never read as another number."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlbench_rec.events.infer.forms.number_forms import MARKS, NumberForm, number_forms


@pytest.mark.parametrize(
    ("texts", "keys", "last"),
    [
        (["15.0", "7.5"], {}, 7.5),
        (["1e3"], {}, 1000),
        (["15,00", "7,50"], {"decimal": ","}, 7.5),
        (["3,000.00", "7.50"], {"thousands": ","}, 7.5),
        (["1.234,56", "7,50"], {"decimal": ",", "thousands": "."}, 7.5),
        (["1 234,56"], {"decimal": ",", "thousands": " "}, 1234.56),
        (["1\u00a0234,56"], {"decimal": ",", "thousands": "\u00a0"}, 1234.56),
        (["1'299.00"], {"thousands": "'"}, 1299),
        (["1,00,000.00"], {"thousands": ","}, 100_000),
        (["R$ 15,00"], {"decimal": ",", "strip": "R$ "}, 15),
        (["15,00 €", "1.234,00 €"], {"decimal": ",", "thousands": ".", "strip": " €"}, 1234),
        (["€15.00", "£3.00"], {"strip": ["€", "£"]}, 3),
        (["-15.00", "(15.00)"], {}, -15),
        # A thousand does not begin with a zero.
        (["0.015", "0.125"], {}, 0.125),
    ],
)
def test_the_form_is_told_by_the_texts(texts, keys, last):
    (form,) = number_forms(texts)
    assert form.keys == keys and form.number(texts[-1]) == last


@pytest.mark.parametrize(
    ("text", "numbers"), [("1,234", (1234, 1.234)), ("1.234", (1.234, 1234)), ("$1,299", (1299, 1.299))]
)
def test_three_digits_behind_the_only_mark_are_open(text, numbers):
    assert tuple(form.number(text) for form in number_forms([text])) == numbers


@pytest.mark.parametrize("texts", [["abc"], ["1.2.3,4"], ["12,34,5.6"], ["10:30"], ["15.0", "free"]])
def test_what_is_not_a_number(texts):
    assert number_forms(texts) == []


@given(
    st.lists(st.integers(-(10**9), 10**9), min_size=3, max_size=20),
    st.sampled_from(MARKS),
    st.sampled_from(["", "€ ", " kr"]),
)
def test_amounts_come_back_whatever_their_form(cents, marks, text):
    decimal, thousands = marks
    written = []
    for amount in cents:
        plain = f"{abs(amount) / 100:,.2f}".replace(",", "T").replace(".", decimal).replace("T", thousands)
        sign = "-" if amount < 0 else ""
        written.append(f"{sign}{text}{plain}" if text.endswith(" ") else f"{sign}{plain}{text}")
    (form,) = number_forms(written)
    assert [form.number(each) for each in written] == [amount / 100 for amount in cents]


def test_a_form_reads_no_other():
    assert NumberForm(",", ".").number("1.23") is None and NumberForm(".", ",").number("1,23") is None


@pytest.mark.parametrize("texts", [("1.5", ".1."), ("1.5", "5,"), ("12.", "1.2.3"), ("1.5", "2 .")])
def test_marks_of_numbers_are_never_stripped(texts):
    assert number_forms(texts) == []
