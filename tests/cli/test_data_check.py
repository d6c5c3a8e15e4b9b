"""`rlbench data check` as a step of a script: its exit codes."""

from __future__ import annotations

import csv
import json

import pyarrow.parquet as pq
import pytest

CARD = """
id = "shop"
title = "A shop"
licence = "own"
citation = "none"
time_unit = "s"
session = "row"
action_source = "choice"
propensity = "none"
reward_weights = { purchase = 1.0 }
files = [{ pattern = "*.csv" }]
columns = { timestamp = "time", item = "item", event = "what" }
events = { view = "view", buy = "purchase" }
published = { rows = 3, events = { view = 2, purchase = 1 }, source = "the owners" }
"""


@pytest.mark.parametrize(
    ("rows", "verdict", "code", "code_if_all_is_asked_for"),
    [
        ("1,7,view\n2,7,view\n3,7,buy\n", "complete", 0, 0),
        ("1,7,view\n", "a sample", 0, 1),
        ("1,7,buy\n2,7,buy\n", "not this data set", 1, 1),
    ],
)
def test_exit_codes(rlbench, tmp_path, rows, verdict, code, code_if_all_is_asked_for):
    (tmp_path / "shop.toml").write_text(CARD)
    (tmp_path / "log.csv").write_text("time,item,what\n" + rows)
    found, out, _ = rlbench("data", "check", tmp_path / "shop.toml")
    assert found == code and f"{verdict}: It has" in out
    found, out, _ = rlbench("data", "check", tmp_path / "shop.toml", "--complete", "--json")
    assert found == code_if_all_is_asked_for and json.loads(out)["verdict"] == verdict


def test_what_is_odd_about_kept_rows_is_a_line(rlbench, tmp_path):
    given = CARD.replace('"row"', '"given"').replace(
        'event = "what"', 'event = "what", user = "user", session = "visit"'
    )
    (tmp_path / "shop.toml").write_text(given)
    (tmp_path / "log.csv").write_text("time,item,what,user,visit\n1,7,view,1,1\n2,7,view,2,1\n3,7,buy,2,2\n")
    _, out, _ = rlbench("data", "check", tmp_path / "shop.toml", "--json")
    assert {"fact": "noted: sessions with several users", "count": 1} in json.loads(out)["facts"]


def test_rows_set_aside_are_not_written_where_they_would_be_read_again(rlbench, tmp_path):
    (tmp_path / "shop.toml").write_text(CARD)
    (tmp_path / "log.csv").write_text("time,item,what\n1,7,view\n")
    code, _, err = rlbench("data", "check", tmp_path / "shop.toml", "--rejects", tmp_path / "rejects.csv")
    assert code == 2 and "would take this for a file of the log" in err


def test_the_log_is_never_written_over(rlbench, tmp_path):
    card, raw, copy = tmp_path / "shop.toml", tmp_path / "raw" / "log.csv", tmp_path / "copy.csv"
    card.write_text(CARD.replace("*.csv", "raw/*.csv").replace("published", "# published"))
    raw.parent.mkdir()
    for file in (raw, copy):
        file.write_text("time,item,what\n1,7,view\n2,7,dance\n")
    (tmp_path / "linked.csv").symlink_to(raw)
    for rejects, more in ((raw, ()), (tmp_path / "linked.csv", ()), (copy, ("--data", copy))):
        code, out, err = rlbench("data", "check", card, *more, "--rejects", rejects)
        assert code == 2 and not out and "This is a file of the log, which would be lost" in err
        assert rejects.read_text().endswith("dance\n")
    code, _, err = rlbench("data", "check", card, "--rejects", raw.with_name("new.csv"))
    assert code == 2 and "would take this for a file of the log" in err
    # Beside the folder of the log it is no part of it.
    assert rlbench("data", "check", card, "--rejects", tmp_path / "rejects.csv")[0] == 0
    assert "log.csv,3,unknown_event" in (tmp_path / "rejects.csv").read_text().replace('"', "")


