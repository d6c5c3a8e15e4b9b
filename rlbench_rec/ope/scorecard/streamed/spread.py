"""The parts of a table scored one after another, or as tasks of a Ray cluster; merged in one order, so that both give
the same bytes."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ....errors import InputError
from ....ray_connection import joined, results_in_order
from .buckets import Dealing, deal, read_bucket, settle
from .parquet_parts import ParquetParts, RowGroups
from .part_scores import Asked, PartScores

MOST_BUCKETS = 512
"""A process may have so many files open."""
MOST_DEALERS = 64
"""Parts of the work of dealing rows out, each of which writes a file a bucket."""
Progress = Callable[[str, int, int], None]
"""Called with what is done, how many parts are, and how many there are."""


@dataclass(frozen=True)
class Spread:
    """How the work is done.

    Attributes:
        rows: how many are held in memory at once.
        ray: address of a Ray cluster; None: in this process.
        progress: told how far the work is.
    """

    rows: int
    ray: str | None
    progress: Progress | None

    def each(self, what: str, function: Callable[..., Any], arguments: Sequence[tuple[Any, ...]]) -> Iterator[Any]:
        """Results of the function, in order; a task's own error is raised as what it is."""
        if self.ray is None:
            results: Iterator[Any] = itertools.starmap(function, arguments)
        else:
            results = results_in_order(joined(self.ray), function, arguments)
        for done, result in enumerate(results, start=1):
            if self.progress is not None:
                self.progress(what, done, len(arguments))
            yield result


def scored_in_order(asked: Asked, parts: ParquetParts, spread: Spread) -> PartScores:
    """The scores of a table in which every row stands by itself, file after file."""
    scores = PartScores(asked)
    work = [(asked, parts, piece, spread.rows) for piece in parts.pieces(spread.rows)]
    for part in spread.each("parts", _score_piece, work):
        scores.merge(part)
    return scores


def scored_by_bucket(asked: Asked, parts: ParquetParts, spread: Spread, folder: Path) -> PartScores:
    """The scores of a table in which rows belong together: they are dealt out to files by what ties them, each of which
    is then a part."""
    buckets, pieces = min(MOST_BUCKETS, -(-parts.n_rows // spread.rows)), parts.pieces(spread.rows)
    dealing = Dealing(asked.layout, folder, buckets, spread.rows)
    size = -(-len(pieces) // MOST_DEALERS)
    work = [(dealing, parts, pieces[at : at + size], at) for at in range(0, len(pieces), size)]
    if sum(spread.each("parts dealt out by user or session", deal, work)) != parts.n_rows:
        raise InputError("It changed while it was read.", where=str(parts.path), hint="Give a copy.")
    settle(dealing, parts)
    scores, read = PartScores(asked), 0
    for part, rows in spread.each("parts", _score_bucket, [(asked, dealing, parts, at) for at in range(buckets)]):
        scores.merge(part)
        read += rows
    if read != parts.n_rows:
        hint = "All workers of a cluster must see the folder; --out names one on a shared disk."
        raise InputError("Not all temporary files were found.", where=str(folder), hint=hint)
    return scores


def _score_piece(asked: Asked, parts: ParquetParts, piece: Sequence[RowGroups], rows: int) -> PartScores:
    scores = PartScores(asked)
    for values in parts.read_piece(piece, asked.layout.columns, rows):
        scores.add(values)
    return scores


def _score_bucket(asked: Asked, dealing: Dealing, parts: ParquetParts, bucket: int) -> tuple[PartScores, int]:
    scores = PartScores(asked)
    values = read_bucket(dealing, parts, bucket)
    if values is None:
        return scores, 0
    scores.add(values)
    return scores, len(values.table)
