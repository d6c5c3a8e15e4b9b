"""Folders of Parquet files that differ in their columns, and types that few functions take."""

from __future__ import annotations

import decimal
import uuid

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rlbench_rec.errors import InputError
from rlbench_rec.ope.scorecard import read_log, score_streamed

USERS = np.arange(40) % 8


def folder_of(path, *columns):
    """A folder of files of forty rows, each with these columns beside the usual ones."""
    path.mkdir()
    for number, further in enumerate(columns):
        usual = {"reward": np.arange(40) % 3 == 0, "propensity": [0.5] * 40, "target_propensity": [0.4, 0.6] * 20}
        pq.write_table(pa.table(usual | further), path / f"{number}.parquet", row_group_size=7)
    return path


def users_of(folder) -> int | None:
    """How many users a folder has, read whole and in parts."""
    whole, parts = read_log(folder).size, score_streamed(folder, rows=20).table.size
    assert (whole.rows, whole.users) == (parts.rows, parts.users)
    return whole.users


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (USERS, np.where(USERS, USERS, np.nan), 8 + 5),
        (pa.nulls(40), pa.array([f"u{user}" for user in USERS]), 8 + 40),
        (pa.array(USERS, pa.int8()), pa.array(USERS + 200), 16),
        (pa.array(USERS, pa.timestamp("ms")), pa.array(USERS * 1_000 + 1, pa.timestamp("us")), 16),
        (USERS, USERS.astype(str), 8),
        (pa.array([f"{user}" for user in USERS]).dictionary_encode(), USERS.astype(str), 8),
    ],
    ids=["empty on the second day", "empty on the first day", "wider", "finer", "text later", "categories first"],
)
def test_a_column_has_the_type_that_holds_the_values_of_every_file(tmp_path, first, second, expected):
    assert users_of(folder_of(tmp_path / "log", {"user": first}, {"user": second})) == expected


def test_rewards_that_are_whole_on_the_first_day(tmp_path):
    folder = folder_of(tmp_path / "log", {"reward": [1, 0] * 20}, {"reward": [0.5, 0.25] * 20})
    assert read_log(folder).log.rewards.sum() == 20 + 15
    assert score_streamed(folder, rows=20).reward.behaviour.value == pytest.approx(35 / 80, rel=1e-12)


@pytest.mark.parametrize("read", [read_log, score_streamed], ids=["whole", "in parts"])
@pytest.mark.parametrize("lacks", [0, 1])
def test_a_file_without_the_users_that_others_have(tmp_path, read, lacks):
    """Its rows would be users of their own, and intervals too narrow, whichever file comes first."""
    files = [{"user": USERS}, {"user": USERS}]
    files[lacks] = {"other": USERS}
    folder = folder_of(tmp_path / "log", *files)
    with pytest.raises(InputError, match=rf"{lacks}\.parquet: This file of the log has no column 'user', which others"):
        read(folder)
    assert read(folder, {"user": "none"}) is not None


@pytest.mark.parametrize("read", [read_log, score_streamed], ids=["whole", "in parts"])
def test_bad_rows_and_links_are_named_by_their_file(tmp_path, read):
    folder = folder_of(tmp_path / "log", {}, {"propensity": [0.5] * 39 + [0.0]})
    with pytest.raises(InputError, match=r"outside \(0, 1\], in 1\.parquet, row 39 \(the first is 0\)"):
        read(folder)
    (folder / "2.parquet").symlink_to(tmp_path / "nowhere")
    with pytest.raises(InputError, match=r"2\.parquet: It cannot be read"):
        read(folder)


TYPES = {
    "half": lambda: pa.array(USERS.astype(np.float16)),
    "decimal256": lambda: pa.array([decimal.Decimal(int(user)) for user in USERS], pa.decimal256(60, 2)),
    "decimal32": lambda: pa.array([decimal.Decimal(int(user)) for user in USERS], pa.decimal32(8, 1)),
    "string_view": lambda: pa.array(USERS.astype(str).tolist(), pa.string_view()),
    "binary_view": lambda: pa.array([bytes([user, 255]) for user in USERS.tolist()], pa.binary_view()),
    "uuid": lambda: pa.array([uuid.UUID(int=255 << 120 | user).bytes for user in USERS.tolist()], pa.uuid()),
    "json": lambda: pa.array([f'"{user}"' for user in USERS], pa.json_()),
}


@pytest.mark.parametrize("kind", TYPES)
def test_types_that_few_functions_take(tmp_path, kind):
    if kind != "half" and not hasattr(pa, f"{kind}_" if kind == "json" else kind):
        pytest.skip("this Arrow has no such type")
    users = TYPES[kind]()
    assert users_of(folder_of(tmp_path / "log", {"user": users}, {"user": users})) == 8