def test_rows_are_written_where_no_row_is_left(rlbench, tmp_path):
    (tmp_path / "shop.toml").write_text(CARD)
    (tmp_path / "log.csv").write_text("time,item,what\nx,7,view\n2,7,dance\n")
    code, _, err = rlbench("data", "check", tmp_path / "shop.toml", "--rejects", tmp_path / "r.PARQUET")
    assert code == 2 and "No row can be used: 1 malformed, 1 unknown_event" in err and "r.PARQUET" in err
    rows = pq.read_table(tmp_path / "r.PARQUET").to_pylist()
    assert [(row["line"], row["reason"]) for row in rows] == [(2, "malformed"), (3, "unknown_event")]


def test_files_of_one_name_are_told_apart(rlbench, tmp_path):
    (tmp_path / "shop.toml").write_text(CARD.replace("*.csv", "**/log.csv"))
    for year in ("2024", "2025"):
        (tmp_path / "raw" / year).mkdir(parents=True)
        (tmp_path / "raw" / year / "log.csv").write_text("time,item,what\n1,7,view\n2,7,dance\n")
    _, _, err = rlbench("data", "check", tmp_path / "shop.toml", "--rejects", tmp_path / "r.parquet")
    rows = pq.read_table(tmp_path / "r.parquet").to_pylist()
    assert [(row["file"], row["line"]) for row in rows] == [("2024/log.csv", 3), ("2025/log.csv", 3)], err


def test_rows_set_aside_are_shown_and_written(rlbench, tmp_path):
    (tmp_path / "shop.toml").write_text(CARD)
    bad = "".join(f"{at},7,dance\n" for at in range(6)) + "x,7,view\n=cmd|' /C calc'!A0,7,view\n"
    (tmp_path / "log.csv").write_text("time,item,what\n1,7,view\n1,7,view\n2,7,view\n3,7,buy\n" + bad)
    out_file = tmp_path / "elsewhere" / "rejects.csv"
    out_file.parent.mkdir()
    _, out, err = rlbench("data", "check", tmp_path / "shop.toml", "--rejects", out_file)
    assert out.count("set aside, log.csv:") == 5 and "set aside, log.csv:6, unknown_event: 0,7,dance" in out, err
    lines = list(csv.DictReader(out_file.read_text().splitlines()))
    assert [int(line["line"]) for line in lines] == list(range(6, 14))
    # A text that a spreadsheet would run is written as a text.
    assert lines[-1]["text"].startswith("'=cmd") and lines[-1]["reason"] == "malformed"
    _, out, err = rlbench("data", "check", tmp_path / "shop.toml", "--rejects", tmp_path / "r.parquet", "--json")
    checked = json.loads(out)
    assert len(checked["set_aside"]) == 5 and checked["repeated"] == 1
    assert {"fact": "rows like an earlier one", "count": 1} in checked["facts"]
    assert pq.read_table(tmp_path / "r.parquet")["text"].to_pylist()[-1].startswith("=cmd")


@pytest.mark.parametrize(("source", "command"), [("choice", "run --dataset"), ("exposure", "frontier")])
def test_it_says_what_to_type_next(rlbench, tmp_path, source, command):
    known = CARD.replace('"choice"', '"exposure"').replace('propensity = "none"', 'propensity = "estimated"')
    (tmp_path / "shop.toml").write_text(known if source == "exposure" else CARD)
    (tmp_path / "log.csv").write_text("time,item,what\n1,7,view\n2,7,view\n3,7,buy\n")
    _, out, err = rlbench("data", "check", tmp_path / "shop.toml")
    assert err.endswith(f"Next: rlbench {command} {tmp_path / 'shop.toml'}\n") and "Next:" not in out
    assert ("(docs/data.md#what-to-log)" in out) == (source == "choice")
