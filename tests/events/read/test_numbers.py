"""Prices as shops write them: the number that was meant, or malformed; never another number."""

from __future__ import annotations

import math
import re

import pytest

from rlbench_rec import events
from rlbench_rec.errors import InputError

NO_BREAK, NARROW = "\u00a0", "\u202f"
COMMA, GERMAN = {"decimal": ","}, {"decimal": ",", "thousands": "."}
ENGLISH, SPACED = {"thousands": ","}, {"decimal": ",", "thousands": " "}


def toml(keys: dict[str, str | list[str]]) -> str:
    return "".join(f"{key} = {value!r}\n" for key, value in keys.items())


def prices_of(shop, keys: dict, texts: list[str], more: str = "") -> list[float | None]:
    """The price that each text is read as; None where its row is malformed."""
    rows = "".join(f'{1 + i}|1|{i}|view|"{text}"\n' for i, text in enumerate(texts))
    card = shop("time|user|item|what|price\n" + rows + "99|1|99|view|\n", toml({"delimiter": "|", **keys}) + more)
    frame = events.load(card).to_pandas().set_index("item_id")["price"]
    assert math.isnan(frame[99])
    return [frame.get(i) for i in range(len(texts))]


@pytest.mark.parametrize(
    ("keys", "prices"),
    [
        (
            COMMA,
            {
                "15,00": 15.0,
                "0,5": 0.5,
                ",5": 0.5,
                "15,": 15.0,
                "+15,5": 15.5,
                "1,5e3": 1500.0,
                "15.00": None,
                "1,234,567": None,
                "15,00 ": 15.0,
                "": float("nan"),
            },
        ),
        (
            ENGLISH,
            {
                "3,000.00": 3000.0,
                "1,234,567.5": 1234567.5,
                "1234.5": 1234.5,
                "1,23": None,
                "1,2345": None,
                ",234": None,
                "1234,567": None,
                "1,234,56": None,
                "1,234,": None,
                "1,,234": None,
                "1,00,000.5": 100000.5,
                "12,34,567": 1234567.0,
                "12,345,67": None,
                "1,234e2": None,
                "1,234.5.6": None,
                "1.234,5": None,
            },
        ),
        (GERMAN, {"1.234,56": 1234.56, "1.234": 1234.0, "1.23": None, "15,00": 15.0}),
        (SPACED, {f"1{NO_BREAK}234,56": 1234.56, f"1{NARROW}234{NARROW}567": 1234567.0, "1 234": 1234.0, "1 23": None}),
        ({"thousands": "'"}, {"1'299.00": 1299.0}),
        ({"thousands": "\u2019"}, {"1\u2019299.00": 1299.0}),
        ({"thousands": "_"}, {"1_299": 1299.0}),
        ({"decimal": ",", "strip": "R$ "}, {"R$ 15,00": 15.0, f"R${NO_BREAK}15,00": None}),
        ({"decimal": ",", "strip": "R$"}, {f"R${NO_BREAK}15,00": 15.0, "US$ 15,00": None}),
        ({"decimal": ",", "strip": "\u20ac"}, {"15,00 \u20ac": 15.0, "\u20ac15,00": 15.0}),
        ({"thousands": ",", "strip": ["$", "USD"]}, {"$1,299": 1299.0, "$1,299.00 USD": 1299.0, "1,299 EUR": None}),
        ({"strip": "Rs."}, {"Rs.15": 15.0}),
        ({"strip": ".-"}, {"15.-": 15.0}),
        ({"strip": "\u5143"}, {"15.5\u5143": 15.5}),
        (
            {"strip": "$"},
            {
                "$": None,
                "nan": None,
                "inf": None,
                "$1e999": None,
                "0x1F": None,
                "1$5": None,
                "-15.00": None,
                "(15.00)": None,
            },
        ),
        ({}, {"15,00": None, "$15": None, "(15.00)": None}),
    ],
)
def test_a_price_is_the_number_that_was_meant_or_malformed(shop, keys, prices):
    assert prices_of(shop, keys, list(prices)) == pytest.approx(list(prices.values()), nan_ok=True)


