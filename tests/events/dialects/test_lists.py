"""Lines that hold several rows: each element is read, and every line is accounted for."""

from __future__ import annotations

import json

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rlbench_rec import events
from rlbench_rec.errors import InputError
from rlbench_rec.testing.datasets import check_log

HOUR = 3_600_000
BIG = 2**53 + 1


def test_otto(raw):
    folder = raw("otto")
    log = events.load("otto/train", folder)
    check_log(log)
    # By line: 4 events, 4, none, no list, no list, 3 elements, 1, blank, no object, 1, cut off.
    assert log.report == events.LoadReport(19, 8, {"malformed": 9, "missing_user": 1, "unknown_event": 1})
    frame = log.to_pandas()
    # Events of one millisecond keep their order in the line; an hour's pause ends a session.
    assert frame["user_id"].tolist() == [1, 5, 7, 0, 0, 0, 0, 1]
    assert frame["session_id"].tolist() == [0, 1, 2, 3, 3, 3, 3, 4]
    assert frame["item_id"].tolist() == [5, 1, -1, BIG, 2, 2, 2, 6]
    assert frame["event"].tolist() == ["view", "view", "view", "view", "view", "cart", "purchase", "view"]
    quarantine = pd.read_parquet(log.quarantine)
    assert quarantine["line"].tolist() == [2, 2, 3, 4, 5, 6, 6, 7, 8, 9, 11]
    assert json.loads(quarantine["text"][0]) == {"aid": 7, "ts": HOUR // 2, "type": "wishlist"}, "the element alone"
    lines = (folder / "otto-recsys-train.jsonl").read_text().splitlines()
    assert quarantine["text"][2] == lines[2], "the whole line"


def test_a_line_of_many_events_is_kept_in_order(tmp_path):
    count = 30_000
    path = tmp_path / "train.jsonl"
    rows = [{"aid": i, "ts": 1_659_304_800_000, "type": "clicks"} for i in range(count)]
    lines = [{"session": 1, "events": rows}, {"session": 2, "events": [{"aid": 1, "ts": 2, "type": "carts"}]}]
    path.write_text("\n".join(map(json.dumps, lines)))
    log = events.load("otto/train", path)
    assert log.report == events.LoadReport(count + 1, count + 1, {})
    assert log.to_pandas()["item_id"].tolist() == [1, *range(count)]


def test_otto_asks_which_log(tmp_path):
    with pytest.raises(InputError, match="otto/train, otto/test"):
        events.load("otto", tmp_path)


def test_rl4rs_pages_become_nine_rows_with_their_place_and_price(raw):
    log = events.load("rl4rs/b-rl", raw("rl4rs"))
    check_log(log)
    assert log.report.rows_read == 9 + 9 + 1 + 1 + 9 + 1
    assert log.report.set_aside == {"malformed": 4, "unknown_event": 1}
    assert log.report.lookups == {"price": {"read": 5, "taken": 3, "other": 0, "repeated": 1, "malformed": 1}}
    frame = log.to_pandas()
    seven = frame[frame["session_id"] == 7]
    assert seven["position"].tolist() == [*range(1, 10)] * 2
    assert seven["item_id"].tolist() == [*range(11, 20)] * 2
    assert seven["slate_id"].tolist() == [2] * 9 + [3] * 9
    assert seven["event"].tolist() == ["purchase", *["impression"] * 2, "purchase", *["impression"] * 14]
    assert seven["price"].fillna(-1).tolist()[:4] == [7.5, 3.0, -1, 9.0]
    assert frame["policy"].unique().tolist() == ["b-rl"]
    # The reward of the papers: the sum of the prices of what was bought.
    assert seven.loc[seven["event"] == "purchase", "price"].sum() == 16.5
    assert frame.loc[frame["session_id"] == 10, "position"].tolist() == [1, 2, 3, 6, 7, 8, 9]


def test_queries_become_impressions_and_clicks(raw):
    log = events.load("diginetica-queries", raw("diginetica-queries"))
    check_log(log)
    assert log.report.set_aside == {"malformed": 2, "other_log": 2}
    assert log.report.rows_read == 10
    frame = log.to_pandas()
    assert frame["slate_id"].tolist() == [5, 1, 1, 1, 2, 2]
    assert frame["position"].tolist() == [1, 1, 2, 3, 1, 2]
    assert frame["event"].tolist() == ["click", "impression", "click", *["impression"] * 3]
    assert frame["category"].fillna(0).tolist() == [0, 0, 4, 0, 4, 0]
    assert log.report.lookups["event"] == {"read": 4, "taken": 3, "other": 0, "repeated": 1, "malformed": 0}


MIND = {"timestamp": "time", "user": "user", "item": "shown", "event": "#label", "position": "#", "slate": "#list"}
WORDS = 'events = { 0 = "impression", 1 = "click" }\nid_types = { item = "string" }'


def write_shown(folder, form: str, rows: list[dict]) -> str:
    """Lines whose columns are lists in the way of a form; gives the dialect."""
    if form == "parquet":
        pq.write_table(pa.Table.from_pylist(rows), folder / "log.parquet")
    elif form == "jsonl":
        (folder / "log.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    else:
        texts = [
            [
                " ".join(map(str, value)) if isinstance(value, list) else "" if value is None else value
                for value in row.values()
            ]
            for row in rows
        ]
        pd.DataFrame(texts, columns=list(rows[0])).to_csv(folder / "log.csv", index=False)
        return "delimited"
    return form


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_elements_with_labels_are_exposures(tmp_path, card, form):
    rows = [
        {"time": 1, "user": 5, "shown": ["N1-1", "N-2-0", "N3-0"]},
        {"time": 2, "user": 5, "shown": ["N1-0", "N4", "-1", "N5-2", "N6-"]},
    ]
    dialect = write_shown(tmp_path, form, rows)
    log = events.load(card(dialect, MIND, WORDS + '\nlists = { columns = ["shown"], delimiter = " ", label = "-" }'))
    check_log(log)
    # Of the second line: no label, no item, a label that is not an event, an empty one.
    assert log.report == events.LoadReport(8, 4, {"malformed": 2, "unknown_event": 2})
    frame = log.to_pandas()
    assert frame["item_id"].tolist() == ["N1", "N-2", "N3", "N1"]
    assert frame["event"].tolist() == ["click", "impression", "impression", "impression"]
    assert frame["position"].tolist() == [1, 2, 3, 1] and frame["slate_id"].nunique() == 2


def test_a_label_may_stand_behind_several_characters_and_lists_beside(tmp_path, card):
    (tmp_path / "log.csv").write_text("time,user,shown,odds\n1,5,7::1|8::0,0.5|0.25\n2,5,7::1|8::0,0.5\n")
    more = (
        'events = { 0 = "impression", 1 = "click" }\n'
        'lists = { columns = ["shown", "odds"], delimiter = "|", label = "::" }'
    )
    log = events.load(card("delimited", {**MIND, "propensity": "odds"}, more))
    assert log.report == events.LoadReport(3, 2, {"malformed": 1})
    assert log.query("SELECT item_id, event, propensity FROM log") == [(7, "click", 0.5), (8, "impression", 0.25)]


CHOSEN = 'lists = { columns = ["shown"], delimiter = " ", chosen = { bought = "purchase", clicked = "click" } }'
SHOWN = {"timestamp": "time", "user": "user", "item": "shown", "position": "#"}


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_the_chosen_of_the_shown_have_their_strongest_event(tmp_path, card, form):
    rows = [
        {"time": 1, "user": 5, "shown": [7, 8, 9], "clicked": [9, 7, 7], "bought": [7]},
        {"time": 2, "user": 5, "shown": [7, 8], "clicked": None, "bought": []},
        {"time": 3, "user": 5, "shown": [7, 8], "clicked": [6], "bought": []},
        {"time": 4, "user": 5, "shown": [7, 8, 7], "clicked": [8], "bought": []},
        {"time": 5, "user": 5, "shown": [7, 8, 7], "clicked": [7], "bought": []},
        {"time": 6, "user": 5, "shown": [], "clicked": [], "bought": []},
    ]
    dialect = write_shown(tmp_path, form, rows)
    log = events.load(card(dialect, SHOWN, CHOSEN))
    check_log(log)
    # One that was not shown, one that was shown twice, and nothing shown.
    assert log.report == events.LoadReport(11, 8, {"malformed": 3})
    assert pd.read_parquet(log.quarantine)["line"].tolist() == [n + (dialect == "delimited") for n in (3, 5, 6)]
    events_of = log.to_pandas()["event"].tolist()
    assert events_of == [
        "purchase",
        "impression",
        "click",
        "impression",
        "impression",
        "impression",
        "click",
        "impression",
    ]


def test_choices_are_compared_with_the_item_of_objects(tmp_path, card):
    rows = [
        {"time": 1, "user": 5, "shown": [{"id": 7, "p": 0.5}, {"id": 8, "p": 0.5}], "clicked": ["8"]},
        {"time": 2, "user": 5, "shown": [{"id": 7, "p": 0.5}, {"id": 8, "p": 0.5}], "clicked": 7},
        {"time": 3, "user": 5, "shown": [{"id": 7, "p": 0.5}], "clicked": "none"},
        {"time": 4, "user": 5, "shown": [{"id": 7, "p": 0.5}]},
    ]
    write_shown(tmp_path, "jsonl", rows)
    more = 'missing = ["none"]\nlists = { columns = ["shown"], chosen = { clicked = "click" } }'
    log = events.load(card("jsonl", {**SHOWN, "item": "shown.id", "propensity": "shown.p"}, more))
    assert log.report == events.LoadReport(6, 6, {})
    assert log.to_pandas()["event"].tolist() == [
        "impression",
        "click",
        "click",
        "impression",
        "impression",
        "impression",
    ]


@pytest.mark.parametrize(
    ("lists", "columns", "message"),
    [
        ('columns = ["shown"], chosen = { clicked = "click" }', {"item": "other"}, "needs columns.item in the lists"),
        ('columns = ["shown"], chosen = { clicked = "frob" }', {}, "unknown event 'frob'"),
        ('columns = ["shown"], chosen = { shown = "click" }', {}, "in lists.columns and in lists.chosen"),
        ('columns = ["shown"], chosen = { clicked = "click" }', {"event": "what"}, "by one of them"),
        ('columns = ["shown"]', {}, "by one of them"),
    ],
)
def test_a_card_with_choices_says_one_thing(card, lists, columns, message):
    with pytest.raises(InputError, match=message):
        events.load(card("jsonl", {**SHOWN, **columns}, f"lists = {{ {lists} }}"))


def test_a_column_of_choices_that_is_not_there_is_named(tmp_path, card):
    write_shown(tmp_path, "csv", [{"time": 1, "user": 5, "shown": [7]}])
    with pytest.raises(InputError, match="no column 'bought'"):
        events.load(card("delimited", SHOWN, CHOSEN))


def test_lists_of_several_files_are_several(tmp_path, card):
    for name in ("log.a.csv", "log.b.csv"):
        (tmp_path / name).write_text("time,user,shown\n1,5,7-1 8-0\n2,5,7-1\n")
    log = events.load(
        card("delimited", MIND, WORDS + '\nlists = { columns = ["shown"], delimiter = " ", label = "-" }')
    )
    assert log.query("SELECT slate_id, count(*) FROM log GROUP BY 1 ORDER BY 1") == [
        (2, 2),
        (3, 1),
        (2**40 + 2, 2),
        (2**40 + 3, 1),
    ]


@pytest.mark.parametrize(
    ("text", "delimiter", "items"),
    [
        ("7,8", ",", ["7", "8"]),
        ("[7, 8]", ",", ["7", "8"]),
        ("['a', 'b c']", ",", ["a", "b c"]),
        ('["a", "b, c"]', ",", ["a", "b, c"]),
        ("[7 8]", " ", ["7", "8"]),
        ("[ 7]", ",", ["7"]),
        ("['a', None]", ",", ["a"]),
        ("[7", ",", ["[7"]),
        ("['a, b', 'c']", ",", None),
        ("[\"it's\", 'x']", ",", None),
        ("[]", ",", None),
        ("", ",", None),
    ],
)
@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_list_may_be_written_as_pandas_writes_it(tmp_path, card, form, text, delimiter, items):
    frame = pd.DataFrame({"time": [1, 2], "user": [5, 6], "shown": [text, delimiter.join(["y", "z"])]})
    write = {"csv": lambda path: frame.to_csv(path, index=False), "parquet": frame.to_parquet}[form]
    write(tmp_path / f"log.{form}")
    lists = f'lists = {{ columns = ["shown"], delimiter = "{delimiter}" }}'
    more = f'{lists}\nevent = "impression"\nid_types = {{ item = "string" }}\nmissing = ["None"]'
    columns = {"timestamp": "time", "user": "user", "item": "shown"}
    log = events.load(card("delimited" if form == "csv" else form, columns, more))
    check_log(log)
    assert log.to_pandas()["item_id"].tolist() == [*(items or []), "y", "z"]
    assert log.report.set_aside == ({} if items and "None" not in text else {"malformed": 1})
