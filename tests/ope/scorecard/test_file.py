"""Files of one table in many forms: which are read alike, and which are named for what they are."""

from __future__ import annotations

import gzip

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rlbench_rec.errors import InputError
from rlbench_rec.ope.scorecard import read_log

TEXT = "reward,propensity,target_propensity,note\n1,0.5,0.25,ä\n0,0.25,1,b\n"


def refusal(path, *arguments, **options) -> str:
    with pytest.raises(InputError) as caught:
        read_log(path, *arguments, **options)
    return str(caught.value)


FORMS = {
    "utf-8 with a mark": TEXT.encode("utf-8-sig"),
    "utf-16 with a mark": TEXT.encode("utf-16"),
    "utf-16 big endian": b"\xfe\xff" + TEXT.encode("utf-16-be"),
    "utf-16 without a mark": TEXT.encode("utf-16-le"),
    "utf-16 big endian without a mark": TEXT.encode("utf-16-be"),
    "utf-16 packed": gzip.compress(TEXT.encode("utf-16")),
    "utf-16 of Windows": TEXT.replace("\n", "\r\n").encode("utf-16"),
    "old Mac lines": TEXT.replace("\n", "\r").encode(),
    "Latin letters in a column nobody reads": TEXT.encode("latin-1"),
    "sep=;": b"sep=;\r\n" + TEXT.replace(",", ";").replace("\n", "\r\n").encode(),
    "SEP=, with a mark and quotes": b"\xef\xbb\xbf" + b'"SEP=,"\n' + TEXT.encode(),
    "sep= of tabs in utf-16": ("sep=\t\n" + TEXT.replace(",", "\t")).encode("utf-16"),
    "empty lines on top": b"\n\n" + TEXT.encode(),
    "blanks after commas": TEXT.replace(",", ", ").encode(),
    "blanks on both sides": TEXT.replace(",", " , ").replace("\n", " \n").encode(),
    "a quoted header after blanks": TEXT.replace("reward,", '"reward", ').encode(),
    "a header over two lines": TEXT.replace("note", '"no\nte"').encode(),
    "empty names": TEXT.replace("note", ",,").replace("ä", ",,").replace("b", ",,").encode(),
}


@pytest.mark.parametrize("form", FORMS)
def test_the_same_table_is_read_from_any_of_these(tmp_path, form):
    (tmp_path / "log.csv").write_bytes(FORMS[form])
    log = read_log(tmp_path / "log.csv").log
    assert log.rewards.tolist() == [1, 0] and log.ratios.tolist() == [0.5, 4]


@pytest.mark.parametrize(
    ("form", "line"),
    [("sep=;", 4), ("utf-16 with a mark", 3), ("empty lines on top", 5), ("a header over two lines", 4)],
)
def test_the_line_of_a_bad_value_counts_all_that_stands_above(tmp_path, form, line):
    encoding = "utf-16" if "utf-16" in form else "utf-8"
    text = FORMS[form].decode(encoding).replace("0.25,1", "0.25,x").replace("0.25;1", "0.25;x")
    (tmp_path / "log.csv").write_bytes(text.encode(encoding))
    assert f"in line {line} ('x')" in refusal(tmp_path / "log.csv")


@pytest.mark.parametrize(
    ("pair", "words"),
    [
        (("t", "f"), None),
        (("T", "F"), None),
        (("yes", "no"), None),
        (("Y", "0"), None),
        (("TRUE", " false"), None),
        (("1.0", "n"), None),
        (("true", "maybe"), "('maybe')"),
        (("x", "f"), "('x')"),
    ],
)
def test_words_for_true_and_false(tmp_path, pair, words):
    text = f"reward,propensity,target_propensity\n{pair[0]},0.5,0.25\n{pair[1]},0.25,1\n"
    (tmp_path / "log.csv").write_text(text)
    if words:
        assert words in refusal(tmp_path / "log.csv")
    else:
        assert read_log(tmp_path / "log.csv").log.rewards.tolist() == [1, 0]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'{"_label_cost": -1, "_label_probability": 0.5, "a": [1]}\n', "dsjson"),
        (gzip.compress(b'{"_label_probability": 0.5, "_label_cost": -1}\n'), "propensity = _label_probability"),
        (b'{"reward": 1}\n', "JSON lines"),
        (b'\xef\xbb\xbf [{"reward": 1}]', "a JSON array"),
        ("reward".encode("utf-32"), "UTF-32"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "an old Excel file"),
        (b"ARROW1\x00\x00", "an Arrow (Feather) file"),
        (b"SQLite format 3\x00", "a SQLite database"),
        (b"\x28\xb5\x2f\xfd....", "packed by zstd"),
        (b"sep=;\n\n", "empty"),
        (gzip.compress(TEXT.encode() * 1000)[:60], "cannot be read"),
        (b"\x1f\x8b\x08\x00 no gzip at all", "cannot be read"),
        (b"r\xe9ward,x\n1,2\n", "UTF-8"),
        (TEXT.encode("utf-16") + b"\x00", "truncated data"),
    ],
    # Packed bytes hold the time of packing, which is not a name for a test.
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_another_kind_of_file_is_named(tmp_path, content, words):
    (tmp_path / "log.csv").write_bytes(content)
    assert words in refusal(tmp_path / "log.csv")


