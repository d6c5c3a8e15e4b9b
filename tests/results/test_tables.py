"""Writing and reading tables: columns, exactness, and files that are not such tables."""

import os
import stat
import struct

import numpy as np
import pandas as pd
import pytest

from rlbench_rec.errors import InputError, MissingFileError, OutputError
from rlbench_rec.files import write_bytes, write_text
from rlbench_rec.results.leaderboard import leaderboard
from rlbench_rec.results.read import load_leaderboard, load_runs, read_table
from rlbench_rec.results.schema import CURVES, KEYS, LEADERBOARD, RUNS, TIMINGS
from rlbench_rec.results.write import write_json, write_rows, write_table

HEADERS = {
    "runs": "schema_version,run_id,suite,dataset,dataset_sha256,card_sha256,split_hash,task,algorithm,variant,"
    "config_hash,seed,replicate,log,policy,base,steps_used,overestimation,metric,higher_is_better,estimator,q,value,ci_low,ci_high,true_value,n_episodes,ess,verdict,identification,status",
    "leaderboard": "schema_version,rank,tie_group,dataset,task,algorithm,variant,metric,estimator,q,n_seeds,"
    "n_replicates,uncertainty,mean,iqm,ci_low,ci_high,"
    "std,delta_vs_behaviour,p_adjusted,prob_improvement,verdict,identification,base,status,useful",
    "timings": "schema_version,run_id,seconds,cpu_seconds,steps_per_second,peak_memory_mb",
    "curves": "schema_version,run_id,step,loss,td_error,mean_q,mean_return,unexplained,log_loss,overestimation",
}


@pytest.mark.parametrize(
    ("name", "schema"), [("runs", RUNS), ("leaderboard", LEADERBOARD), ("timings", TIMINGS), ("curves", CURVES)]
)
def test_headers_are_the_published_ones(name, schema, tmp_path):
    path = tmp_path / f"{name}.csv"
    write_table(pd.DataFrame(columns=list(schema)), schema, path)
    assert path.read_text() == HEADERS[name] + "\n"


def test_every_row_says_the_version_of_its_columns(tmp_path):
    path = tmp_path / "timings.csv"
    write_table(pd.DataFrame({name: ["1", "2"] for name in TIMINGS}), TIMINGS, path)
    assert [line.split(",")[0] for line in path.read_text().splitlines()] == ["schema_version", "5", "5"]


@pytest.mark.parametrize(("cell", "shown"), [("99", "99"), ("", "empty"), ("5.5", "5.5")])
def test_a_table_of_another_version_is_refused_before_its_columns(cell, shown, tmp_path):
    path = tmp_path / "timings.csv"
    path.write_text(f"schema_version,something_new\n{cell},1\n")
    with pytest.raises(InputError, match=f"schema_version is {shown}; this version"):
        read_table(path, TIMINGS, ("run_id",))


@pytest.fixture
def runs_file(tmp_path, run, frame_of):
    """Three runs on disk."""
    path = tmp_path / "runs.csv"
    write_table(frame_of(run("bc"), run("dqn", 2.0), run("dqn", 2.5, seed=1)), RUNS, path)
    return path


def test_numbers_come_back_bit_for_bit(tmp_path):
    generator = np.random.default_rng(0)
    numbers = [struct.unpack("<d", generator.bytes(8))[0] for _ in range(2_000)]
    numbers = [x for x in numbers if np.isfinite(x)] + [0.1 + 0.2, 5e-324, -0.0, 1e22, 1 / 3]
    frame = pd.DataFrame({"run_id": [f"r{i}" for i in range(len(numbers))], "seconds": numbers})
    frame = frame.assign(cpu_seconds=np.nan, steps_per_second=np.nan, peak_memory_mb=None)
    write_table(frame, TIMINGS, tmp_path / "t.csv")
    back = read_table(tmp_path / "t.csv", TIMINGS, ("run_id",))
    assert back["seconds"].to_numpy().tobytes() == np.array(numbers).tobytes()
    assert back[["steps_per_second", "peak_memory_mb"]].isna().all(axis=None)


@pytest.mark.parametrize(
    "text", ["=1+1", "+cmd", "-2", "@sum", "\t=x", "\r=x", "'=x", "''-x", "'", "", "it's", 'a,"b"', "ü\nz"]
)
def test_no_cell_runs_as_a_formula_and_every_text_comes_back(text, tmp_path, run, frame_of):
    path = tmp_path / "runs.csv"
    write_table(frame_of(run(variant=text)), RUNS, path)
    on_disk = pd.read_csv(path, dtype=str, keep_default_na=False, lineterminator="\n").loc[0, "variant"]
    assert not on_disk.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert load_runs(path).loc[0, "variant"] == text


def test_negative_numbers_are_no_formulas(runs_file, run, frame_of):
    write_table(frame_of(run(value=-2.0)), RUNS, runs_file)
    assert ",-2.0,-2.1,-1.9," in runs_file.read_text()


