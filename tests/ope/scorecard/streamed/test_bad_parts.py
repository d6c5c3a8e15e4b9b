"""Parts that cannot be used are refused with the file and the row."""

from __future__ import annotations

import pickle

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rlbench_rec.errors import InputError, MissingFileError, OutputError
from rlbench_rec.ope.scorecard import score_streamed
from rlbench_rec.ope.scorecard.streamed import buckets
from rlbench_rec.ope.scorecard.streamed.parquet_parts import ParquetParts

from .conftest import shop_log, write_parts

PLAIN = ["reward", "propensity", "target_propensity"]
NAMED = [*PLAIN, "user", "episode", "step", "decision_id"]


def refusal(path, columns=None, **options) -> str:
    with pytest.raises(InputError) as caught:
        score_streamed(path, columns, **({"rows": 500} | options))
    return str(caught.value)


@pytest.mark.parametrize("names", [PLAIN, NAMED], ids=["by themselves", "by user"])
@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        ("reward", float("nan"), "2 or more values are missing or not a finite number, the first in"),
        ("propensity", 0.0, "2 or more values are outside (0, 1], the first in"),
        ("propensity", -0.5, "2 or more values are outside (0, 1], the first in"),
        ("target_propensity", 1.5, "2 or more values are outside [0, 1], the first in"),
    ],
)
def test_the_first_bad_row_is_named_with_its_file(parts, names, column, value, expected):
    """Whichever user it is of: rows are looked at in the order of the log."""
    frame = shop_log(2_000)[names]
    frame.loc[[1_310, 1_309, 1_900], column] = value
    told = refusal(parts(frame, rows=1_000))
    assert f"column '{column}': {expected} part-001.parquet, row 309 (the first is 0)" in told


def test_one_file_has_rows_alone(tmp_path):
    frame = shop_log(900)[PLAIN]
    frame.loc[700, "reward"] = None
    frame.to_parquet(tmp_path / "log.parquet", row_group_size=100)
    assert "a value is missing or not a finite number, in row 700 (the first is 0)." in refusal(
        tmp_path / "log.parquet"
    )


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        ("user", "somebody", "column 'user': a value is another than elsewhere in its 'episode', in part-"),
        ("user", None, "column 'user': a value is "),
        ("episode", "another", "another than elsewhere in its 'decision_id', in part-"),
        ("reward", 7.0, "column 'reward': a value is unlike an earlier one of the same 'decision_id', in part-"),
        ("episode", None, "column 'episode': a value is missing, in part-"),
    ],
)
def test_rows_that_should_agree_are_found_in_any_part(parts, column, value, expected):
    frame = shop_log(2_000)[NAMED]
    again = frame.decision_id.duplicated() & frame.user.notna()
    frame.loc[frame[again].index[0], column] = value
    assert expected in refusal(parts(frame), None if column != "episode" else {"user": "none"})


def test_a_decision_of_two_sessions_of_which_one_has_no_user(parts):
    """Its rows are given to a part late, by the session."""
    frame = shop_log(2_000)[NAMED].drop_duplicates("decision_id")
    without = frame.index[frame.user.isna()]
    frame.loc[without, "decision_id"] = frame.decision_id[frame.index[frame.user.notna()][: len(without)]].to_numpy()
    assert "another than elsewhere in its 'decision_id', in part-" in refusal(parts(frame))


def test_a_step_that_repeats_within_a_session(parts):
    frame = shop_log(2_000)[NAMED].drop_duplicates("decision_id")
    rows = frame.index[frame.episode == frame.episode.mode()[0]]
    frame.loc[rows[1], "step"] = frame.step[rows[0]]
    assert "column 'step': a value is a repeat within its 'episode', in part-" in refusal(parts(frame))


def test_weights_that_are_chances_or_ratios(parts):
    frame = shop_log(2_000)
    ratio = (frame.target_propensity / frame.propensity).to_numpy()
    folder = parts(frame.assign(chance=1 / frame.kept, ratio=ratio, inverse=1 / frame.propensity))
    alone = dict.fromkeys(("user", "episode", "step", "decision", "q", "v"), "none")
    told = refusal(folder, alone | {"weight": "chance"})
    assert "column 'chance': Its values are at most 1, as chances to be kept are." in told
    assert "target_propensity / propensity, not how many rows" in refusal(folder, alone | {"weight": "ratio"})
    assert "1 / propensity, not how many rows" in refusal(folder, alone | {"weight": "inverse"})


