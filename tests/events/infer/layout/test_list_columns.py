"""Columns of delimited text that hold lists: impressions with labels, shown and chosen, lists of one length."""

from __future__ import annotations

import csv
import json

import pytest

from rlbench_rec import events
from rlbench_rec.events.infer import draft
from rlbench_rec.events.infer.file_sample import look_into


def look(tmp_path, text: str):
    (tmp_path / "log.tsv").write_text(text)
    return look_into(tmp_path / "log.tsv")


def test_a_label_stands_behind_each_element(tmp_path):
    text = "".join(f"{i}\tU{i % 3}\t{1700000000 + i}\tN1 N2\tN-1{i % 4}-1 N7-0 N8-0\n" for i in range(12))
    sample = look(tmp_path, text)
    assert sample.layout["lists"] == {"columns": ["column_5"], "delimiter": " ", "label": "-"}
    assert sample.columns["column_5"][:4] == ["N-10", "N7", "N8", "N-11"]
    assert sample.columns["#label"][:4] == ["1", "0", "0", "1"] and sample.columns["#"][:4] == ["1", "2", "3", "1"]
    assert sample.columns["#list"][-1] == "12" and sample.columns["column_4"][0] == "N1 N2"


@pytest.mark.parametrize(("between", "label"), [(",", ":"), ("|", "_"), (" ", ":"), (";", "-")])
def test_other_marks_of_labels(tmp_path, between, label):
    text = "time\tuser\tshown\n"
    for i in range(12):
        elements = [f"P{k}{label}{int(k == i % 4)}" for k in range(4)]
        text += f"{1700000000 + i}\tu{i % 3}\t{between.join(elements)}\n"
    sample = look(tmp_path, text)
    assert sample.layout["lists"] == {"columns": ["shown"], "delimiter": between, "label": label}
    assert sample.columns["#label"][:4] == ["1", "0", "0", "0"] and sample.rows == 48


@pytest.mark.parametrize("between", ["|", " ", ","])
def test_shown_and_chosen(tmp_path, between):
    rows = [(f"{i % 9}", f"{(i + 1) % 9}", f"{(i + 2) % 9}") for i in range(30)]
    text = "time\tuser\tshown\tclicked\tpurchased\n"
    for i, row in enumerate(rows):
        bought = row[0] if i % 3 == 1 else ""
        text += f"{1700000000 + i}\tu{i % 4}\t{between.join(row)}\t{between.join(row[: i % 3])}\t{bought}\n"
    sample = look(tmp_path, text)
    chosen = {"clicked": "click", "purchased": "purchase"}
    assert sample.layout["lists"] == {"columns": ["shown"], "delimiter": between, "chosen": chosen}
    assert sample.rows == 90 and sample.columns["shown"][:3] == list(rows[0])


def test_lists_of_one_length(tmp_path):
    text = "session\titem_ids\ttimes\n"
    for i in range(12):
        items = [str(k) for k in range(i % 4 + 1)]
        text += f"s{i}\t{','.join(items)}\t{','.join(f'170000000{item}' for item in items)}\n"
    sample = look(tmp_path, text)
    assert sample.layout["lists"] == {"columns": ["item_ids", "times"], "delimiter": ","}
    assert sample.columns["times"][1:3] == ["1700000000", "1700000001"]


@pytest.mark.parametrize(
    ("write", "between"),
    [
        (lambda items: json.dumps(items), ","),
        (lambda items: str(items), ","),
        (lambda items: f"[{' '.join(items)}]", " "),
    ],
    ids=["json", "python", "numpy"],
)
@pytest.mark.parametrize("delimiter", [",", "\t"])
def test_lists_in_brackets(tmp_path, write, between, delimiter):
    shop = [("timestamp", "user_id", "shown_items", "clicked_items")]
    for i in range(30):
        shown = [f"1001{i % 7}", "7", f"8{i % 3}"]
        shop.append((1_700_000_000 + 4_000 * i, f"u{i % 5}", write(shown), write(shown[: i % 2])))
    with (tmp_path / "log.csv").open("w", newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows(shop)
    sample = look_into(tmp_path / "log.csv")
    chosen = {"clicked_items": "click"}
    assert sample.layout["lists"] == {"columns": ["shown_items"], "delimiter": between, "chosen": chosen}
    assert sample.columns["shown_items"][:3] == ["10010", "7", "80"]
    made = draft(tmp_path / "log.csv", answers=["action_source=exposure"])
    assert made.ready, made.questions
    assert events.load(made.path).counts == {"impression": 75, "click": 15}


@pytest.mark.parametrize("write", [json.dumps, str])
def test_one_list_in_brackets_is_enough(tmp_path, write):
    shop = [("order_date", "customer_id", "product_ids")]
    for i in range(30):
        shop.append((f"2024-03-{i % 28 + 1:02} 10:{i:02}:00", 500 + i, write([f"A{i % 7}", "B7", "C8"][: i % 3 + 1])))
    with (tmp_path / "log.csv").open("w", newline="") as file:
        csv.writer(file).writerows(shop)
    made = draft(tmp_path / "log.csv", answers=["event=purchase"])
    assert made.ready, made.questions
    assert events.load(made.path).counts == {"purchase": 60}


@pytest.mark.parametrize(
    "field", ["red|big", "a/b/c", "black shoe for men", "2024-01-02", "10013-1", "10:00, 11:30", "size:9 color:3"]
)
def test_other_fields_are_no_lists(tmp_path, field):
    text = "time\tuser\titem\tevent\tmore\tclicked\n" + "".join(
        f"{1700000000 + i}\tu{i % 3}\t{i % 7}\tview\t{field}\t{i % 2}\n" for i in range(20)
    )
    assert "lists" not in look(tmp_path, text).layout