def test_a_table_keeps_its_types(runs_file):
    frame = load_runs(runs_file)
    assert list(frame.columns) == list(RUNS)
    assert frame["seed"].tolist() == [0, 0, 1]
    assert frame["higher_is_better"].tolist() == [True] * 3
    assert frame["true_value"].isna().all()
    assert frame["task"].tolist() == [""] * 3


def test_a_leaderboard_comes_back_as_it_was(tmp_path, run, frame_of):
    board = leaderboard(frame_of(run("behaviour"), run("dqn", 2.0), run("bc", 0.1, verdict="unreliable")))
    write_table(board, LEADERBOARD, tmp_path / "a.csv")
    back = load_leaderboard(tmp_path / "a.csv")
    write_table(back, LEADERBOARD, tmp_path / "b.csv")
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    assert back["rank"].tolist()[:2] == [1, 2]
    assert back["rank"].isna().tolist() == [False, False, True]


def test_equal_rows_are_equal_bytes(tmp_path, run, frame_of):
    rows = [run(name, 1 / 3, seed=seed) for name in ("bc", "dqn") for seed in (0, 1)]
    for name in ("a", "b"):
        write_table(frame_of(*rows), RUNS, tmp_path / name)
        write_table(leaderboard(frame_of(*rows)), LEADERBOARD, tmp_path / f"{name}-board")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert (tmp_path / "a-board").read_bytes() == (tmp_path / "b-board").read_bytes()


def test_columns_may_stand_in_any_order_and_more_are_ignored(runs_file):
    expected = load_runs(runs_file)
    raw = pd.read_csv(runs_file, dtype=str, keep_default_na=False)
    raw[list(raw.columns[::-1])].assign(remark="mine").to_csv(runs_file, index=False)
    pd.testing.assert_frame_equal(load_runs(runs_file), expected)


def test_a_byte_order_mark_is_no_part_of_the_first_column(runs_file):
    runs_file.write_bytes(b"\xef\xbb\xbf" + runs_file.read_bytes())
    assert len(load_runs(runs_file)) == 3


def _replaced(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_a_header_alone_is_an_empty_table(runs_file):
    runs_file.write_text(HEADERS["runs"] + "\n")
    assert len(load_runs(runs_file)) == 0


def test_a_missing_column_is_named(runs_file):
    _replaced(runs_file, "ci_low", "low")
    with pytest.raises(InputError, match=r"Columns are missing: ci_low\."):
        load_runs(runs_file)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (",2.0,", ",two,", r":3: column 'value': 'two' is not a number"),
        (",1,0,0,greedy,", ",1.5,0,0,greedy,", r":4: column 'seed': '1.5' is not a whole number"),
        (",True,", ",yes,", r":2: column 'higher_is_better': 'yes' is not True or False"),
    ],
)
def test_a_cell_of_the_wrong_kind_is_named_with_its_line(runs_file, old, new, message):
    _replaced(runs_file, old, new)
    with pytest.raises(InputError, match=message):
        load_runs(runs_file)


def test_a_diverging_run_is_read_and_another_status_is_not(runs_file):
    _replaced(runs_file, ",ok\n", ",diverging\n")
    assert load_runs(runs_file)["status"].tolist() == ["diverging", "ok", "ok"]
    _replaced(runs_file, ",ok\n", ",odd\n")
    with pytest.raises(InputError, match="'odd' is not ok, diverging, or failed"):
        load_runs(runs_file)


def test_two_rows_of_one_key_are_refused(runs_file):
    runs_file.write_text(runs_file.read_text() + runs_file.read_text().splitlines()[1] + "\n")
    with pytest.raises(InputError, match=r":5: dataset, .*repeats the key"):
        load_runs(runs_file)


def test_rows_of_figures_are_written_with_one_version(tmp_path):
    path = tmp_path / "a.csv"
    write_rows(path, [{"b": 1.5, "a": "x, y"}, {"schema_version": "4", "a": None, "b": True}], ["a", "b"])
    assert path.read_text() == 'schema_version,a,b\n5,"x, y",1.5\n5,,True\n'


@pytest.mark.parametrize("version", ["1", "6", ""])
def test_another_schema_version_is_refused(runs_file, version):
    _replaced(runs_file, "\n5,shop", f"\n{version},shop")
    with pytest.raises(InputError, match="schema_version"):
        load_runs(runs_file)


@pytest.mark.parametrize(
    "content",
    [b"", b"\n\n", bytes(range(256)) * 20, b"\x00" * 100, b"\xff\xfe\x00", b'a,"b\nc', b"a,b\n1,2,3,4\n1\n"],
    ids=["empty", "blank", "binary", "zeros", "utf-16", "open-quote", "ragged"],
)
def test_what_is_no_table_is_refused(content, tmp_path):
    path = tmp_path / "runs.csv"
    path.write_bytes(content)
    for read in (load_runs, load_leaderboard):
        with pytest.raises(InputError, match=r"runs\.csv"):
            read(path)


