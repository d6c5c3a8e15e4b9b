"""Columns in memory and on disk."""

from __future__ import annotations

import numpy as np
import pytest

from rlbench_rec.errors import OutputError
from rlbench_rec.mdp import chunked_columns


def test_a_column_on_disk_is_the_one_in_memory(tmp_path):
    def squares(rows):
        return np.arange(rows.start, rows.stop) ** 2

    shape = (chunked_columns.CHUNK + 3,)
    in_memory, on_disk = (
        chunked_columns.ColumnStore(folder).compute(shape, np.float32, squares) for folder in (None, tmp_path)
    )
    assert isinstance(on_disk, np.memmap) and on_disk.dtype == np.float32
    np.testing.assert_array_equal(in_memory, on_disk)


@pytest.mark.parametrize("folder", ["missing", "."])
def test_columns_go_to_an_empty_folder_only(tmp_path, folder):
    (tmp_path / "something").touch()
    with pytest.raises(OutputError, match="empty folder"):
        chunked_columns.ColumnStore(tmp_path / folder)


def test_a_released_column_keeps_its_values(tmp_path):
    np.save(tmp_path / "a.npy", np.arange(100_000))
    column = np.load(tmp_path / "a.npy", mmap_mode="r")[10:]
    chunked_columns.release(column)
    assert column.sum() == np.arange(10, 100_000).sum()


@pytest.mark.parametrize("mode", ["c", None])
def test_release_never_loses_what_was_written(tmp_path, mode):
    np.save(tmp_path / "a.npy", np.arange(100_000))
    column = np.load(tmp_path / "a.npy", mmap_mode=mode)
    column[:] = 7
    chunked_columns.release(column)
    assert (column == 7).all()
