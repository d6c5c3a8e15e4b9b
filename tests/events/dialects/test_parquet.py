"""Every type of a Parquet column that a log may have: nothing is lost on the way to the EventLog."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rlbench_rec import events
from rlbench_rec.errors import InputError
from rlbench_rec.testing.datasets import check_log

COLUMNS = {"timestamp": "time", "user": "user", "event": "what", "item": "item"}
EVENTS = 'events = { view = "view", buy = "purchase" }'
TEXT = 'id_types = { item = "string" }'
INT64_MAX = 2**63 - 1


@pytest.fixture
def load(tmp_path, card):
    """load(more, roles, **columns) loads two rows with other columns than usual."""

    def call(more: str = "", roles: dict[str, str] | None = None, **columns: pa.Array | list):
        usual = {"time": [1, 2], "user": [5, 5], "what": ["view", "buy"], "item": [7, 8]}
        pq.write_table(pa.table(usual | columns), tmp_path / "log.parquet")
        log = events.load(card("parquet", COLUMNS | (roles or {}), f"{EVENTS}\n{more}"))
        check_log(log)
        return log

    return call


@pytest.mark.parametrize(
    "items",
    [
        pa.array([7.0, 8.0], pa.float64()),
        pa.array([7.0, 8.0], pa.float32()),
        pa.array([7, 8], pa.int8()),
        pa.array([7, 8], pa.uint64()),
        pa.array([Decimal("7.00"), Decimal("8.00")], pa.decimal128(20, 2)),
        pa.array([Decimal(7), Decimal(8)], pa.decimal128(38, 0)),
        pa.array(["7", "8"]).dictionary_encode(),
        pa.array(["7", "8"], pa.large_string()),
        pa.array([b"7", b"8"], pa.binary()),
        pa.array([b"7", b"8"], pa.binary(1)),
    ],
    ids=lambda array: str(array.type),
)
def test_whole_numbers_are_integers_whatever_their_type(load, items):
    assert load(item=items).to_pandas()["item_id"].tolist() == [7, 8]
    assert load(TEXT, item=items).to_pandas()["item_id"].tolist() == ["7", "8"]


def test_numbers_with_gaps_stay_whole_and_nan_is_missing(load):
    log = load(user=pa.array([float("nan"), 500.0]))
    assert log.report == events.LoadReport(2, 1, {"missing_user": 1})
    assert log.to_pandas()["user_id"].tolist() == [500]
    assert load(user=pa.array([None, 500.0])).report == events.LoadReport(2, 1, {"missing_user": 1})
    prices = load(roles={"price": "price"}, price=pa.array([float("nan"), 15.0])).to_pandas()["price"]
    assert prices.isna().tolist() == [True, False] and prices[1] == 15


@pytest.mark.parametrize("number", [7.5, 2.0**53, -(2.0**60), float("inf")])
def test_a_float_that_is_not_a_whole_number_below_2_to_the_53_is_not_an_id(load, number):
    assert load(item=pa.array([number, 8.0])).report == events.LoadReport(2, 1, {"malformed": 1})


def test_the_largest_whole_float_and_the_largest_integer_are_exact(load):
    assert load(item=pa.array([2.0**53 - 1, -5.0])).to_pandas()["item_id"].tolist() == [2**53 - 1, -5]
    assert load(item=pa.array([INT64_MAX, 1], pa.uint64())).to_pandas()["item_id"].tolist() == [INT64_MAX, 1]


def test_unsigned_numbers_beyond_int64_are_text_or_malformed(load):
    items = pa.array([2**64 - 1, 8], pa.uint64())
    assert load(item=items).report == events.LoadReport(2, 1, {"malformed": 1})
    assert load(TEXT, item=items).to_pandas()["item_id"].tolist() == [str(2**64 - 1), "8"]


def test_bytes_are_text_in_utf8_or_malformed(load):
    log = load(TEXT, item=pa.array(["käse".encode(), b"\xff\xfe"]))
    assert log.report == events.LoadReport(2, 1, {"malformed": 1})
    assert log.to_pandas()["item_id"].tolist() == ["käse"]
    log = load('context = { note = "category" }', note=pa.array([b"\xff", b"ok"]), unread=pa.array([b"\xff", b"\xfe"]))
    assert log.report == events.LoadReport(2, 1, {"malformed": 1}), "columns that are not read do no harm"


def test_decimals_are_prices(load):
    prices = pa.array([Decimal("15.90"), Decimal("-0.00")], pa.decimal128(10, 2))
    assert load(roles={"price": "price"}, price=prices).to_pandas()["price"].tolist() == [15.9, 0]


@pytest.mark.parametrize(
    ("times", "milliseconds"),
    [
        (pa.array([datetime.date(2019, 10, 1), datetime.date(2019, 10, 2)]), 1569888000000),
        (pa.array([1569888000000] * 2, pa.timestamp("ms")), 1569888000000),
        (pa.array([1569888000000000007] * 2, pa.timestamp("ns")), 1569888000000),
        (pa.array([1569888000000123] * 2, pa.timestamp("us", tz="Europe/Berlin")), 1569888000000),
        (pa.array(["2019-10-01", "2019-10-02"]).dictionary_encode(), 1569888000000),
    ],
    ids=lambda value: str(getattr(value, "type", value)),
)
def test_dates_and_timestamps_are_times(tmp_path, card, times, milliseconds):
    table = pa.table({"time": times, "user": [5, 5], "what": ["view", "buy"], "item": [7, 8]})
    pq.write_table(table, tmp_path / "log.parquet")
    path = card("parquet", COLUMNS, EVENTS)
    path.write_text(path.read_text().replace('time_unit = "s"', 'time_unit = "iso"'))
    assert events.load(path).to_pandas()["timestamp"][0] == milliseconds


@pytest.mark.parametrize(
    "kind",
    [
        pa.list_(pa.int64()),
        pa.large_list(pa.int32()),
        pa.list_(pa.int16(), 2),
        pa.list_(pa.float64()),
        pa.list_(pa.string()),
        pa.list_(pa.dictionary(pa.int8(), pa.string())),
        pa.list_(pa.decimal128(10, 1)),
        pa.list_(pa.binary()),
    ],
    ids=str,
)
def test_each_element_of_a_list_is_a_row(load, kind):
    convert = {"string": str, "dictionary": str, "binary": lambda n: str(n).encode(), "decimal128": Decimal}
    value = next((make for name, make in convert.items() if name in str(kind.value_type)), lambda n: n)
    items = [[value(7), value(8)], [value(9), None]]
    plain = pa.list_(pa.string()) if "dictionary" in str(kind) else kind
    items = pa.array(items, plain).cast(kind)
    log = load('lists = { columns = ["item", "what"] }', item=items, what=[["view", "buy"], ["view", "view"]])
    assert log.report == events.LoadReport(4, 3, {"malformed": 1})
    assert log.to_pandas()["item_id"].tolist() == [7, 8, 9]


def test_times_in_a_list_are_times(load, tmp_path, card):
    day = datetime.datetime(2019, 10, 1, 10)
    times = [[day, day + datetime.timedelta(minutes=1)], [day, None]]
    table = pa.table({"time": times, "user": [5, 6], "what": [["view", "buy"]] * 2, "item": [[7, 8], [9, 9]]})
    pq.write_table(table, tmp_path / "log.parquet")
    path = card("parquet", COLUMNS, f'{EVENTS}\nlists = {{ columns = ["time", "what", "item"] }}')
    path.write_text(path.read_text().replace('time_unit = "s"', 'time_unit = "iso"'))
    log = events.load(path)
    assert log.report == events.LoadReport(4, 3, {"malformed": 1})
    assert log.to_pandas()["timestamp"].tolist() == [1569924000000, 1569924060000, 1569924000000]


def test_lists_of_different_lengths_or_none_are_one_malformed_row(load):
    log = load(
        'lists = { columns = ["item", "what"] }',
        item=[[7, 8], None, [7], [], [7]],
        what=[["view"], ["view"], ["view"], [], None],
        time=[1] * 5,
        user=[1] * 5,
    )
    assert log.report == events.LoadReport(5, 1, {"malformed": 4})
    assert pd.read_parquet(log.quarantine)["line"].tolist() == [1, 2, 4, 5]


def test_lists_of_objects_have_their_keys_for_columns(load):
    items = [[{"id": 7, "offer": {"price": 1.5}}, {"id": 8, "offer": None}], [{"id": 9, "offer": {"price": 2.0}}]]
    log = load('lists = { columns = ["items"] }', {"item": "items.id", "price": "items.offer.price"}, items=items)
    assert log.report == events.LoadReport(3, 3, {})
    assert log.to_pandas()["price"].fillna(-1).tolist() == [1.5, -1, 2.0]
    with pytest.raises(InputError, match="no field 'sku' in the lists of 'items'"):
        load(roles={"item": "items[].sku"}, items=items)


def test_texts_with_a_delimiter_are_lists_too(load):
    log = load('lists = { columns = ["item"], delimiter = " " }', item=["7 8", "9"])
    assert log.to_pandas()["item_id"].tolist() == [7, 8, 9]


def test_what_is_neither_list_nor_text_cannot_be_taken_apart(load):
    with pytest.raises(InputError, match="'item' holds int64 and no lists"):
        load(roles={"item": "item[]"})


def test_files_may_keep_one_column_in_types_of_their_own(tmp_path, card):
    for number, items in enumerate(([7, 8], [9.0, None], ["10", "11"])):
        table = pa.table({"time": [number] * 2, "user": [5, 5], "what": ["view"] * 2, "item": items})
        pq.write_table(table, tmp_path / f"log.{number}.parquet")
    log = events.load(card("parquet", COLUMNS, EVENTS))
    assert log.report == events.LoadReport(6, 5, {"malformed": 1})
    assert log.to_pandas()["item_id"].tolist() == [7, 8, 9, 10, 11]