@pytest.mark.parametrize("header", ["{0},reward", "{0}, reward", '{0}," reward "'])
def test_two_columns_of_one_name_are_refused_if_they_are_read(tmp_path, header):
    path = tmp_path / "log.csv"
    path.write_text(header.format("reward,propensity,target_propensity") + "\n1,0.5,1,2\n")
    assert "2 columns are named 'reward'" in refusal(path)
    assert "2 columns are named 'reward'" in refusal(path, {"reward": "propensity"}, metrics=["reward"])
    assert read_log(path, {"reward": "propensity"}).log.rewards.tolist() == [0.5]


def test_two_columns_of_one_name_in_parquet(tmp_path):
    table = pa.table([[1.0], [0.5], [1.0], [2.0]], names=["reward", "propensity", "target_propensity", "reward"])
    pq.write_table(table, tmp_path / "log.parquet")
    assert "2 columns are named 'reward'" in refusal(tmp_path / "log.parquet")
    assert "2 columns are named 'reward'" in refusal(tmp_path)


def test_a_name_that_differs_in_its_letters_alone_is_said(tmp_path):
    (tmp_path / "log.csv").write_text("reward,propensity,target_propensity,Reward\n1,0.5,1,2\n")
    (note,) = read_log(tmp_path / "log.csv").notes
    assert "'Reward' too" in note and "'reward' is the one" in note


@pytest.fixture
def frame():
    return pd.DataFrame({"reward": [1.0, 0.0, 2.0], "propensity": 0.5, "target_propensity": [0.25, 0.5, 0.5]})


@pytest.mark.parametrize(
    ("names", "labels"),
    [
        (["day=2025-03-01", "day=2025-03-02", "day=2025-03-02/hour=7"], ["2025-03-01", "2025-03-02", "2025-03-02"]),
        (["day=1", "day=2", "day=10"], [1, 2, 10]),
        (["day=01", "day=1", "day=a b"], ["01", "1", "a b"]),
    ],
)
def test_partition_columns_are_columns(tmp_path, frame, names, labels):
    folder = tmp_path / "year=2025"
    for at, name in enumerate(names):
        (folder / name).mkdir(parents=True)
        frame[at : at + 1].to_parquet(folder / name / f"part-{at}.parquet")
    read = read_log(folder, by="day")
    assert sorted(read.slices.tolist(), key=str) == sorted(labels, key=str)
    assert "There is no column 'year'" in refusal(folder, by="year")


def test_a_partition_may_be_missing_or_stand_in_the_file_too(tmp_path, frame):
    for name in ("user=__HIVE_DEFAULT_PARTITION__", "user=7"):
        (tmp_path / "log" / name).mkdir(parents=True)
        frame.to_parquet(tmp_path / "log" / name / "a.parquet")
    read = read_log(tmp_path / "log")
    assert read.log.n_units == 4 and "3 of 6 rows have no 'user'" in read.notes[0]
    for path in (tmp_path / "log").rglob("*.parquet"):
        frame.assign(user=[1, 2, 3]).to_parquet(path)
    assert read_log(tmp_path / "log").log.n_units == 3


def test_a_folder_holds_parquet_and_hidden_files_alone(tmp_path, frame):
    assert "holds no file to read" in refusal(tmp_path)
    frame.to_parquet(tmp_path / "a.parquet")
    for hidden in ("_SUCCESS", ".a.parquet.crc"):
        (tmp_path / hidden).write_bytes(b"")
    assert read_log(tmp_path).log.n_rows == 3
    (tmp_path / "b.csv").write_text("reward\n1\n")
    assert "b.csv: This file of the folder is not Parquet" in refusal(tmp_path)


@pytest.mark.parametrize("name", ["log[2026]", "a*b?", "50%20#1", "ü {x}", "file:x"])
def test_paths_are_taken_literally(tmp_path, frame, name):
    (tmp_path / name).mkdir()
    frame.to_parquet(tmp_path / name / f"{name}.parquet")
    frame.to_csv(tmp_path / name / f"{name}.csv", index=False)
    (tmp_path / "log2").mkdir()
    for path in (f"{name}.parquet", f"{name}.csv"):
        assert read_log(tmp_path / name / path).log.n_rows == 3


