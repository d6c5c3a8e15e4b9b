"""Files that nobody wrote for a shop: they are drafted or refused in little time, and the card can be read again."""

from __future__ import annotations

import json
import time

import pytest

from rlbench_rec.errors import InputError
from rlbench_rec.events.cards.card import read_card
from rlbench_rec.events.infer import draft
from rlbench_rec.parsing import read_toml

ROWS = [f"2026-03-01 10:{minute:02}:00,{minute % 5},{minute % 7},view" for minute in range(40)]
TABLE = "\n".join(["ts,user_id,product_id,event_type", *ROWS]) + "\n"
LONG = 100_000
HOSTILE = {
    "a line that names the delimiter and does not end": "sep=" + " " * LONG + "x\n" + TABLE,
    "a name of many words": TABLE.replace("product_id", "product_id," + "line " * (LONG // 5)).replace(
        ",view", ",1,view"
    ),
    "one name over many columns": "\n".join(line + ",same" * 2_000 for line in TABLE.splitlines()),
    "many columns": "\n".join(line + "".join(f",x{n}" for n in range(1_000)) for line in TABLE.splitlines()),
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_table_is_drafted_in_little_time(text, tmp_path):
    (tmp_path / "shop.csv").write_text(text)
    began = time.process_time()
    made = draft(tmp_path / "shop.csv")
    assert time.process_time() - began < 10
    assert read_toml(made.path, "card")["id"] == "shop"


def test_a_string_that_is_never_closed_is_looked_at_once(tmp_path):
    (tmp_path / "shop.json").write_text('{"a' + '\\"' * LONG + "\n")
    began = time.process_time()
    with pytest.raises(InputError, match="No line is a JSON object"):
        draft(tmp_path / "shop.json")
    assert time.process_time() - began < 10


@pytest.mark.parametrize("name", ['a"]\n[x', "\x1b[31m'''", "\u202e#", "#label", "#list", "[/bold]", "FILL\x7f"])
@pytest.mark.parametrize("place", range(4))
def test_a_card_with_any_name_can_be_read_again(name, place, tmp_path):
    names = ["ts", "user_id", "product_id", "event_type"]
    names[place] = name
    rows = [dict(zip(names, line.split(","), strict=True)) for line in ROWS]
    (tmp_path / "shop.jsonl").write_text("\n".join(map(json.dumps, rows)))
    role = ("time", "user", "item", "event")[place]
    made = draft(tmp_path / "shop.jsonl", answers=[f"{role}={name}"])
    content = read_toml(made.path, "card")
    assert content["columns"]["timestamp" if role == "time" else role] == name
    if made.ready:
        assert read_card(made.path).columns.item == names[2]


def test_half_a_character_makes_a_line_malformed_and_no_name(tmp_path):
    rows = [dict(zip(("ts", "user_id", "product_id", "event_type"), line.split(","), strict=True)) for line in ROWS]
    rows[3]["event_type"] = "view\ud800"
    rows[4]["\udfff"] = "x"
    (tmp_path / "shop.jsonl").write_text("\n".join(map(json.dumps, rows)))
    made = draft(tmp_path / "shop.jsonl")
    assert made.events == {"view": "view"}
    assert "2 of 40 lines are not JSON objects and are malformed." in made.notes
    assert "\udfff" not in str(read_toml(made.path, "card"))
