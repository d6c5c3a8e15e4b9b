"""Columns of any length: made, read and written in chunks, in memory or on disk."""

from __future__ import annotations

import mmap
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np

from ..errors import OutputError, RlbenchError

CHUNK = 1 << 18
"""Rows worked on at a time; intermediate arrays are never longer."""


class ColumnStore:
    """Where new columns go: into memory, or into .npy files that are then memory-mapped.

    Args:
        folder: for the files; None keeps the columns in memory.

    Raises:
        OutputError: the folder does not exist, or is not empty.
    """

    def __init__(self, folder: Path | None = None):
        if folder is not None and (not folder.is_dir() or any(folder.iterdir())):
            raise OutputError("Not an empty folder.", where=str(folder), hint="Make a new one for every dataset.")
        self.folder = folder
        self._made: list[np.ndarray] = []

    def make(self, shape: tuple[int, ...], dtype: type, pieces: Iterable[np.ndarray]) -> np.ndarray:
        """A column of a shape, out of pieces that follow one another and are cast to `dtype`."""
        if self.folder is None:
            column: np.ndarray = np.empty(shape, dtype)
            end = 0
            for piece in pieces:
                begin, end = end, end + len(piece)
                column[begin:end] = piece
            return column
        # Numbered, since a name out of the log could lead anywhere.
        path = self.folder / f"{len(self._made)}.npy"
        write_column(path, shape, dtype, self._releasing(pieces))
        self._made.append(np.load(path, mmap_mode="r", allow_pickle=False))
        return self._made[-1]

    def compute(self, shape: tuple[int, ...], dtype: type, part: Callable[[slice], np.ndarray]) -> np.ndarray:
        """A column of a shape, computed chunk by chunk: `part(rows)` gives its rows `rows`."""
        return self.make(shape, dtype, map(part, slices(shape[0])))

    def _releasing(self, pieces: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        for piece in pieces:
            yield piece
            # Pieces are made of other columns, which are read once, from the first row to the last.
            for column in self._made:
                release(column)


def write_column(path: Path, shape: tuple[int, ...], dtype: type, pieces: Iterable[np.ndarray]) -> None:
    """Write a .npy file piece by piece; a memory map that is written to would stay in memory.

    Raises:
        OutputError: the file cannot be written, or not to its end.
    """
    try:
        with path.open("xb") as file:
            descr = np.lib.format.dtype_to_descr(np.dtype(dtype))
            np.lib.format.write_array_header_1_0(file, {"descr": descr, "fortran_order": False, "shape": shape})
            for piece in pieces:
                # Not `tofile`, whose errors do not say why.
                file.write(piece.astype(dtype, order="C", copy=False).data)
    except OSError as error:
        if isinstance(error, RlbenchError):
            raise
        raise OutputError(f"The column cannot be written ({error.strerror}).", where=str(path)) from error


def slices(rows: int) -> Iterator[slice]:
    """All rows in chunks."""
    for begin in range(0, rows, CHUNK):
        yield slice(begin, min(begin + CHUNK, rows))


def parts(column: np.ndarray) -> Iterator[np.ndarray]:
    """A column in chunks; if it is memory-mapped, at most one of them is in memory."""
    for rows in slices(len(column)):
        yield column[rows]
        release(column)


def release(column: np.ndarray) -> None:
    """Free the memory of a column that is mapped from a file for reading; it is read again at its next use."""
    if not isinstance(column, np.memmap) or column.mode != "r" or not hasattr(mmap, "MADV_DONTNEED"):
        return
    base: object = column
    while isinstance(base, np.ndarray):
        base = base.base
    assert isinstance(base, mmap.mmap), "views of a memory map end in its file"
    base.madvise(mmap.MADV_DONTNEED)
