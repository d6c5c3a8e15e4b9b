"""One JSON array: each element a row, read without holding the file in memory."""

from __future__ import annotations

import json
import tracemalloc

import pandas as pd
import pytest

from rlbench_rec import events
from rlbench_rec.errors import InputError
from rlbench_rec.events.dialects import json as json_dialect
from rlbench_rec.events.read import text_files
from rlbench_rec.testing.datasets import check_log

COLUMNS = {"timestamp": "time", "user": "user", "event": "what", "item": "item"}
EVENTS = 'events = { view = "view", buy = "purchase" }'
ROWS = [{"time": i, "user": 1, "what": "view", "item": i, "note": 'a, b] ü \\ " {'} for i in range(1, 6)]


@pytest.fixture
def load(tmp_path, card):
    def call(text: str | bytes):
        data = text if isinstance(text, bytes) else text.encode()
        (tmp_path / "log.json").write_bytes(data)
        log = events.load(card("json", COLUMNS, EVENTS))
        check_log(log)
        return log

    return call


@pytest.fixture(params=[1, 64, 4 << 20])
def blocks(request, monkeypatch):
    monkeypatch.setattr(text_files, "CHUNK_BYTES", request.param)


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(ROWS),
        json.dumps(ROWS, indent=2),
        json.dumps(ROWS, ensure_ascii=False).replace("}, {", "},\n{"),
        "\ufeff " + json.dumps(ROWS),
        json.dumps({"events": ROWS}),
        json.dumps({"count": 5, "tags": ["a"], "meta": {"x": [1, {}]}, "events": ROWS, "next": None}, indent=1),
        json.dumps(ROWS)[:-1] + ",\n]\n",
        json.dumps({"took": 3, "hits": {"total": {"value": 5}, "hits": ROWS}, "more": [1]}),
        json.dumps({"schema": {"fields": [{"name": "time"}]}, "data": ROWS}),
    ],
)
def test_every_element_is_a_row(load, blocks, text):
    log = load(text)
    assert log.report == events.LoadReport(5, 5, {})
    assert log.to_pandas()["item_id"].tolist() == [1, 2, 3, 4, 5]


def quarantine(log):
    return pd.read_parquet(log.quarantine)[["line", "reason", "text"]].to_numpy().tolist()


def test_an_element_that_is_not_an_object_is_malformed(load, blocks):
    log = load(f'[{json.dumps(ROWS[0])}, 12345, "x", [{{"time": 1}}], null, {json.dumps(ROWS[1])}, {{}}]')
    assert log.report == events.LoadReport(7, 2, {"malformed": 5})
    assert [line for line, _, _ in quarantine(log)] == [2, 3, 4, 5, 7]
    assert quarantine(log)[0] == [2, "malformed", "12345"]


@pytest.mark.parametrize("end", ['{"time": 3, "us', '{"time": 3, "user": nonsense}, {"time": 4}]', "}", "\x00\x01"])
def test_a_broken_end_is_one_malformed_row(load, blocks, end):
    log = load(f"[{json.dumps(ROWS[0])}, {json.dumps(ROWS[1])}, {end}")
    assert log.report == events.LoadReport(3, 2, {"malformed": 1})
    assert quarantine(log) == [[3, "malformed", end]]


@pytest.mark.parametrize("end", ["", ",", ", "])
def test_an_array_cut_off_between_elements_has_lost_none(load, blocks, end):
    assert load(json.dumps(ROWS)[:-1] + end).report == events.LoadReport(5, 5, {})


@pytest.mark.parametrize("text", ["] trailing", "] [1]", "}", '"x"]'])
def test_what_follows_the_array_is_one_malformed_row(load, blocks, text):
    assert load(json.dumps(ROWS)[:-1] + text).report == events.LoadReport(6, 5, {"malformed": 1})


def test_bytes_that_are_not_utf8_make_their_element_malformed(load, blocks):
    good = json.dumps(ROWS[0]).encode()
    log = load(b"[" + good + b', {"time": 2, "user": 1, "what": "view", "item": 2, "note": "\xff"}, ' + good + b"]")
    assert log.report == events.LoadReport(3, 2, {"malformed": 1})
    assert "\ufffd" in quarantine(log)[0][2]


