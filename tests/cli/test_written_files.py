"""What a command writes never takes the place of what it reads."""

from __future__ import annotations

import pytest

from rlbench_rec.cli.written_files import keep_apart, keep_model, keep_run
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


@pytest.fixture
def model(tmp_path):
    """A saved run among the results of a suite, by its files alone."""
    folder = tmp_path / "models" / "dqn-0"
    folder.mkdir(parents=True)
    for file in ("run.json", "last.safetensors", "policy.onnx", "policy.onnx.json", "../../runs.csv"):
        (folder / file).write_text("a\n")
    return folder


def test_a_model_is_kept_with_the_tables_of_its_run(model):
    for name in ("run.json", "last.safetensors", "../../runs.csv"):
        with pytest.raises(InputError, match=r"This is a file of the (model|run), which would be lost"):
            keep_model({"--out": model / name}, model)
    for name in ("policy.onnx", "policy.onnx.json", "new.pt", "../../scores.csv"):
        keep_model({"--out": model / name}, model)
    with pytest.raises(InputError, match="a file of the model"):
        keep_model({"--out": model / "policy.onnx"}, model / "policy.onnx")


@pytest.mark.parametrize("out", ["run.json", "last.safetensors", "../../runs.csv", "run"])
def test_an_export_is_not_written_over_its_run(model, rlbench, out):
    code, said, err = rlbench("export", model, "--out", model / out)
    assert code == 2 and not said and "would be lost" in err
    assert (model / "run.json").read_text() == (model.parents[1] / "runs.csv").read_text() == "a\n"


def test_scores_are_not_written_over_the_run(model, rlbench, tmp_path):
    (tmp_path / "log.csv").write_text("a\n")
    code, _, err = rlbench("score", model, tmp_path / "log.csv", "--out", tmp_path / "runs.csv")
    assert code == 2 and "This is a file of the run, which would be lost" in err


def test_a_page_of_a_log_is_not_written_over_the_log_or_its_card(rlbench, tmp_path):
    card, log = tmp_path / "shop.toml", tmp_path / "shop.csv"
    rows = "1,a,2026-01-01 10:00:00,view\n1,b,2026-01-01 10:00:09,purchase\n"
    log.write_text("session,item,time,event\n" + rows * 20)
    assert rlbench("data", "init", log, "--out", card, "--answer", "user=none")[0] == 0
    before = card.read_bytes(), log.read_bytes()
    for place, what in ((card, "the card"), (log, "a file of the log")):
        code, _, err = rlbench("data", "show", card, "--html", place)
        assert code == 2 and f"This is {what}, which would be lost" in err
    assert (card.read_bytes(), log.read_bytes()) == before


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
