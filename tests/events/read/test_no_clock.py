"""Logs without a clock: a whole number says in which order events follow each other."""

from __future__ import annotations

import pytest

from rlbench_rec import events
from rlbench_rec.errors import InputError
from rlbench_rec.events.profile.facts import profile
from rlbench_rec.testing.datasets import check_log

HEADER = "order,user,item,what,price,visit\n"
COLUMNS = '{ order = "order", item = "item", event = "what", user = "user", session = "visit" }'
GIVEN = 'session = "given"\n'


def baskets(shop, rows: str, more: str = GIVEN, columns: str = COLUMNS):
    return shop(HEADER + rows, more, columns=columns)


def test_sessions_stand_by_their_first_order_and_ties_by_the_file(shop):
    card = baskets(shop, "2,1,10,buy,,12\n1,1,11,view,,11\n2,2,12,view,,22\n1,2,13,buy,,21\n2,1,14,buy,,12\n")
    log = events.load(card)
    frame = log.to_pandas()
    assert frame["session_id"].tolist() == [11, 21, 12, 12, 22]
    assert frame["item_id"].tolist() == [11, 13, 10, 14, 12], "rows of one order keep that of the file"
    assert frame["order"].tolist() == [1, 1, 2, 2, 2] and frame["timestamp"].isna().all()
    assert not log.has_clock and log.to_arrow().column_names[-1] == "order"
    assert str(log.to_arrow(["timestamp"])["timestamp"].type) == "int64"
    check_log(log)


def test_within_a_session_rows_follow_their_order(shop):
    card = baskets(shop, "30,1,10,buy,,1\n-5,1,11,view,,1\n7,1,12,view,,1\n")
    assert events.load(card).to_pandas()["item_id"].tolist() == [11, 12, 10]


def test_every_row_can_be_a_session(shop):
    log = events.load(baskets(shop, "2,1,10,buy,,1\n1,1,11,view,,1\n1,2,12,view,,1\n", 'session = "row"\n'))
    assert log.to_pandas()["item_id"].tolist() == [11, 12, 10] and log.n_sessions == 3
    check_log(log)


@pytest.mark.parametrize("order", ["", "x", "1.5", "1e300", "9" * 18, "-" + "9" * 18, "9" * 40])
def test_a_row_without_a_whole_number_for_its_order_is_malformed(order, shop):
    log = events.load(baskets(shop, f"1,1,10,buy,,1\n{order},1,11,view,,1\n"))
    assert log.report.set_aside == {"malformed": 1} and log.report.rows_kept == 1


def test_orders_may_be_large_and_written_as_floats(shop):
    most = 10**17
    log = events.load(baskets(shop, f"{most},1,10,view,,1\n3.0,1,11,view,,1\n-{most},2,12,view,,2\n"))
    assert log.to_pandas()["order"].tolist() == [-most, 3, most]


def test_a_profile_says_that_there_is_no_clock(shop):
    card = baskets(shop, "1,1,10,buy,,1\n4,1,11,view,,1\n2,2,11,view,,2\n")
    shown = profile(card)
    rows = {row.label: row.value for section in shown.sections for row in section.rows}
    assert (rows["time"], rows["order"]) == ("no clock", "1 to 4")
    assert "Pauses within sessions" not in [section.title for section in shown.sections]


@pytest.mark.parametrize(
    ("more", "columns", "message"),
    [
        ("", COLUMNS, "has no gaps"),
        (GIVEN, COLUMNS.replace('"order"', '"order", timestamp = "price"'), "leave out columns.timestamp or"),
        (GIVEN, COLUMNS.replace('order = "order", ', ""), "needs columns.timestamp; where it has no clock"),
        (GIVEN, COLUMNS.replace('"order"', '"order", since_start = "price"'), "since_start needs columns.timestamp"),
        (
            f'{GIVEN}window = {{ start = "2019-10-01T00:00:00Z", end = "2019-11-01T00:00:00Z" }}\n',
            COLUMNS,
            "has no window",
        ),
        (
            f'{GIVEN}lookups = [{{ pattern = "side.csv", key = {{ item = "i" }}, into = "category", value = "c", '
            'as_of = "t" }]\n',
            COLUMNS,
            "as_of needs columns.timestamp",
        ),
        (f'{GIVEN}variants = {{ a = {{ file = "log.csv", session = "gap" }} }}\n', COLUMNS, "has no gaps"),
    ],
    ids=["gaps", "both", "neither", "since_start", "window", "as_of", "gaps of a variant"],
)
def test_what_needs_a_clock_is_refused(more, columns, message, shop):
    with pytest.raises(InputError, match=message):
        events.load(baskets(shop, "1,1,10,buy,,1\n", more, columns))


def test_a_context_column_called_order_is_renamed_by_an_alias(shop):
    with pytest.raises(InputError, match=r"'order' has a name that is already used.*aliases"):
        events.load(baskets(shop, "1,1,10,buy,,1\n", f'{GIVEN}context = {{ order = "number" }}\n'))
    text = "time,user,item,what,price,order\n1,1,7,view,,5\n2,1,8,view,,6\n"
    log = events.load(shop(text, 'context = { my_order = "number" }\naliases = { order = "my_order" }\n'))
    assert log.has_clock and log.to_pandas()["my_order"].tolist() == [5, 6]


def test_elements_of_a_list_follow_their_order(shop):
    lists = f'{GIVEN}lists = {{ columns = ["item"], delimiter = " " }}\n'
    log = events.load(baskets(shop, "2,1,10 11,buy,,2\n1,1,12 13,buy,,1\n", lists))
    assert log.to_pandas()["item_id"].tolist() == [12, 13, 10, 11]
    check_log(log)