@pytest.mark.parametrize("kept", [0.3, 0.95])
def test_a_truncated_last_line_is_refused(kept, runs_file):
    lines = runs_file.read_text().splitlines()
    cells = lines[-1].split(",")
    runs_file.write_text("\n".join([*lines[:-1], ",".join(cells[: int(kept * len(cells))])]))
    with pytest.raises(InputError, match=r"runs\.csv:4: The line has \d+ cells, the header 31"):
        load_runs(runs_file)


@pytest.mark.parametrize("lines", [slice(1, None), slice(2, 3)], ids=["every", "one"])
def test_lines_with_surplus_cells_are_refused(lines, runs_file):
    text = runs_file.read_text().splitlines()
    text[lines] = [line + ",surplus" for line in text[lines]]
    runs_file.write_text("\n".join(text))
    with pytest.raises(InputError, match=r"runs\.csv"):
        load_runs(runs_file)


def test_a_file_saved_by_a_spreadsheet_reads_the_same(runs_file):
    expected = load_runs(runs_file)
    runs_file.write_bytes(runs_file.read_bytes().replace(b"\n", b"\r\n"))
    pd.testing.assert_frame_equal(load_runs(runs_file), expected)


def test_a_column_that_is_there_twice_is_refused(runs_file):
    _replaced(runs_file, "policy", "seed")
    with pytest.raises(InputError, match="occur twice: seed"):
        load_runs(runs_file)


def test_no_file_and_a_folder(tmp_path):
    with pytest.raises(MissingFileError, match="no such file"):
        load_runs(tmp_path / "none.csv")
    with pytest.raises(InputError):
        load_leaderboard(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written(tmp_path):
    tmp_path.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        with pytest.raises(OutputError, match="cannot be written"):
            write_text(tmp_path / "a.csv", "x")
        assert list(tmp_path.iterdir()) == []
    finally:
        tmp_path.chmod(stat.S_IRWXU)


def test_a_place_that_is_none(tmp_path):
    with pytest.raises(OutputError, match=r"a\.csv: The file cannot be written"):
        write_text(tmp_path / "none" / "a.csv", "x")
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError):
        write_text(tmp_path / "file" / "a.csv", "x")


def test_a_failed_write_leaves_the_old_file_and_nothing_beside_it(tmp_path, monkeypatch):
    path = tmp_path / "a.csv"
    write_text(path, "old")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OutputError, match="No space left"):
        write_bytes(path, b"new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_written_files_can_be_shared(tmp_path):
    write_json({"b": 1, "a": "ü"}, tmp_path / "m.json")
    assert stat.S_IMODE((tmp_path / "m.json").stat().st_mode) == 0o644
    assert (tmp_path / "m.json").read_bytes() == '{\n "a": "ü",\n "b": 1\n}\n'.encode()


def test_keys_are_columns_of_both_tables():
    assert set(KEYS) <= set(RUNS) & set(LEADERBOARD)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (",trusted,", ",good,", r":2: column 'verdict': 'good' is not trusted or weak"),
        (",trusted,", ",,", "column 'verdict': '' is not"),
        (",identified,", ",sure,", "column 'identification': 'sure' is not"),
        ("identified,ok", "identified,OK", "column 'status': 'OK' is not ok, diverging, or failed"),
        (",2.0,", ",inf,", "column 'value': 'inf' is not a finite number"),
        (
            ",1,0,0,greedy,",
            ",9223372036854775808,0,0,greedy,",
            "column 'seed': '9223372036854775808' is not a whole number below",
        ),
        (",1,0,0,greedy,", ",1e300,0,0,greedy,", "column 'seed': '1e300' is not a whole number below"),
    ],
)
def test_a_cell_nobody_wrote_is_refused(old, new, message, runs_file):
    _replaced(runs_file, old, new)
    with pytest.raises(InputError, match=message):
        load_runs(runs_file)


def test_a_failed_run_needs_no_verdict(tmp_path, run, frame_of):
    failed = run(value=np.nan, verdict="", identification="", status="failed: diverged")
    write_table(frame_of(failed), RUNS, tmp_path / "runs.csv")
    assert load_runs(tmp_path / "runs.csv")["status"].tolist() == ["failed: diverged"]


def test_a_leaderboard_of_another_verdict_is_refused(tmp_path, run, frame_of):
    write_table(leaderboard(frame_of(run())), LEADERBOARD, tmp_path / "a.csv")
    _replaced(tmp_path / "a.csv", "trusted", "good")
    with pytest.raises(InputError, match="column 'verdict'"):
        load_leaderboard(tmp_path / "a.csv")


def test_truth_as_spreadsheets_write_it(runs_file):
    expected = load_runs(runs_file)
    runs_file.write_text(runs_file.read_text().replace("True", "TRUE"))
    pd.testing.assert_frame_equal(load_runs(runs_file), expected)
