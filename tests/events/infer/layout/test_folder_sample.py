"""A folder of files is one log: by month, in parts, in Hive partitions."""

from __future__ import annotations

import gzip

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rlbench_rec.errors import InputError
from rlbench_rec.events.infer.file_sample import look_into

HEAD = "time,user,item,event\n"


def test_files_by_month_may_have_their_columns_in_another_order(tmp_path):
    (tmp_path / "2024-01.csv").write_text(HEAD + "1700000000,u,1,view\n")
    (tmp_path / "2024-02.csv").write_text("item,event,time,user\n2,cart,1700000001,v\n")
    (tmp_path / "README.md").write_text("about")
    (tmp_path / "_SUCCESS").write_text("")
    sample = look_into(tmp_path)
    assert sample.columns == {
        "time": ["1700000000", "1700000001"],
        "user": ["u", "v"],
        "item": ["1", "2"],
        "event": ["view", "cart"],
    }
    assert (sample.pattern, sample.whole) == ("*.csv", True)
    assert "2024-02.csv has its columns in another order." in sample.notes


def test_a_column_that_a_file_lacks_is_missing_there(tmp_path):
    (tmp_path / "a.csv").write_text("time,item,event,price\n1,2,view,3.5\n")
    (tmp_path / "b.csv").write_text("time,item,event\n4,5,cart\n")
    sample = look_into(tmp_path)
    assert sample.columns["price"] == ["3.5", ""]
    assert "b.csv has no column 'price'; it is missing there." in sample.notes


def test_partitions_are_columns(tmp_path):
    for day, shop in (("2024-01-01", "de"), ("2024-01-02", "__HIVE_DEFAULT_PARTITION__"), ("2024-01-03", "a%2Fb")):
        folder = tmp_path / f"dt={day}" / f"shop={shop}"
        folder.mkdir(parents=True)
        pq.write_table(pa.table({"item": [1, 2], "event": ["view", "cart"]}), folder / "part-0.parquet")
    sample = look_into(tmp_path)
    assert sample.dialect == "parquet" and sample.pattern == "**/*.parquet" and sample.whole
    assert sample.columns["dt"] == ["2024-01-01"] * 2 + ["2024-01-02"] * 2 + ["2024-01-03"] * 2
    assert sample.columns["shop"] == ["de"] * 2 + [""] * 2 + ["a/b"] * 2


def test_part_files_without_an_ending_are_found_by_their_name(tmp_path):
    for part in range(6):
        (tmp_path / f"part-0000{part}").write_text(f"1\x0120{part}\x01view\n2\x0130{part}\x01cart\n" * 3)
    sample = look_into(tmp_path)
    assert sample.pattern == "part-*" and not sample.whole and sample.rows == 4 * 6
    assert sample.layout["delimiter"] == "\x01"


def test_rows_that_were_looked_at_are_written_where_the_pattern_finds_them(tmp_path):
    log, scratch = tmp_path / "log", tmp_path / "scratch"
    scratch.mkdir()
    for day in range(9):
        (log / f"day={day}").mkdir(parents=True)
        (log / f"day={day}" / "x.csv.gz").write_bytes(gzip.compress(f"{HEAD}17000{day},u,1,view\n".encode()))
    sample = look_into(log)
    assert sample.pattern == "**/*.csv" and sample.rows == 4
    written = sample.for_the_reader(scratch)
    assert sorted(path.parent.name for path in written.glob("**/*.csv.gz")) == ["day=0", "day=2", "day=5", "day=8"]


def test_files_of_different_logs_are_refused(tmp_path):
    (tmp_path / "clicks.csv").write_text("session,time,item\n1,1700000000,2\n")
    (tmp_path / "orders.csv").write_text("order,paid,total,street\n1,2,3,x\n")
    with pytest.raises(InputError, match=r"clicks.csv and orders.csv have different columns.*\[\[files\]\]"):
        look_into(tmp_path)


def test_runs_and_files_that_are_no_logs_are_left_out(tmp_path):
    (tmp_path / "2024-01.csv").write_text(f"{HEAD}1700000001,u,1,view\n")
    (tmp_path / "model.npy").write_bytes(b"\x93NUMPY\x01\0" * 99)
    run = tmp_path / "runs" / "first"
    (run / "models").mkdir(parents=True)
    (run / "manifest.json").write_text('{"card_sha256": {}, "command_line": ["rlbench"]}')
    (run / "models" / "best.safetensors").write_bytes(b"\0" * 999)
    (run / "runs.csv").write_text("dataset,algorithm,score\n" + "a,b,1\n" * 99)
    sample = look_into(tmp_path)
    assert (sample.pattern, sample.rows) == ("*.csv", 1)
    assert "Runs of suites are left out, such as runs/first." in sample.notes


def test_a_manifest_of_another_program_leaves_out_nothing(tmp_path):
    for month, manifest in (("01", '{"files": 1}'), ("02", "no JSON")):
        (tmp_path / month).mkdir()
        (tmp_path / month / "log.csv").write_text(f"{HEAD}1700000001,u,{month},view\n")
        (tmp_path / month / "manifest.json").write_text(manifest)
    assert look_into(tmp_path).rows == 2


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(InputError, match="no files in this folder"):
        look_into(tmp_path)