def test_other_and_broken_files(parts, tmp_path):
    folder = parts(shop_log(2_000)[PLAIN])
    whole = (folder / "part-001.parquet").read_bytes()
    (folder / "part-001.parquet").write_bytes(whole[: len(whole) // 2])
    told = refusal(folder)
    assert "part-001.parquet: It cannot be read as Parquet." in told and "Was it written to its end?" in told
    (folder / "part-001.parquet").unlink()
    (folder / "notes.txt").write_text("x")
    assert "notes.txt: This file of the folder is not Parquet." in refusal(folder)
    (folder / "notes.txt").unlink()
    (folder / "_SUCCESS").touch()
    (folder / ".journal").write_text("being written")
    assert score_streamed(folder).table.size.rows == 2_040 - 940
    (tmp_path / "empty").mkdir()
    assert "The folder holds no file to read." in refusal(tmp_path / "empty")
    with pytest.raises(MissingFileError):
        score_streamed(tmp_path / "nowhere")
    assert refusal(None) == "path: It is None, not a path."
    shop_log(100).to_csv(tmp_path / "log.csv")
    assert "Only Parquet is read in parts." in refusal(tmp_path / "log.csv")
    pd.DataFrame({name: pd.Series(dtype=float) for name in PLAIN}).to_parquet(tmp_path / "none.parquet")
    assert "The table has no rows." in refusal(tmp_path / "none.parquet")


def test_parts_of_other_columns(parts):
    frame = shop_log(2_000)[[*PLAIN, "user"]]
    folder = parts(frame)
    frame[PLAIN].to_parquet(folder / "z.parquet")
    assert "z.parquet: This file of the log has no column 'user', which others have." in refusal(folder)
    assert score_streamed(folder, {"user": "none"}).table.size.rows == 4_080
    frame.assign(reward="a").to_parquet(folder / "z.parquet")
    assert "z.parquet: It cannot be read." in refusal(folder)


def test_a_page_that_is_broken_names_its_file(parts):
    folder = parts(shop_log(2_000)[PLAIN])
    part = folder / "part-001.parquet"
    broken = bytearray(part.read_bytes())
    broken[4:400] = bytes(396)
    part.write_bytes(broken)
    assert "part-001.parquet: It cannot be read." in refusal(folder)


def test_an_id_of_a_decision_that_was_not_named(parts):
    folder = parts(shop_log(600)[[*PLAIN, "decision_id"]].rename(columns={"decision_id": "request_id"}))
    told = refusal(folder)
    assert "Is 'request_id' the id of a decision?" in told and "--decision request_id" in told
    assert score_streamed(folder, {"decision": "request_id"}).table.size.rows == 600
    assert score_streamed(folder, {"decision": "none"}).table.size.rows == 612


def test_users_of_bytes_that_are_text_here_and_not_there(tmp_path):
    for number, users in enumerate([[b"a", b"a"], [b"a", b"\xff"]]):
        rows = {"reward": [1.0] * 2, "propensity": [0.5] * 2, "target_propensity": [0.5] * 2, "user": users}
        pq.write_table(pa.table(rows), tmp_path / f"{number}.parquet")
    assert "column 'user': Some of its values are string, and some binary." in refusal(tmp_path, rows=2)


def test_pieces_are_row_groups_of_files_in_order(tmp_path):
    folder = write_parts(shop_log(2_000)[PLAIN], tmp_path / "log")
    parts = ParquetParts(folder)
    pieces = parts.pieces(500)
    rows = [sum(groups.rows for groups in piece) for piece in pieces]
    assert sum(rows) == parts.n_rows == 2_040 and min(rows[:-1]) >= 500 and max(rows) <= 800
    firsts = [groups.first_row for piece in pieces for groups in piece]
    assert firsts == sorted(firsts) and firsts[0] == 0
    assert parts.place(1_099) == "part-000.parquet, row 1099 (the first is 0)"
    assert parts.place(1_100) == "part-001.parquet, row 0 (the first is 0)"


@pytest.mark.parametrize("elsewhere", [False, True], ids=["here", "in another process"])
@pytest.mark.parametrize("user", ["user", "none"])
def test_a_file_that_is_replaced_while_the_log_is_read(parts, monkeypatch, elsewhere, user):
    """Also by one of the same number of rows, of which nothing would be noticed."""
    frame = shop_log(2_000)[[*PLAIN, "user"]]
    folder = parts(frame)
    pieces = ParquetParts.pieces

    def replacing(log, rows):
        found = pieces(log, rows)
        frame[1_100:].assign(reward=1.0).to_parquet(folder / "part-001.parquet", row_group_size=300, index=False)
        if elsewhere:
            vars(log).update(vars(pickle.loads(pickle.dumps(log))))
        return found

    monkeypatch.setattr(ParquetParts, "pieces", replacing)
    assert "part-001.parquet: It changed while the log was read. Give a copy." in refusal(folder, {"user": user})


def test_a_full_disk_is_named(parts, tmp_path, monkeypatch):
    def full(path, schema):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(buckets, "_arrow_file", full)
    folder, scratch = parts(shop_log(2_000)[[*PLAIN, "user"]]), tmp_path / "scratch"
    with pytest.raises(OutputError, match=r"Temporary files cannot be written \(No space left on device\)\. .*TMPDIR"):
        score_streamed(folder, rows=500, scratch=scratch)
    assert sorted(tmp_path.iterdir()) == [folder]
