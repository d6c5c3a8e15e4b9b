"""Ids of several columns or written as floats; events without a word; searches; ratings; forms of propensity."""

from __future__ import annotations

import math
import warnings

import pandas as pd
import pytest

from rlbench_rec import events, mdp
from rlbench_rec.errors import DataWarning, InputError
from rlbench_rec.events.profile import profile
from rlbench_rec.testing.datasets import check_log

VISIT = '{ timestamp = "time", item = "item", event = "what", user = "user", session = ["user", "visit"] }'
TEXT = 'session = "given"\nid_types = { user = "string" }\n'


def sessions_of(shop, rows: list[tuple[str, str]], more: str = TEXT) -> list[str]:
    text = "".join(f'{i},"{user}",7,view,"{visit}"\n' for i, (user, visit) in enumerate(rows))
    with warnings.catch_warnings():
        warnings.simplefilter("error", DataWarning)
        log = events.load(shop("time,user,item,what,visit\n" + text, more, columns=VISIT))
    return log.to_pandas().sort_values("timestamp")["session_id"].tolist()


def test_a_session_of_two_columns_is_that_of_one_user(shop):
    ids = sessions_of(shop, [("500", "1"), ("500", "1"), ("501", "1"), ("500", "2")])
    assert ids == ["500|1", "500|1", "501|1", "500|2"]


def test_no_two_pairs_have_one_id(shop):
    pairs = [
        ("a|b", "c"),
        ("a", "b|c"),
        ("a\\", "b"),
        ("a", "\\b"),
        ("a\\|b", "c"),
        ("a\\", "|b|c"),
        ("a|", "b"),
        ("a", "|b"),
    ]
    assert len(set(sessions_of(shop, pairs))) == len(pairs)


def test_a_session_lacks_its_id_where_a_part_is_missing(shop):
    rows = "1,1,7,view,1\n2,,7,view,1\n3,1,7,view,\n4,1,7,view,-\n"
    log = events.load(shop("time,user,item,what,visit\n" + rows, TEXT + 'missing = ["-"]\n', columns=VISIT))
    assert log.report == events.LoadReport(4, 1, {"missing_session": 3})


def test_a_session_of_several_columns_is_at_least_two(shop):
    with pytest.raises(InputError, match="session"):
        events.load(shop("time,user,item,what,visit\n", TEXT, columns=VISIT.replace('["user", "visit"]', '["visit"]')))
    with pytest.raises(InputError, match="no column 'visit'"):
        events.load(shop("time,user,item,what\n1,1,7,view\n", TEXT, columns=VISIT))


def test_ids_written_as_floats_are_the_whole_numbers_that_they_are(shop):
    ids = ["500.0", "500", "-3.00", "9007199254740993.0", "7.", "7.5", "4.001E+12", "9223372036854775808.0", "x", ".0"]
    rows = "".join(f"{i},1.0,{text},view,1\n" for i, text in enumerate(ids))
    log = events.load(shop("time,user,item,what,price\n" + rows, 'id_types = { item = "float", user = "float" }\n'))
    assert log.to_pandas()["item_id"].tolist() == [500, 500, -3, 2**53 + 1, 7]
    assert log.to_pandas()["user_id"].tolist() == [1] * 5
    assert log.report.set_aside == {"malformed": 5}


def test_an_event_without_a_word_can_be_named(shop):
    rows = "time,user,item,what,price\n1,1,7,add,\n2,1,7,,\n3,1,7,-,\n4,1,7,other,\n"
    missing = 'missing = ["-"]\n'
    log = events.load(shop(rows, missing, events='{ add = "cart", "" = "view" }'))
    assert log.counts == {"view": 2, "cart": 1} and log.report.set_aside == {"unknown_event": 1}
    log = events.load(shop(rows, missing, events='{ add = "cart" }'))
    assert log.counts == {"cart": 1} and log.report.set_aside == {"unknown_event": 3}


def test_a_search_alone_may_be_of_no_item(shop):
    rows = "1,1,,find,shoes\n2,1,7,view,\n3,1,,view,\n4,1,x,find,\n5,1,8,find,hats\n6,1,,other,\n"
    more = 'context = { query = "category" }\n'
    kinds = '{ view = "view", find = "search" }'
    log = events.load(
        shop("time,user,item,what,query\n" + rows, more, columns=VISIT.split(", session")[0] + " }", events=kinds)
    )
    frame = log.to_pandas()
    assert frame["event"].tolist() == ["search", "view", "search"]
    assert frame["item_id"].isna().tolist() == [True, False, False] and frame["item_id"].tolist()[1:] == [7, 8]
    assert frame["query"].tolist()[0] == "shoes"
    check_log(log)
    assert log.report.set_aside == {"malformed": 3} and log.n_items == 2


def test_ratings_are_numbers_or_missing(shop):
    columns = '{ timestamp = "time", item = "item", event = "what", user = "user", rating = "stars" }'
    log = events.load(shop("time,user,item,what,stars\n1,1,7,view,4.5\n2,1,7,view,\n3,1,7,view,bad\n", columns=columns))
    assert log.report == events.LoadReport(3, 2, {"malformed": 1})
    first, second = log.to_pandas()["rating"]
    assert first == 4.5 and math.isnan(second)


