"""Names, texts and paths in DuckDB's SQL mean themselves."""

from __future__ import annotations

import os

import duckdb
import pytest

from rlbench_rec.errors import InputError
from rlbench_rec.sql import parquet_rows, quote_name, quote_path, quote_text

FOLDERS = ("log[2026]", "a*", "a?", "[!x]", "[a-z]", "**", "{a,b}", "it's", "x[", "]", "[[]", "~", "%41", "item=5")


@pytest.mark.parametrize("name", [*FOLDERS, 'a"b', "a'b", "a--b", "a;b"])
def test_a_name_and_a_text_mean_themselves(name):
    (row,) = duckdb.sql(f"SELECT {quote_text(name)} AS {quote_name(name)}").fetchall()
    assert row == (name,)
    assert duckdb.sql(f"SELECT 1 AS {quote_name(name)}").columns == [name]


@pytest.mark.parametrize("name", FOLDERS)
def test_a_path_is_the_file_of_that_name_and_no_pattern(name, tmp_path, monkeypatch):
    # Decoys that the name fits as a pattern, and the home folder for ~.
    monkeypatch.setenv("HOME", str(tmp_path / "a"))
    monkeypatch.chdir(tmp_path)
    with duckdb.connect() as connection:
        for number, folder in enumerate(dict.fromkeys((name, "log2", "ab", "a", "b", "x", "y", "A"))):
            (tmp_path / folder).mkdir()
            path = quote_path(os.path.join(folder, "x.parquet"))
            connection.execute(f"COPY (SELECT {number} AS item) TO {path} (FORMAT parquet)")
            assert (tmp_path / folder / "x.parquet").is_file()
    path = os.path.join(name, "x.parquet")
    assert duckdb.sql(f"SELECT item FROM {parquet_rows([path])}").fetchall() == [(0,)]
    assert duckdb.sql(f"SELECT item FROM {parquet_rows([path, os.path.abspath(path)])}").fetchall() == [(0,), (0,)]


def test_a_path_that_is_not_utf8_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"caf\\xe9.*not UTF-8"):
        quote_path(os.path.join(os.fsdecode(os.fsencode(tmp_path)), os.fsdecode(b"caf\xe9")))
