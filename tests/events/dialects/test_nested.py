"""Fields inside objects and arrays, in JSON and in Parquet."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rlbench_rec import events
from rlbench_rec.errors import InputError
from rlbench_rec.testing.datasets import check_log

EVENTS = 'events = { view = "view", buy = "purchase" }'
TEXT_IDS = 'id_types = { item = "string", user = "string" }'
COLUMNS = {"timestamp": "time", "user": "user", "event": "what"}
FORMS = ("jsonl", "json", "parquet")


def write(folder, form: str, rows: list[dict[str, Any]]) -> None:
    if form == "parquet":
        every = dict.fromkeys(name for row in rows for name in row)
        rows = [dict.fromkeys(every) | row for row in rows]
        pq.write_table(pa.Table.from_pylist(rows), folder / "log.parquet")
    elif form == "json":
        (folder / "log.json").write_text(json.dumps(rows, indent=1))
    else:
        (folder / "log.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


def event(time: int, **more: Any) -> dict[str, Any]:
    return {"time": time, "user": 1, "what": "view", **more}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("properties.product_id", {"properties": {"product_id": 7, "price": 2.5}}),
        ("a.b.c.d", {"a": {"b": {"c": {"d": 7}}}}),
        ("a.b.c", {"a.b": {"c": 7}}),
        ("a.b.c", {"a": {"b.c": 7}}),
        ("a.b", {"a.b": 7, "a": {"b": 8}}),
        ("a/b.c~d", {"a/b": {"c~d": 7}}),
        ('it\'s."x"', {"it's": {'"x"': 7}}),
        ("ä.ö", {"ä": {"ö": 7}}),
    ],
)
def test_a_dot_leads_into_an_object(tmp_path, card, form, name, row):
    write(tmp_path, form, [event(10, **row), event(20, **row)])
    log = events.load(card(form, {**COLUMNS, "item": name}, EVENTS))
    check_log(log)
    assert log.report == events.LoadReport(2, 2, {})
    assert log.to_pandas()["item_id"].tolist() == [7, 7]


@pytest.mark.parametrize("form", FORMS)
def test_a_field_that_only_late_rows_have_is_found(tmp_path, card, form):
    rows = [event(i, item=1) for i in range(1500)]
    write(tmp_path, form, [*rows, event(2000, item=1, order={"price": 2.5})])
    log = events.load(card(form, {**COLUMNS, "item": "item", "price": "order.price"}, EVENTS))
    assert log.query("SELECT count(*), sum(price) FROM log") == [(1501, 2.5)]


@pytest.mark.parametrize("form", FORMS)
def test_a_field_that_is_nowhere_is_named(tmp_path, card, form):
    write(tmp_path, form, [event(1, properties={"sku": 1})])
    with pytest.raises(InputError, match=r"no column 'properties\.item'"):
        events.load(card(form, {**COLUMNS, "item": "properties.item"}, EVENTS))


@pytest.mark.parametrize("form", FORMS)
def test_fields_inside_objects_can_be_context_outcome_and_condition(tmp_path, card, form):
    rows = [
        event(i, item=i, p={"shelf": f"s{i}", "size": i, "shop": "de" if i else "at", "hit": i % 2}) for i in range(3)
    ]
    write(tmp_path, form, rows)
    more = (
        'outcomes = { "p.hit" = "click" }\nwhere = { "p.shop" = "de" }\n'
        'context = { "p.s*" = "category", "p.hit" = "number" }'
    )
    log = events.load(card(form, {"timestamp": "time", "user": "user", "item": "item"}, more))
    check_log(log)
    assert log.report == events.LoadReport(3, 2, {"other_log": 1})
    assert sorted(log.context_columns) == ["p.hit", "p.shelf", "p.shop", "p.size"]
    assert log.query('SELECT "p.shelf", "p.size", event FROM log') == [("s1", "1", "click"), ("s2", "2", "impression")]


@pytest.mark.parametrize("form", FORMS)
def test_a_star_leaves_out_the_columns_that_say_something_else(tmp_path, card, form):
    rows = [event(i, p={"sku": i, "cost": 2.5, "hit": 1, "shelf": f"s{i}", "shop": "de"}) for i in range(3)]
    write(tmp_path, form, rows)
    columns = {"timestamp": "time", "user": "user", "item": "p.sku", "price": "p.cost"}
    more = 'outcomes = { "p.hit" = "click" }\nwhere = { "p.shop" = "de" }\ncontext = { "p.*" = "category" }'
    log = events.load(card(form, columns, more))
    check_log(log)
    assert sorted(log.context_columns) == ["p.shelf", "p.shop"]


@pytest.mark.parametrize("form", FORMS)
def test_a_star_that_only_finds_the_item_is_refused(tmp_path, card, form):
    write(tmp_path, form, [event(1, p={"sku": 1})])
    columns = {"timestamp": "time", "user": "user", "event": "what", "item": "p.sku"}
    with pytest.raises(InputError, match=r"No column matches 'p\.\*'.*leaves out columns that the card already names"):
        events.load(card(form, columns, f'{EVENTS}\ncontext = {{ "p.*" = "category" }}'))


@pytest.mark.parametrize("form", ["jsonl", "json"])
def test_an_object_is_not_an_id(tmp_path, card, form):
    ids: list[Any] = ["{a}", {"id": 5}, ["x"], 7, None, "[x]"]
    write(tmp_path, form, [event(i, item=item) for i, item in enumerate(ids)])
    log = events.load(card(form, {**COLUMNS, "item": "item"}, f"{EVENTS}\n{TEXT_IDS}"))
    assert log.report == events.LoadReport(6, 3, {"malformed": 3})
    assert log.to_pandas()["item_id"].tolist() == ["{a}", "7", "[x]"], "texts may look like anything"


def test_a_column_of_objects_or_lists_in_parquet_is_not_an_id(tmp_path, card):
    write(tmp_path, "parquet", [event(1, item={"id": 5, "name": "a"}, items=[1, 2])])
    with pytest.raises(InputError, match=r"'item' holds fields of its own\. Name one: item\.id, item\.name"):
        events.load(card("parquet", {**COLUMNS, "item": "item"}, EVENTS))
    with pytest.raises(InputError, match=r"'items' holds lists.*lists = { columns = \[\"items\"\] }"):
        events.load(card("parquet", {**COLUMNS, "item": "items"}, EVENTS))


def test_a_map_in_parquet_has_its_keys_for_fields(tmp_path, card):
    maps = pa.array([[("sku", 7), ("x", 1)], [("sku", 8)], []], pa.map_(pa.string(), pa.int64()))
    table = pa.table({"time": [1, 2, 3], "user": [1] * 3, "what": ["view"] * 3, "p": maps})
    pq.write_table(table, tmp_path / "log.parquet")
    log = events.load(card("parquet", {**COLUMNS, "item": "p.sku"}, EVENTS))
    assert log.report == events.LoadReport(3, 2, {"malformed": 1})
    assert log.to_pandas()["item_id"].tolist() == [7, 8]


GA4 = {
    "timestamp": "time",
    "user": "user",
    "event": "what",
    "item": "ecommerce.items[].item_id",
    "price": "ecommerce.items[].price",
    "position": "#",
    "slate": "#list",
}


@pytest.mark.parametrize("form", FORMS)
def test_each_element_of_an_array_is_a_row(tmp_path, card, form):
    items = [{"item_id": 7, "price": 2.5}, {"item_id": 8, "price": None}]
    rows = [
        event(10, ecommerce={"items": items}),
        event(20, ecommerce={"items": []}),
        event(30, ecommerce={"items": None}),
        event(40, ecommerce=None),
        event(50, what="buy", ecommerce={"items": items[:1]}),
    ]
    write(tmp_path, form, rows)
    log = events.load(card(form, GA4, EVENTS))
    check_log(log)
    # An event without items is one row: without an item it is set aside.
    assert log.report == events.LoadReport(6, 3, {"malformed": 3})
    frame = log.to_pandas()
    assert frame["item_id"].tolist() == [7, 8, 7]
    assert frame["price"].fillna(-1).tolist() == [2.5, -1, 2.5]
    assert frame["position"].tolist() == [1, 2, 1] and frame["slate_id"].tolist() == [1, 1, 5]
    assert pd.read_parquet(log.quarantine)["line"].tolist() == [2, 3, 4]


@pytest.mark.parametrize("form", FORMS)
def test_an_array_of_ids_needs_no_key(tmp_path, card, form):
    write(tmp_path, form, [event(10, shown=[7, None, 9]), event(20, shown=[5])])
    log = events.load(card(form, {**COLUMNS, "item": "shown[]"}, EVENTS))
    assert log.report == events.LoadReport(4, 3, {"malformed": 1})
    assert log.to_pandas()["item_id"].tolist() == [7, 9, 5]


@pytest.mark.parametrize("form", FORMS)
def test_arrays_of_different_lengths_are_malformed(tmp_path, card, form):
    rows = [
        event(10, ids=[7, 8], prices=[1.5, 2]),
        event(20, ids=[7, 8], prices=[1.5]),
        event(30, ids=[7], prices=None),
    ]
    write(tmp_path, form, rows)
    log = events.load(card(form, {**COLUMNS, "item": "ids[]", "price": "prices[]"}, EVENTS))
    assert log.report == events.LoadReport(4, 2, {"malformed": 2})
    assert log.to_pandas()["price"].tolist() == [1.5, 2]


def test_what_should_be_an_array_and_is_not_is_malformed(tmp_path, card):
    rows = [event(10, items={"id": 7}), event(20, items="7"), event(30, items=[{"id": 7}, 8, {"id": {"x": 1}}])]
    write(tmp_path, "jsonl", rows)
    log = events.load(card("jsonl", {**COLUMNS, "item": "items[].id"}, f"{EVENTS}\n{TEXT_IDS}"))
    assert log.report == events.LoadReport(5, 1, {"malformed": 4})
    assert log.to_pandas()["item_id"].tolist() == ["7"]


@pytest.mark.parametrize(
    ("dialect", "columns", "more", "message"),
    [
        ("delimited", {"item": "items[].id"}, "", "needs dialect"),
        ("jsonl", {"item": "items[].id", "user": "items[].user"}, "", "columns.user cannot differ within a list"),
        ("jsonl", {"item": "items[].id"}, "deduplicate = true", "deduplicate and lists"),
        ("jsonl", {"item": "orders[].items[].id"}, "", "an array in an array"),
        ("jsonl", {"item": "items[].id"}, 'lists = { columns = ["shown"] }', "name 'items' in lists.columns"),
    ],
)
def test_a_card_that_cannot_be_meant_is_refused(card, dialect, columns, more, message):
    with pytest.raises(InputError, match=message):
        events.load(card(dialect, {**COLUMNS, **columns}, f"{EVENTS}\n{more}"))


@pytest.mark.parametrize("form", FORMS)
def test_a_search_without_items_is_kept(tmp_path, card, form):
    rows = [event(10, items=[{"id": 7}]), event(20, what="find", items=None), event(30, items=None)]
    write(tmp_path, form, rows)
    more = 'events = { view = "view", find = "search" }'
    log = events.load(card(form, {**COLUMNS, "item": "items[].id", "position": "#"}, more))
    assert log.report == events.LoadReport(3, 2, {"malformed": 1})
    assert log.query("SELECT event, item_id, position FROM log") == [("view", 7, 1), ("search", None, None)]