def test_context_columns_may_be_called_as_columns_that_the_card_does_not_use(shop):
    rows = "".join(f"{100_000 * i},{i},7,view,1,good,{9 - i}\n" for i in range(8))
    more = 'context = { rating = "category", order = "number" }\n'
    log = events.load(shop("time,user,item,what,price,rating,order\n" + rows, more))
    check_log(log)
    assert log.context_columns == ("rating", "order") and log.has_clock
    assert log.to_pandas()["rating"].tolist() == ["good"] * 8
    data = mdp.build(log)
    assert "satisfaction" not in data.metric_names and data.timestamps is not None


LOGGED = '{ timestamp = "time", item = "item", event = "what", user = "user", propensity = "p" }'


def propensities(shop, form: str, *texts: str) -> list[float]:
    rows = "".join(f"{i},1,7,view,{text}\n" for i, text in enumerate(texts))
    card = shop(
        "time,user,item,what,p\n" + rows, f'propensity_form = "{form}"\n', columns=LOGGED, propensity='"logged"'
    )
    return pd.read_parquet(events.load(card, out=card.parent / "out").path)["propensity"].tolist()


@pytest.mark.parametrize(
    ("form", "texts", "values"),
    [
        ("probability", ["0.25", "1"], [0.25, 1.0]),
        ("percent", ["25", "100", "25%", "12.5 %"], [0.25, 1.0, 0.25, 0.125]),
        ("log", ["0", "-1.3862943611198906"], [1.0, 0.25]),
        ("inverse", ["4", "1"], [0.25, 1.0]),
    ],
)
def test_propensities_are_read_in_the_form_that_the_card_says(shop, form, texts, values):
    assert propensities(shop, form, *texts) == pytest.approx(values, rel=1e-15)


@pytest.mark.parametrize(
    ("form", "text", "message"),
    [
        ("probability", "0", r"is 0\.0; it must lie in \(0, 1\]"),
        ("percent", "0", r"is 0; in percent it must lie in \(0, 100\]"),
        ("percent", "101%", r"is 101%; in percent"),
        ("log", "0.25", r"is 0\.25; as a logarithm it must be 0 or below"),
        ("log", "-1e9", r"is -1e9; as a logarithm"),
        ("inverse", "0.25", r"is 0\.25; as 1 divided by the probability it must be 1 or more"),
        ("inverse", "0", r"is 0; as 1 divided by"),
        ("inverse", "x", r"is x; as 1 divided by"),
        ("inverse", "\x1b[31m4", r"is \\u001b\[31m4; as 1 divided by"),
        ("inverse", "", r"is not a number; as 1 divided by"),
    ],
)
def test_a_propensity_outside_is_named_as_the_file_has_it(shop, form, text, message):
    with pytest.raises(InputError, match=message) as error:
        propensities(shop, form, "1" if form != "log" else "0", text)
    assert "log.csv:3: column 'p'" in str(error.value)


def test_a_form_needs_a_column(shop):
    with pytest.raises(InputError, match=r"propensity_form needs columns\.propensity"):
        events.load(shop("time,user,item,what,price\n1,1,7,view,1\n", 'propensity_form = "log"\n'))


@pytest.mark.parametrize(
    ("no", "yes"), [("0", "1"), ("0.0", "1.0"), ("False", "True"), ("no", "yes"), ("N", "Y"), ("f", "t")]
)
def test_flags_are_written_as_numbers_or_words(shop, no, yes):
    rows = f"1,1,7,{no},{no}\n2,1,7,{yes},{no}\n3,1,7,{yes},{yes}\n4,1,7,{no},\n5,1,7,2,{no}\n"
    columns = '{ timestamp = "time", item = "item", user = "user" }'
    flags = 'outcomes = { clicked = "click", bought = "purchase" }\n'
    log = events.load(shop("time,user,item,clicked,bought\n" + rows, flags, columns=columns, events="{}"))
    assert log.counts == {"click": 1, "impression": 1, "purchase": 1}
    assert log.report.set_aside == {"unknown_event": 2}


def test_what_is_noted_and_a_search_of_no_item_are_in_the_profile(shop):
    columns = '{ timestamp = "time", item = "item", event = "what", user = "user", session = "visit" }'
    card = shop(
        "time,user,item,what,visit\n1,1,,find,1\n2,2,7,view,1\n3,2,7,view,1\n",
        'session = "given"\n',
        columns=columns,
        events='{ view = "view", find = "search" }',
    )
    with pytest.warns(DataWarning, match="sessions with several users"):
        sections = {section.title: {row.label: row.value for row in section.rows} for section in profile(card).sections}
    assert sections["Account"]["noted: sessions with several users"] == "1"
    assert "items seen once" not in sections["Worth knowing"]
    assert sections["Sessions with at least one"] == {"view": "1", "search": "1"}
