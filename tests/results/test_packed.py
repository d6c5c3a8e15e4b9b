"""A packed table reads as the one that it stands for."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from rlbench_rec.errors import InputError, MissingFileError
from rlbench_rec.results.comparison.compare import compare
from rlbench_rec.results.packed import table_at
from rlbench_rec.results.read import read_table

SCHEMA = {"name": ("text", "x"), "value": ("number", "y")}
TEXT = "name,value\na,1.5\nb,\n"


def test_a_packed_table_reads_as_the_plain_one(tmp_path):
    (tmp_path / "plain.csv").write_text(TEXT)
    (tmp_path / "packed.csv.gz").write_bytes(gzip.compress(TEXT.encode(), mtime=0))
    plain, packed = (read_table(tmp_path / f"{name}.csv", SCHEMA, ("name",)) for name in ("plain", "packed"))
    assert packed.equals(plain) and packed["value"][0] == 1.5
    # By its own name too.
    assert read_table(tmp_path / "packed.csv.gz", SCHEMA, ("name",)).equals(plain)


def test_the_plain_one_comes_first(tmp_path):
    path = tmp_path / "runs.csv"
    path.with_name("runs.csv.gz").write_bytes(gzip.compress(b"x"))
    assert table_at(path).name == "runs.csv.gz"
    path.write_text(TEXT)
    assert table_at(path) == path


@pytest.mark.parametrize(
    "content",
    [b"not packed", gzip.compress(TEXT.encode(), mtime=0)[:-12], b"\x1f\x8b\x08"],
    ids=["not packed", "cut off", "nothing but a head"],
)
def test_a_damaged_one_is_refused(tmp_path, content):
    (tmp_path / "runs.csv.gz").write_bytes(content)
    with pytest.raises(InputError, match=r"runs\.csv"):
        read_table(tmp_path / "runs.csv", SCHEMA, ("name",))


def test_a_packed_board_is_compared(tmp_path):
    board = (Path(__file__).resolve().parents[2] / "results" / "floor" / "runs.csv").read_bytes()
    (tmp_path / "runs.csv.gz").write_bytes(gzip.compress(board))
    assert set(compare(tmp_path / "runs.csv", tmp_path / "runs.csv").counts) == {"identical"}


def test_none_at_all(tmp_path):
    with pytest.raises(MissingFileError):
        read_table(tmp_path / "runs.csv", SCHEMA, ("name",))
