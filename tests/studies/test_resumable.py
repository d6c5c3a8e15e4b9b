"""Tables that studies write."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from studies.resumable import add_rows, made_already, read_rows, write_frame

ROOT = Path(__file__).resolve().parents[2]


def test_rows_are_added_under_one_header_and_known_by_their_keys(tmp_path):
    path = tmp_path / "table.csv"
    assert made_already(path, ["trip"]) == set()
    for trip in (1, 2):
        add_rows(path, pd.DataFrame([{"trip": trip, "kind": "", "value": 1 / 3}]), digits=4)
    assert path.read_text() == "schema_version,trip,kind,value\n5,1,,0.3333\n5,2,,0.3333\n"
    assert made_already(path, ["trip", "kind"]) == {("1", ""), ("2", "")}
    assert list(read_rows(path)) == ["trip", "kind", "value"]


def test_a_table_without_a_version_goes_on_without_one(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("trip,value\n1,2.0\n")
    add_rows(path, pd.DataFrame([{"trip": 2, "value": 1 / 3}]))
    assert path.read_text() == "trip,value\n1,2.0\n2,0.3333333333333333\n"
    assert made_already(path, ["trip"]) == {("1",), ("2",)}
    assert len(read_rows(path)) == 2


def test_a_table_that_is_read_and_written_has_one_version(tmp_path):
    path = tmp_path / "table.csv"
    write_frame(path, pd.DataFrame([{"trip": 1, "value": 1 / 3}]), digits=2)
    write_frame(path, pd.read_csv(path), digits=2)
    assert path.read_text() == "schema_version,trip,value\n5,1,0.33\n"


def test_every_committed_table_says_its_version():
    files = [*(ROOT / "results" / "studies").glob("*.csv"), ROOT / "results" / "references.csv"]
    assert len(files) > 20
    without = [file.name for file in files if not file.read_text().startswith("schema_version,")]
    assert not without
