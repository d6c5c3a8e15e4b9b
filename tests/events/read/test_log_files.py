"""The files of one log: columns in other orders, columns that some lack, and columns that folders name."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from rlbench_rec import events
from rlbench_rec.errors import DataWarning, InputError
from rlbench_rec.events.fingerprint import content
from rlbench_rec.testing.datasets import check_log

CARD = """
id = "shop"
title = "A shop"
licence = "own"
citation = "none"
dialect = "{dialect}"
time_unit = "s"
action_source = "choice"
propensity = "none"
reward_weights = {{ click = 1.0 }}
files = [{{ pattern = "**/*.{ending}" }}]
columns = {{ timestamp = "time", item = "item", event = "what", user = "user", price = "price" }}
events = {{ view = "view", buy = "purchase" }}
{more}
"""
DIALECTS = {"csv": "delimited", "parquet": "parquet", "jsonl": "jsonl"}
ROWS = [(10, 1, 7, "view", 2.5), (20, 1, 8, "buy", 4.0), (30, 2, 7, "view", 2.5)]
COLUMNS = ["time", "user", "item", "what", "price"]


def card(folder: Path, ending: str, more: str = "", **replaced: str) -> Path:
    text = CARD.format(dialect=DIALECTS[ending], ending=ending, more=more)
    for old, new in replaced.items():
        text = text.replace(old, new)
    (folder / "shop.toml").write_text(text)
    return folder / "shop.toml"


def write(path: Path, frame: pd.DataFrame) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".parquet":
        frame.to_parquet(path)
    elif path.suffix == ".jsonl":
        frame.to_json(path, orient="records", lines=True)
    else:
        frame.to_csv(path, index=False)


def table(rows=ROWS, columns=COLUMNS) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=COLUMNS)[columns]


@pytest.mark.parametrize("ending", DIALECTS)
def test_columns_may_stand_in_another_order_in_each_file(tmp_path, ending):
    write(tmp_path / f"2019-01.{ending}", table())
    write(tmp_path / f"2019-02.{ending}", table([(50, 3, 9, "buy", 1.5)], ["price", "what", "time", "user", "item"]))
    write(tmp_path / f"2019-03.{ending}", table([(60, 4, 9, "view", 1.5)]).assign(extra="x"))
    log = events.load(card(tmp_path, ending))
    check_log(log)
    assert log.report == events.LoadReport(5, 5, {})
    frame = log.to_pandas()
    assert frame["item_id"].tolist() == [7, 8, 7, 9, 9]
    assert frame["price"].tolist() == [2.5, 4.0, 2.5, 1.5, 1.5]
    assert frame["event"].tolist() == ["view", "purchase", "view", "purchase", "view"]


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_file_without_an_optional_column_is_named_and_has_null_there(tmp_path, ending):
    write(tmp_path / f"a.{ending}", table(columns=["time", "user", "item", "what"]))
    write(tmp_path / f"b.{ending}", table().assign(shelf="top"))
    path = card(tmp_path, ending, 'context = { shelf = "category" }')
    with pytest.warns(DataWarning) as warned:
        log = events.load(path)
    assert [str(w.message).split(",")[0] for w in warned] == [
        f"a.{ending} has no column 'price'",
        f"a.{ending} has no column 'shelf'",
    ]
    check_log(log)
    assert log.query("SELECT count(*), count(price), count(shelf) FROM log") == [(6, 3, 3)]


@pytest.mark.parametrize("ending", ["csv", "parquet"])
@pytest.mark.parametrize("column", ["time", "user", "item", "what"])
def test_a_file_without_a_needed_column_is_named(tmp_path, ending, column):
    write(tmp_path / f"a.{ending}", table())
    write(tmp_path / f"b.{ending}", table(columns=[name for name in COLUMNS if name != column]))
    with pytest.raises(InputError, match=rf"b\.{ending}: There is no column '{column}'.*Other files"):
        events.load(card(tmp_path, ending))


def test_rows_of_the_wrong_length_are_malformed_by_the_header_of_their_own_file(tmp_path):
    (tmp_path / "a.csv").write_text("time,user,item,what,price\n10,1,7,view,2.5\n10,1,7,view\n")
    (tmp_path / "b.csv").write_text('item,time,user,what\n8,20,1,view\n8,20,1,view,2.5\n"8",30,1,view\n')
    with pytest.warns(DataWarning, match="'price'"):
        log = events.load(card(tmp_path, "csv"))
    assert log.report == events.LoadReport(5, 3, {"malformed": 2})
    quarantine = pd.read_parquet(log.quarantine)
    assert quarantine[["file", "line"]].to_numpy().tolist() == [["a.csv", 3], ["b.csv", 3]]
    assert log.to_pandas()["item_id"].tolist() == [7, 8, 8]


def test_a_name_that_one_of_several_headers_has_twice_is_refused_where_it_is_used(tmp_path):
    (tmp_path / "a.csv").write_text("time,user,item,what,price\n10,1,7,view,2.5\n")
    (tmp_path / "b.csv").write_text("item,time,user,what,price,item\n8,20,1,view,1,9\n")
    with pytest.raises(InputError, match="'item' occurs twice"):
        events.load(card(tmp_path, "csv"))


def test_other_spellings_count_file_by_file(tmp_path):
    write(tmp_path / "a.csv", table())
    write(tmp_path / "b.csv", table().rename(columns={"item": "sku"}))
    log = events.load(card(tmp_path, "csv", 'aliases = { sku = "item" }'))
    assert log.report == events.LoadReport(6, 6, {})


@pytest.mark.parametrize("ending", DIALECTS)
def test_folders_name_columns_as_in_hive(tmp_path, ending):
    for folder, rows in {
        "country=de/shelf=top%2Fleft": ROWS[:1],
        "country=at/shelf=__HIVE_DEFAULT_PARTITION__": ROWS[1:2],
        "country=fr/shelf=it's": ROWS[2:],
    }.items():
        write(tmp_path / folder / f"part.{ending}", table(rows))
    path = card(tmp_path, ending, 'where = { country = ["de", "at"] }\ncontext = { shelf = "category" }')
    log = events.load(path)
    check_log(log)
    assert log.report == events.LoadReport(3, 2, {"other_log": 1})
    assert log.query("SELECT item_id, shelf FROM log ORDER BY item_id") == [(7, "top/left"), (8, None)]


@pytest.mark.parametrize("ending", DIALECTS)
def test_a_folder_can_say_who_what_and_when(tmp_path, ending):
    for day, what, rows in (("2019-10-01", "view", ROWS), ("2019-10-02", "buy", ROWS[:1])):
        write(tmp_path / f"time={day}/what={what}/part.{ending}", table(rows, ["user", "item", "price"]))
    log = events.load(card(tmp_path, ending, **{'time_unit = "s"': 'time_unit = "iso"'}))
    assert log.report == events.LoadReport(4, 4, {})
    assert log.counts == {"view": 3, "purchase": 1}


def test_a_column_of_the_file_goes_before_one_of_a_folder(tmp_path):
    write(tmp_path / "price=9" / "part.parquet", table())
    assert events.load(card(tmp_path, "parquet")).to_pandas()["price"].tolist() == [2.5, 4.0, 2.5]


def test_folders_above_the_data_name_nothing(tmp_path):
    data = tmp_path / "price=9"
    write(data / "part.csv", table(columns=["time", "user", "item", "what"]))
    path = card(tmp_path, "csv")
    for place in (data, data / "part.csv"):
        with pytest.raises(InputError, match="There is no column 'price'"):
            events.load(path, place)
    assert events.load(path).to_pandas()["price"].tolist() == [9, 9, 9]


def test_the_names_of_folders_belong_to_what_identifies_a_log(tmp_path):
    path = card(tmp_path, "csv", 'context = { shelf = "category" }')
    write(tmp_path / "shelf=top/other=1/part.csv", table())
    first = events.load(path).source_sha256
    assert content(path)[0] == first
    (tmp_path / "shelf=top/other=1").rename(tmp_path / "shelf=top/other=2")
    assert events.load(path).source_sha256 == first, "no column of the card"
    (tmp_path / "shelf=top").rename(tmp_path / "shelf=low")
    assert events.load(path).source_sha256 == content(path)[0] != first
