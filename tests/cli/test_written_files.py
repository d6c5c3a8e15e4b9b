"""What a command writes never takes the place of what it reads."""

from __future__ import annotations

import pytest

from rlbench_rec.cli.written_files import keep_apart, keep_run
from rlbench_rec.errors import InputError


def test_one_file_under_several_names(tmp_path):
    log, linked, soft = (tmp_path / name for name in ("log.csv", "hard.csv", "soft.csv"))
    log.write_text("a\n")
    linked.hardlink_to(log)
    soft.symlink_to(log)
    for place in (log, linked, soft, tmp_path / "x" / ".." / "log.csv"):
        with pytest.raises(InputError, match="This is the log, which would be lost"):
            keep_apart({"--out": place}, {log: "the log"}, {})
    with pytest.raises(InputError, match="This is the file of --out"):
        keep_apart({"--out": tmp_path / "new", "--plot": tmp_path / "." / "new"}, {log: "the log"}, {})
    keep_apart({"--out": tmp_path / "new", "--plot": None}, {log: "the log"}, {tmp_path: "a file of the log"})


def test_the_tables_of_a_run_and_nothing_else_of_it(tmp_path):
    for name in ("runs.csv.gz", "manifest.json", "board.csv"):
        (tmp_path / name).write_text("a\n")
    for name in ("runs.csv.gz", "manifest.json"):
        with pytest.raises(InputError, match="a file of the run"):
            keep_run("--out", tmp_path / name, tmp_path)
    keep_run("--out", tmp_path / "board.csv", tmp_path)


def test_scores_are_not_written_over_or_into_the_log(rlbench, tmp_path):
    (tmp_path / "days").mkdir()
    log, day = tmp_path / "log.csv", tmp_path / "days" / "1.parquet"
    for file in (log, day):
        file.write_text("a\n")
    for table, out, said in (
        (log, log, "the log itself"),
        (day.parent, day, "a file of the log"),
        (day.parent, day.with_name("2.parquet"), "a part of the log next time"),
    ):
        code, shown, err = rlbench("score", tmp_path / "model", table, "--out", out)
        assert code == 2 and not shown and said in err and log.read_text() == day.read_text() == "a\n"


def test_a_table_that_is_not_there_is_no_unknown_dataset(rlbench, tmp_path):
    code, _, err = rlbench("score", tmp_path / "model", tmp_path / "nope.parquet", "--out", tmp_path / "out.csv")
    assert code == 2 and f"{tmp_path / 'nope.parquet'}: There is no such file" in err