def test_deep_nesting_and_long_numbers_do_no_harm(load):
    long = json.dumps({**ROWS[0], "note": 0}).replace('"note": 0', f'"note": {"9" * 5000}')
    assert load(f"[{long}, {json.dumps(ROWS[1])}, {'[' * 100_000}").report.rows_kept >= 1
    with pytest.raises(InputError, match="no array of objects"):
        load('{"a":' * 100_000)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty"),
        ("  \n", "empty"),
        ("time,user\n1,2\n", "neither"),
        ('{"a": 1}\n{"a": 2}\n', "no array of objects"),
        ('{"a": ["x"], "b": 2}', "no array of objects"),
        ("[]", "array is empty"),
        ("[1, 2]", "no column"),
        (json.dumps({"a": ROWS, "b": ROWS}), "two arrays of objects, a and b"),
        (json.dumps({"x": {"a": ROWS}, "y": {"b": ROWS}}), r"two arrays of objects, x\.a and y\.b"),
    ],
)
def test_what_is_not_an_array_of_objects_is_refused(load, blocks, text, message):
    with pytest.raises(InputError, match=message):
        load(text)


@pytest.mark.parametrize("indent", [None, 1])
def test_an_array_taken_for_json_lines_is_named(tmp_path, card, indent):
    (tmp_path / "log.jsonl").write_text(json.dumps(ROWS, indent=indent))
    with pytest.raises(InputError, match='dialect = "json"'):
        events.load(card("jsonl", COLUMNS, EVENTS))
    (tmp_path / "log.jsonl").write_text("[" + ",\n".join(map(json.dumps, ROWS)) + "]")
    with pytest.raises(InputError, match='dialect = "json"'):
        events.load(card("jsonl", COLUMNS, EVENTS))


def test_json_lines_may_begin_with_a_line_that_is_not_an_object(tmp_path, card):
    (tmp_path / "log.jsonl").write_text("[1, 2]\n" + "".join(json.dumps(row) + "\n" for row in ROWS))
    assert events.load(card("jsonl", COLUMNS, EVENTS)).report == events.LoadReport(6, 5, {"malformed": 1})


def test_the_file_is_not_held_in_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(text_files, "CHUNK_BYTES", 1 << 14)
    (tmp_path / "log.json").write_text("[" + ",".join([json.dumps(ROWS[0])] * 30_000) + "]")
    tracemalloc.start()
    assert sum(1 for _ in json_dialect.elements(tmp_path / "log.json")) == 30_000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < (tmp_path / "log.json").stat().st_size / 4


@pytest.mark.parametrize("encoding", ["utf-16", "gbk", "latin-1"])
def test_an_array_may_be_in_any_encoding(tmp_path, card, blocks, encoding):
    rows = [{**row, "item": "prix \u00e9" if encoding == "latin-1" else "\u4ef7\u683c"} for row in ROWS]
    (tmp_path / "log.json").write_bytes(json.dumps(rows, ensure_ascii=False).replace("\u00fc", "").encode(encoding))
    log = events.load(card("json", COLUMNS, f'{EVENTS}\nencoding = "{encoding}"\nid_types = {{ item = "string" }}'))
    assert log.report == events.LoadReport(5, 5, {})
    assert set(log.to_pandas()["item_id"]) == {rows[0]["item"]}


@pytest.mark.parametrize("size", [1, 500])
def test_batches_number_the_elements_of_each_file_in_turn(tmp_path, card, monkeypatch, size):
    monkeypatch.setattr(json_dialect, "BATCH_CHARACTERS", size)
    for name in ("log.a.json", "log.b.json"):
        (tmp_path / name).write_text(json.dumps([*ROWS, 1, {"time": 1}]))
    log = events.load(card("json", COLUMNS, EVENTS))
    assert log.report == events.LoadReport(14, 10, {"malformed": 4})
    assert [line for line, _, _ in quarantine(log)] == [6, 7, 6, 7]
