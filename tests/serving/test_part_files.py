"""Rows of a log survive whatever ends the process that writes them."""

from __future__ import annotations

import os
import subprocess
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rlbench_rec.errors import InputError, OutputError
from rlbench_rec.serving import part_files
from rlbench_rec.serving.part_files import PartFiles

SCHEMA = pa.schema([("id", pa.int64()), ("share", pa.float64())])
KILLED = """
import os, signal, sys
from pathlib import Path
import pyarrow as pa
from rlbench_rec.serving.part_files import PartFiles
rows = PartFiles(Path(sys.argv[1]), "rows", pa.schema([("id", pa.int64()), ("share", pa.float64())]))
for number in range(5):
    rows.write({"id": number, "share": 0.5})
os.kill(os.getpid(), signal.SIGKILL)
"""


def numbers(folder) -> list[int]:
    """What the parts hold."""
    return [
        row for path in sorted((folder / "rows").glob("*.parquet")) for row in pq.read_table(path)["id"].to_pylist()
    ]


def test_rows_become_parts_when_a_part_is_full_and_when_it_is_closed(tmp_path):
    rows = PartFiles(tmp_path, "rows", SCHEMA, rows=3)
    for number in range(7):
        rows.write({"id": number, "share": 0.1})
    assert numbers(tmp_path) == list(range(6)) and len(list((tmp_path / "rows").iterdir())) == 2
    rows.close()
    rows.close()
    assert numbers(tmp_path) == list(range(7)) and not list(tmp_path.glob(".rows*"))
    assert pq.read_table(min((tmp_path / "rows").iterdir()))["share"].to_pylist() == [0.1] * 3


def test_what_a_killed_process_wrote_is_there_for_the_next_one(tmp_path):
    assert subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)]).returncode == -9
    (journal,) = tmp_path.glob(".rows*")
    with journal.open("ab") as stream:
        stream.write(b'{"id": 5, "sh')  # torn, and so never confirmed
    assert numbers(tmp_path) == []
    PartFiles(tmp_path, "rows", SCHEMA)
    assert numbers(tmp_path) == list(range(5)) and not journal.exists()


def test_a_journal_that_another_process_writes_is_left_alone(tmp_path):
    first = PartFiles(tmp_path, "rows", SCHEMA)
    first.write({"id": 1, "share": 0.5})
    second = PartFiles(tmp_path, "rows", SCHEMA)
    assert numbers(tmp_path) == []
    second.write({"id": 2, "share": 0.5})
    second.close()
    first.close()
    assert sorted(numbers(tmp_path)) == [1, 2]


def test_a_journal_whose_part_is_there_is_not_written_twice(tmp_path, monkeypatch):
    rows = PartFiles(tmp_path, "rows", SCHEMA)
    rows.write({"id": 1, "share": 0.5})
    (journal,) = tmp_path.glob(".rows*")
    content = journal.read_bytes()
    rows.close()
    journal.write_bytes(content)
    PartFiles(tmp_path, "rows", SCHEMA)
    assert numbers(tmp_path) == [1] and not journal.exists()


def test_a_full_disk_refuses_the_row_and_leaves_the_journal_whole(tmp_path, monkeypatch):
    rows = PartFiles(tmp_path, "rows", SCHEMA)
    rows.write({"id": 1, "share": 0.5})
    write = os.write
    monkeypatch.setattr(part_files.os, "write", lambda handle, line: write(handle, line[:4]))
    with pytest.raises(OutputError, match="disk is full"):
        rows.write({"id": 2, "share": 0.5})
    monkeypatch.undo()
    rows.write({"id": 3, "share": 0.5})
    os.close(rows._handle)
    PartFiles(tmp_path, "rows", SCHEMA)
    assert numbers(tmp_path) == [1, 3]


def test_a_part_that_cannot_be_written_now_is_written_later(tmp_path, monkeypatch):
    rows = PartFiles(tmp_path, "rows", SCHEMA, rows=2)

    def full(path):
        raise OutputError("The file cannot be written.", where=str(path))

    monkeypatch.setattr(part_files, "new_file", full)
    for number in range(3):
        rows.write({"id": number, "share": 0.5})
    monkeypatch.undo()
    assert numbers(tmp_path) == []
    rows.write({"id": 3, "share": 0.5})
    assert numbers(tmp_path) == [0, 1, 2, 3]


def test_a_journal_that_is_not_ours_is_named(tmp_path):
    (tmp_path / ".rows-1.jsonl").write_text("no json\n")
    with pytest.raises(InputError, match=r"\.rows-1\.jsonl: A line of the journal is not JSON"):
        PartFiles(tmp_path, "rows", SCHEMA)