@pytest.mark.parametrize(
    "text", ["-15.00", "(15.00)", "-$15.00", "$-15.00", "($15.00)", "$(15.00)", "\u221215", "- 15"]
)
def test_an_amount_below_zero_is_a_refund_however_it_is_written(shop, text):
    card = shop(
        f"time,user,item,what,price\n1,1,7,buy,{text}\n2,1,7,buy,$15\n", toml({"negative": "refund", "strip": "$"})
    )
    frame = events.load(card).to_pandas()
    assert frame["event"].tolist() == ["refund", "purchase"] and frame["price"].tolist() == [15.0, 15.0]


@pytest.mark.parametrize("text", ["(15.00", "15.00)", "-(15.00)", "--15", "-+15", "15-", "()", "-"])
def test_a_sign_that_is_not_one_is_malformed(shop, text):
    card = shop(f"time,user,item,what,price\n1,1,7,buy,{text}\n2,1,7,buy,15\n", toml({"negative": "refund"}))
    assert events.load(card).report == events.LoadReport(2, 1, {"malformed": 1})


@pytest.mark.parametrize(
    ("keys", "written"),
    [
        (ENGLISH, "{:,.2f}"),
        (GERMAN, "{:,.2f}"),
        (SPACED, "{:,.2f}"),
        ({"decimal": ",", "strip": "kr."}, "{:.2f} kr."),
        ({"thousands": "'", "strip": "CHF"}, "CHF {:,.2f}"),
    ],
)
def test_what_a_shop_writes_is_what_is_read(shop, keys, written):
    amounts = [round(10.0**power * digit / 7, 2) for power in range(10) for digit in range(1, 10)]
    marks = str.maketrans({",": keys.get("thousands", ""), ".": keys.get("decimal", ".")})
    head, number, tail = re.fullmatch(r"(.*)(\{.*\})(.*)", written).groups()
    texts = [head + number.format(amount).translate(marks) + tail for amount in amounts]
    assert prices_of(shop, keys, texts) == amounts


def test_all_numbers_are_written_alike(shop):
    columns = (
        '{ timestamp = "time", item = "item", event = "what", user = "user", price = "price", quantity = "n", '
        'rating = "stars" }'
    )
    more = toml(GERMAN) + 'delimiter = ";"\ncontext = { age = "number", size = "category" }\n'
    rows = "1;1;7;buy;1.234,5;1.000;4,5;30,5;1,5\n2;1;7;buy;1;2,0;;;\n3;1;7;buy;1;2,5;;;\n4;1;7;buy;1;1;good;;\n"
    log = events.load(shop("time;user;item;what;price;n;stars;age;size\n" + rows, more, columns=columns))
    assert log.report == events.LoadReport(4, 2, {"malformed": 2})
    row = log.to_pandas().iloc[0]
    assert (row["price"], row["quantity"], row["rating"], row["age"], row["size"]) == (1234.5, 1000, 4.5, 30.5, "1,5")


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("2", 2),
        ("2.0", 2),
        ("2.", 2),
        ("0", 0),
        ("2.5", None),
        ("-1", None),
        ("two", None),
        ("9007199254740995.0", None),
    ],
)
def test_quantities_and_positions_are_whole_numbers_that_may_be_written_as_floats(shop, text, pieces):
    columns = '{ timestamp = "time", item = "item", event = "what", user = "user", quantity = "n", position = "n" }'
    frame = events.load(shop(f"time,user,item,what,n\n1,1,7,buy,1\n2,1,8,buy,{text}\n", columns=columns)).to_pandas()
    assert frame["quantity"].tolist() == frame["position"].tolist() == [1, *([] if pieces is None else [pieces])]


@pytest.mark.parametrize(
    ("keys", "problem"),
    [
        ({"decimal": ",", "thousands": ","}, "decimal and thousands are both ','"),
        ({"thousands": "."}, "decimal and thousands are both '.'"),
        ({"thousands": "0"}, "thousands = '0' is part of a number"),
        ({"thousands": "-"}, "thousands = '-' is part of a number"),
        ({"thousands": ", "}, "thousands"),
        ({"decimal": ";"}, "decimal"),
        ({"strip": "-"}, "strip = '-' is part of a number"),
        ({"strip": ["$", "."]}, "strip = '.' is part of a number"),
        ({"strip": "x1"}, "strip = 'x1' is part of a number"),
        ({"negative": "purchase"}, "negative"),
    ],
)
def test_a_card_whose_numbers_have_two_meanings_is_refused(shop, keys, problem):
    with pytest.raises(InputError, match=problem):
        events.load(shop("time,user,item,what,price\n1,1,7,buy,1\n", toml(keys)))
