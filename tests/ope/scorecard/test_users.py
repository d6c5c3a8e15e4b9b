"""Rows without a user are users of their own; a user who is not a single one is asked about."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rlbench_rec import ope
from rlbench_rec.errors import InputError
from rlbench_rec.ope.scorecard import read_log


@pytest.fixture
def frame():
    """900 decisions of 60 users and of 300 rows without one."""
    rng = np.random.default_rng(0)
    users = np.where(np.arange(900) % 3 == 0, -1, rng.integers(0, 60, 900))
    return pd.DataFrame(
        {"user": users, "reward": rng.random(900), "propensity": 0.5, "target_propensity": rng.choice([0.3, 0.7], 900)}
    )


KINDS = {
    "empty cells": lambda users: users.where(users >= 0).astype("Int64").astype(object),
    "NULL": lambda users: users.astype(str).replace("-1", "NULL"),
    "quoted blanks": lambda users: users.astype(str).replace("-1", "  "),
    "nan": lambda users: "u" + users.astype(str).replace("-1", ""),
    "N/A": lambda users: users.astype(str).replace("-1", "N/A"),
    "floats": lambda users: users.where(users >= 0),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_each_row_without_a_user_is_one(tmp_path, frame, kind, suffix):
    own = np.where(frame["user"] < 0, 1_000 + np.arange(900), frame["user"])
    expected = ope.lift(
        ope.EvaluationLog(*(frame[name].to_numpy() for name in list(frame)[1:]), clusters=own), interval="normal"
    )
    frame["user"] = KINDS[kind](frame["user"])
    if kind == "nan":
        frame["user"] = frame["user"].replace("u", "nan")
    path = tmp_path / f"log{suffix}"
    frame.to_csv(path, index=False) if suffix == ".csv" else frame.to_parquet(path)
    read = read_log(path)
    assert read.log.n_units == 360 and "300 of 900 rows have no 'user'" in read.notes[0]
    found = ope.lift(read.log, interval="normal")
    assert found.std_error == pytest.approx(expected.std_error, rel=1e-12)


def test_nan_in_parquet_is_nobody(tmp_path, frame):
    frame["user"] = frame["user"].astype(float).where(frame["user"] >= 0)
    pq.write_table(
        pa.Table.from_pandas(frame, preserve_index=False).set_column(
            0, "user", pa.array(frame["user"].to_numpy(), from_pandas=False)
        ),
        tmp_path / "log.parquet",
    )
    assert read_log(tmp_path / "log.parquet").log.n_units == 360


def test_one_user_for_many_is_asked_about(tmp_path, frame):
    frame["user"] = frame["user"].astype(str).replace("-1", "guest")
    frame.to_csv(tmp_path / "log.csv", index=False)
    read = read_log(tmp_path / "log.csv")
    assert read.log.n_units == 61 and "One 'user' has 33% of the rows" in read.notes[0]


def test_a_session_belongs_to_whoever_logs_in(tmp_path):
    rows = ["1,1,1,a,0,", "1,1,1,a,1,u", "1,1,1,b,0,NULL", "1,1,1,c,0,u", "1,1,1,d,0,"]
    path = tmp_path / "log.csv"
    path.write_text("\n".join(["reward,propensity,target_propensity,episode,step,user", *rows]))
    read = read_log(path)
    codes = read.log.clusters
    assert codes[0] == codes[2] and len(set(codes.tolist())) == 3 and "2 of 4 sessions have no 'user'" in read.notes[0]
    path.write_text(path.read_text() + "\n1,1,1,a,2,w")
    with pytest.raises(InputError, match="another than elsewhere in its 'episode', in line 7"):
        read_log(path)


def test_a_session_must_have_a_name(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("reward,propensity,target_propensity,episode\n1,1,1,a\n1,1,1,NULL\n1,1,1,\n")
    with pytest.raises(InputError, match="column 'episode': 2 values are missing, the first in line 3"):
        read_log(path)


@pytest.mark.parametrize("word", ["NaT", "(none)", "[NULL]", "#NULL!", "-", "?", "Unknown"])
def test_further_words_for_nobody(tmp_path, word):
    users = "".join(f"1,0.5,0.5,{user}\n" for user in ("a", word, "b", word, "a"))
    (tmp_path / "log.csv").write_text("reward,propensity,target_propensity,user\n" + users)
    read = read_log(tmp_path / "log.csv")
    assert read.log.n_units == 4 and "2 of 5 rows have no 'user'" in read.notes[0]