def test_categories_bytes_and_nested_columns_of_parquet(tmp_path, frame):
    frame["user"] = pd.Categorical(["b", "a", "b"])
    frame["reward"] = pd.Categorical(["1", "0", "2"])
    frame["device"] = [b"x", b"y", b"x"]
    frame["context"] = [{"a": 1}] * 3
    frame.to_parquet(tmp_path / "log.parquet")
    read = read_log(tmp_path / "log.parquet", by="device")
    assert read.log.rewards.tolist() == [1, 0, 2] and read.log.clusters.tolist() == [0, 1, 0]
    assert read.slices.tolist() == ["x", "y", "x"]
    for options in ({"metrics": ["context"]}, {"by": "context"}, {"columns": {"user": "context"}}):
        assert "column 'context': It holds struct" in refusal(tmp_path / "log.parquet", **options)


def test_times_are_no_numbers(tmp_path, frame):
    frame["reward"] = pd.Timestamp("2025-03-01")
    frame.to_parquet(tmp_path / "log.parquet")
    assert "not a finite number" in refusal(tmp_path / "log.parquet")
    assert np.isfinite(read_log(tmp_path / "log.parquet", {"reward": "propensity"}).log.rewards).all()


QUOTED = {
    "never closed": ("1,0.5,0.25,x\n" * 3 + '0,0.25,1,"y\n' + "1,0.5,0.25,x\n" * 4, 5),
    "closed where another opens": ('1,0.5,0.25,"x\n' + "0,0.25,1,y\n" * 3 + '1,0.5,0.25,"x\n' + "0,0.25,1,y\n" * 3, 2),
    "after a cell of two lines": ('1,0.5,0.25,"a\nb"\n' + '0,0.25,1,"y\n' + "1,0.5,0.25,x\n" * 4, 4),
}


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("form", QUOTED)
def test_a_quote_that_is_not_closed_swallows_no_rows(tmp_path, form, ends):
    rows, line = QUOTED[form]
    text = "reward,propensity,target_propensity,note\n" + rows
    (tmp_path / "log.csv").write_bytes(text.replace("\n", ends).encode())
    assert f"A quote is opened in line {line} and not closed" in refusal(tmp_path / "log.csv")


def test_quotes_that_are_part_of_the_text_or_closed_are_read(tmp_path):
    rows = ['5" tv', '"a ""b"""', '"two\nlines, and ""more"""', '"end"', '"a\\"b"', ""]
    text = "reward,propensity,target_propensity,note\n" + "".join(f"1,0.5,0.25,{note}\n\n" for note in rows)
    (tmp_path / "log.csv").write_text(text)
    assert read_log(tmp_path / "log.csv").log.n_rows == len(rows)


def test_quoted_cells_after_blanks(tmp_path):
    rows = "".join(f'"1", "0.5" , "0.25",  "u{at % 2}"\n' for at in range(4))
    (tmp_path / "log.csv").write_text('"reward", "propensity", "target_propensity", "user"\n' + rows)
    log = read_log(tmp_path / "log.csv").log
    assert log.rewards.tolist() == [1] * 4 and log.n_units == 2


def test_a_column_that_is_not_utf8_is_named(tmp_path):
    text = "reward,propensity,target_propensity,user\n1,0.5,0.25,ü\n"
    (tmp_path / "log.csv").write_bytes(text.encode("cp1252"))
    assert "Column 'user' is not UTF-8" in refusal(tmp_path / "log.csv")


@pytest.mark.parametrize("size", [-1, 2])
def test_bytes_that_are_not_text(tmp_path, size):
    plain = {"reward": [1.0, 0.0], "propensity": [0.5, 0.25], "target_propensity": [0.25, 1.0]}
    odd = pa.array([b"\xff\xfe", b"\xff\xfd"], pa.binary(size))
    pq.write_table(pa.table(plain | {"user": odd}), tmp_path / "log.parquet")
    assert read_log(tmp_path / "log.parquet", by="user").log.n_units == 2
    pq.write_table(pa.table(plain | {"reward": odd}), tmp_path / "log.parquet")
    assert "column 'reward': 2 values are missing or not a finite number" in refusal(tmp_path / "log.parquet")


def test_blanks_around_text_of_parquet(tmp_path):
    user = ["u1", "u1 ", " NULL ", "u2"]
    table = pa.table({"reward": ["1 ", " 0", "1", "1"], "propensity": 0.5 + np.zeros(4), "user": user})
    table = table.append_column("target_propensity", table["propensity"])
    pq.write_table(table, tmp_path / "log.parquet")
    log = read_log(tmp_path / "log.parquet").log
    assert log.rewards.tolist() == [1, 0, 1, 1] and log.n_units == 3
