"""How a column with bad rows is refused: by the first of them, and by how many there are."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from .errors import RlbenchError


def refuse_rows(bad: np.ndarray | Iterable[np.ndarray], refusal: Callable[[int, int], RlbenchError]) -> None:
    """Raise an error about the first bad row, if there is one.

    Args:
        bad: (n,) whether a row is bad; or the same in blocks, for columns beyond memory.
        refusal: (number of the first bad row, how many rows are bad) -> the error.
    """
    first, count, seen = 0, 0, 0
    for block in (bad,) if isinstance(bad, np.ndarray) else bad:
        bad_here = int(np.count_nonzero(block))
        if bad_here and not count:
            first = seen + int(np.argmax(block))
        count, seen = count + bad_here, seen + len(block)
    if count:
        raise refusal(first, count)
