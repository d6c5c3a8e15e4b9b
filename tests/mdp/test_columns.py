"""Columns as codes and vocabularies, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from rlbench_rec.errors import OutputError
from rlbench_rec.mdp import columns
from rlbench_rec.mdp.columns import Coded
from rlbench_rec.mdp.context import row_starts
from rlbench_rec.mdp.vocabulary import Vocabulary

COLUMN = Coded(np.array([2, 0, -1, 1, 2, 0, 1], dtype=np.int32), ["a", "b", "c"])


def test_counts_leave_out_missing_values_and_later_rows():
    assert COLUMN.counts(5).tolist() == [1, 1, 2]


def test_a_vocabulary_goes_by_frequency_and_then_by_value():
    fitted = Vocabulary.fit(COLUMN, rows=5, top_k=2)
    assert fitted.values == ("c", "a") and len(fitted) == 3 and fitted.names() == ("c", "a", "<other>")
    # b, and the missing value, are out of the vocabulary.
    assert fitted.ids(COLUMN).tolist() == [1, 2, 0, 2]


def test_a_value_outside_the_training_rows_is_not_learnt():
    assert Vocabulary.fit(COLUMN, rows=3, top_k=10).values == ("a", "c")


def test_a_column_on_disk_is_the_one_in_memory(tmp_path):
    def squares(rows):
        return np.arange(rows.start, rows.stop) ** 2

    shape = (columns.CHUNK + 3,)
    in_memory, on_disk = (columns.Columns(folder).compute(shape, np.float32, squares) for folder in (None, tmp_path))
    assert isinstance(on_disk, np.memmap) and on_disk.dtype == np.float32
    np.testing.assert_array_equal(in_memory, on_disk)


@pytest.mark.parametrize("folder", ["missing", "."])
def test_columns_go_to_an_empty_folder_only(tmp_path, folder):
    (tmp_path / "something").touch()
    with pytest.raises(OutputError, match="empty folder"):
        columns.Columns(tmp_path / folder)


def test_a_released_column_keeps_its_values(tmp_path):
    np.save(tmp_path / "a.npy", np.arange(100_000))
    column = np.load(tmp_path / "a.npy", mmap_mode="r")[10:]
    columns.release(column)
    assert column.sum() == np.arange(10, 100_000).sum()


@pytest.mark.parametrize("mode", ["c", None])
def test_release_never_loses_what_was_written(tmp_path, mode):
    np.save(tmp_path / "a.npy", np.arange(100_000))
    column = np.load(tmp_path / "a.npy", mmap_mode=mode)
    column[:] = 7
    columns.release(column)
    assert (column == 7).all()


def test_rows_know_the_start_of_their_session_in_every_chunk():
    starts, whole = np.array([0, 3, 4, 9]), np.array([0, 0, 0, 3, 4, 4, 4, 4, 4, 9, 9])
    for begin in range(11):
        for end in range(begin + 1, 12):
            assert row_starts(starts, slice(begin, end)).tolist() == whole[begin:end].tolist()
