"""What a file of recommendations may look like, and what is refused."""

from __future__ import annotations

import gzip
import warnings
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from rlbench_rec import policies
from rlbench_rec.baselines.recommendation_file import read_recommendations
from rlbench_rec.errors import DataWarning, InputError, MissingFileError
from rlbench_rec.mdp import TransitionDataset
from rlbench_rec.policies import on_log


@pytest.fixture
def log(named_log: TransitionDataset) -> TransitionDataset:
    return named_log


def table(path: str, log: TransitionDataset, **parameters) -> np.ndarray:
    return on_log(policies.from_file(path, log, **parameters), log)


ANN = "user,item,score\nann,item-1,"


@pytest.mark.parametrize(
    "columns",
    [
        ("user_id", "item_id", "score", "rank"),
        ("user", "item", "score", "rank"),
        ("user_id:token", "item_id:token", "rating:float", "timestamp:float"),
        ("userId", "itemId", "prediction", "note"),
    ],
    ids=["RecTools and LensKit", "LensKit before 2025", "RecBole", "Spark"],
)
def test_columns_are_known_as_other_libraries_name_them(file, log, columns):
    rows = "\n".join(f"{user},item-{place},{-place},{place}" for user in ("ann", "bob") for place in range(2))
    read = read_recommendations(file(f"{','.join(columns)}\n{rows}\n"))
    assert (read.of, read.kind) == ("user", "score") and read.worth.tolist() == [0, -1, 0, -1]


def test_ids_are_text_or_numbers(file):
    plain = {"item": ["7", "8"], "score": [2.0, 1.0]}
    for users in ([3, 3], [3.0, 3.0], ["3", "3"], pd.Categorical(["3", "3"])):
        read = read_recommendations(file(pd.DataFrame({"user": users} | plain), "r.parquet"))
        assert (read.names.tolist(), read.who.tolist()) == (["3"], [0, 0]), users
    read = read_recommendations(file("user,item,score\n007,  x ,1\n"))
    assert (read.names.tolist(), read.item_names.tolist()) == (["007"], ["x"]), "ids are not read as numbers"


def test_other_ways_to_write_csv(file, tmp_path):
    lines = "user;item;score\nann;a, b;1\nann;c;.5\n"
    for content in (lines.encode("utf-8-sig"), gzip.compress(lines.encode()), lines.replace("\n", "\r\n").encode()):
        (tmp_path / "recs").write_bytes(content)
        read = read_recommendations(tmp_path / "recs")
        assert read.item_names[read.items].tolist() == ["a, b", "c"] and read.worth.tolist() == [1, 0.5]


def test_a_name_is_a_name(file, log, tmp_path):
    """Neither a pattern, nor a partition, nor SQL."""
    for name in ("item=5[*]?.parquet", "a'; DROP TABLE x; --.parquet", "~.csv"):
        frame = pd.DataFrame({"user": ["ann"], "item": ["item-1"], "score": [1.0]})
        path = file(frame if name.endswith("parquet") else frame.to_csv(index=False), name)
        assert policies.from_file(path, log).name == f"file:{name}"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "cannot be read"),
        ("user,item,score\n", "has no rows"),
        ("user,score\nann,1\n", "The columns are user, score. Name the columns user_id or session_id"),
        ("user,item\nann,1\n", "The columns are user, item"),
        ("item,score\n1,1\n", "The columns are item, score"),
        ("user,session,item,score\nann,s0,1,1\n", "a user (user) and a session (session). Keep one"),
        ("user,item,score,probability\nann,1,1,1\n", "a score (score) and a probability (probability). Keep one"),
        ("user,step,item,score\nann,0,1,1\n", "A step (step) is one of a session"),
        ("session,step,item,score\ns0,0.5,1,1\n", "Row 1 has the step 0.5"),
        ("session,step,item,score\ns0,-1,1,1\n", "Row 1 has the step -1"),
        (f"{ANN}\n", "Row 1 has the score ''"),
        (f"{ANN}nan\n", "Row 1 has the score 'nan'"),
        (f"{ANN}inf\n", "Row 1 has the score 'inf'"),
        (f"{ANN}1_0\n", "Row 1 has the score '1_0'"),
        ("user,item,score\n,item-1,1\n", "Row 1 has no user"),
        ("user,item,score\nann,,1\n", "Row 1 has no item"),
        (f"{ANN}1\nbob,item-1,1\nann,item-1,2\n", "Item item-1 stands twice for user ann (1 such rows)"),
        ("session,step,item,rank\ns0,1,x,1\ns0,1,x,2\n", "Item x stands twice for session s0 at step 1"),
        ("user,item,probability\nann,a,-0.1\n", "A probability of user ann is -0.1. If these are scores"),
        ("user,item,probability\nann,a,0.7\nann,b,0.4\n", "The probabilities of user ann sum to 1.1, above 1"),
        ("user,item,score\nann,item-1\n", "cannot be read"),
        ("user,user,item,score\nann,bob,item-1,1\n", "Column user is there twice"),
        ("user:token,user,item,score\nann,bob,item-1,1\n", "two columns of one name (user:token and user)"),
        ("user,item,score\nann,item-1\0,1\n", "Row 1 has a zero byte in the item"),
        (f"{ANN}1\nann,item-9,1\n", ""),
        ("user,item,score\nann,9,1\n", "None of its 1 items (9, …) is an action of the log"),
    ],
)
def test_what_is_refused(file, log, content, message):
    path = file(content)
    if not message:
        with pytest.warns(DataWarning, match=r"recs\.csv: 1 of its 2 items \(item-9, …\) are not actions"):
            assert table(path, log)[0].tolist() == [0, 1, 0, 0]
        return
    with pytest.raises(InputError) as caught:
        policies.from_file(path, log)
    assert message in str(caught.value) and path in str(caught.value)


def test_numbers_of_all_kinds_are_scores(file, log):
    users, items, unlike = ["ann", "ann"], ["item-1", "item-2"], [Decimal("2.5"), Decimal("1")]
    for scores in (
        [2**63 + 4096, 1],
        np.array([2.5, 1.0], np.float16),
        pd.Categorical(["2.5", "1"]),
        unlike,
        [1e308, -1e308],
    ):
        path = file(pd.DataFrame({"user": users, "item": items, "score": scores}), "r.parquet")
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert table(path, log)[0] == pytest.approx([0.0, 2 / 3, 1 / 3, 0.0])


def test_files_that_are_none(file, log, tmp_path):
    with pytest.raises(MissingFileError, match="no such file of recommendations"):
        policies.from_file(tmp_path / "none.parquet", log)
    with pytest.raises(MissingFileError):
        policies.from_file(tmp_path, log)
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 and nothing")
    with pytest.raises(InputError, match="cannot be read"):
        policies.from_file(tmp_path / "broken.parquet", log)
    for bad, message in (([1.5], "the user 1.5"), ([True], "holds bool"), ([None], "no user")):
        frame = pd.DataFrame({"user": pd.Series(bad, dtype="string" if bad == [None] else None)})
        path = file(frame.assign(item="item-1", score=1.0), "r.parquet")
        with pytest.raises(InputError, match=message):
            policies.from_file(path, log)
