"""JSON in its forms: an object a line, one array, an object that holds one, nested keys and arrays."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from rlbench_rec.errors import InputError
from rlbench_rec.events.infer.file_sample import look_into

EVENTS = [{"ts": 1700000000 + i, "user": f"u{i % 3}", "item": i % 5, "event": "view"} for i in range(12)]
ITEMS = [str(i % 5) for i in range(12)]


@pytest.mark.parametrize(
    ("text", "dialect"),
    [
        ("".join(json.dumps(event) + "\n" for event in EVENTS), "jsonl"),
        (json.dumps(EVENTS), "json"),
        (json.dumps(EVENTS, indent=2), "json"),
        ("[\n" + ",\n".join(map(json.dumps, EVENTS)) + "\n]\n", "json"),
        (json.dumps({"exported": "today", "events": EVENTS}), "json"),
        (json.dumps({"exported": "today", "events": EVENTS}, indent=1), "json"),
    ],
    ids=["lines", "array", "pretty", "array by line", "object", "pretty object"],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_forms(tmp_path, text, dialect, encoding):
    (tmp_path / "log.json").write_bytes(text.encode(encoding))
    sample = look_into(tmp_path / "log.json")
    assert (sample.dialect, sample.names, sample.columns["item"]) == (dialect, ["ts", "user", "item", "event"], ITEMS)
    assert sample.layout == ({"encoding": "utf-16"} if encoding == "utf-16" else {}) and sample.whole


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("orient", ["columns", "index", "split", "values"])
def test_a_table_of_columns_or_lists_is_refused(tmp_path, orient, indent):
    # Without the first rows, so that the row numbers do not begin at 0.
    pd.DataFrame(EVENTS)[3:].to_json(tmp_path / "log.json", orient=orient, indent=indent)
    with pytest.raises(InputError, match=r"lists or columns, not rows.*orient='records', lines=True"):
        look_into(tmp_path / "log.json")


def test_lines_that_begin_like_a_table_are_rows(tmp_path):
    (tmp_path / "log.jsonl").write_text('{"item": {"0": {"id": 7}}, "ts": 1}\n' * 3)
    assert look_into(tmp_path / "log.jsonl").names == ["item.0.id", "ts"]


@pytest.mark.parametrize("indent", [None, 2])
def test_the_array_at_the_top_goes_before_one_further_inside(tmp_path, indent):
    about = {"fields": [{"name": "ts"}, {"name": "item"}], "pages": [1, 2]}
    (tmp_path / "log.json").write_text(json.dumps({"schema": about, "rows": EVENTS}, indent=indent))
    sample = look_into(tmp_path / "log.json")
    assert (sample.dialect, sample.columns["item"]) == ("json", ITEMS)


def test_a_broken_end_loses_no_element_before_it(tmp_path):
    (tmp_path / "log.json").write_text(json.dumps(EVENTS)[:-30])
    assert look_into(tmp_path / "log.json").rows == 11


def test_objects_become_dotted_names_and_a_flat_key_of_that_name_wins(tmp_path):
    rows = [{"ts": 1, "properties": {"id": "a", "price": 1.50}, "properties.id": "flat"}, {"ts": 2, "properties": None}]
    (tmp_path / "log.jsonl").write_text("\n".join(map(json.dumps, rows)))
    sample = look_into(tmp_path / "log.jsonl")
    assert sample.columns["properties.id"] == ["flat", ""] and sample.columns["properties.price"] == ["1.5", ""]


def test_numbers_keep_their_digits(tmp_path):
    (tmp_path / "log.jsonl").write_text('{"item": 9007199254740993, "price": 1.50}\n{"item": 7, "price": 2e3}\n')
    sample = look_into(tmp_path / "log.jsonl")
    assert sample.columns == {"item": ["9007199254740993", "7"], "price": ["1.50", "2e3"]}


def test_each_element_of_the_array_of_items_is_a_row(tmp_path):
    rows = [
        {"name": "view_item_list", "params": [{"key": "a"}], "items": [{"item_id": "x"}, {"item_id": "y", "price": 2}]},
        {"name": "session_start", "params": [{"key": "b"}, {"key": "c"}]},
    ]
    (tmp_path / "log.jsonl").write_text("\n".join(map(json.dumps, rows)))
    sample = look_into(tmp_path / "log.jsonl")
    assert sample.columns["items[].item_id"] == ["x", "y", ""]
    assert sample.columns["items[].price"] == ["", "2", ""]
    assert sample.columns["name"] == ["view_item_list", "view_item_list", "session_start"]
    assert sample.columns["#"] == ["1", "2", ""] and sample.columns["#list"] == ["1", "1", "2"]
    assert "Other arrays of objects are left as they are: params." in sample.notes


def test_lists_of_one_length_belong_together(tmp_path):
    rows = [
        {"session": i, "items": [1, 2, 3][: i + 1], "times": [7, 8, 9][: i + 1], "tags": ["a", "b"]} for i in range(3)
    ]
    (tmp_path / "log.jsonl").write_text("\n".join(map(json.dumps, rows)))
    sample = look_into(tmp_path / "log.jsonl")
    assert sample.layout == {"lists": {"columns": ["items", "times"]}}
    assert sample.columns["items"] == ["1", "1", "2", "1", "2", "3"] and sample.columns["tags"][0] == '["a", "b"]'


def test_what_was_shown_and_what_of_it_was_chosen(tmp_path):
    rows = [{"ts": i, "slate": [i % 5, i % 5 + 1], "bought": [i % 5] if i % 3 == 0 else []} for i in range(20)]
    (tmp_path / "log.jsonl").write_text("\n".join(map(json.dumps, rows)))
    sample = look_into(tmp_path / "log.jsonl")
    assert sample.layout == {"lists": {"columns": ["slate"], "chosen": {"bought": "purchase"}}}
    assert sample.rows == 40 and sample.columns["bought"][:3] == ["[0]", "[0]", "[]"]


def test_a_list_of_tags_makes_no_rows(tmp_path):
    (tmp_path / "log.jsonl").write_text('{"ts": 1, "item": 2, "tags": ["a", "b"]}\n' * 3)
    sample = look_into(tmp_path / "log.jsonl")
    assert sample.rows == 3 and sample.layout == {}


def test_lines_that_are_no_objects_are_counted(tmp_path):
    (tmp_path / "log.jsonl").write_text('{"ts": 1, "item": 2}\n' * 3 + "oops\n[1]\n")
    sample = look_into(tmp_path / "log.jsonl")
    assert sample.rows == 3 and sample.notes == ["2 of 5 lines are not JSON objects and are malformed."]


def test_a_first_line_that_is_cut_does_not_hide_the_objects_below(tmp_path):
    (tmp_path / "log.jsonl").write_text('", "item": 2}\n' + '{"ts": 1, "item": 2}\n' * 3)
    sample = look_into(tmp_path / "log.jsonl")
    assert (sample.dialect, sample.rows) == ("jsonl", 3)


@pytest.mark.parametrize("text", ['{"a": \n', "{\n\n"])
def test_no_object_is_refused(tmp_path, text):
    (tmp_path / "log.json").write_text(text)
    with pytest.raises(InputError, match="No line is a JSON object"):
        look_into(tmp_path / "log.json")


def test_of_a_long_array_a_sample_can_be_written(tmp_path):
    rows = [{"ts": 1700000000 + i, "item": i, "note": "x" * 200, "list": [1, 2.50]} for i in range(25_000)]
    (tmp_path / "log.json").write_text("[" + ",\n".join(map(json.dumps, rows)) + "]")
    sample = look_into(tmp_path / "log.json")
    (tmp_path / "scratch").mkdir()
    again = json.loads(sample.for_the_reader(tmp_path / "scratch").read_text())
    assert not sample.whole and [str(row["item"]) for row in again] == sample.columns["item"]
    assert again[0] == rows[0] and int(sample.columns["item"][-1]) > 24_000
