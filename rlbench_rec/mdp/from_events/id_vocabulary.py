"""Raw values -> dense ids, fitted on the training side alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .log_columns import Coded

OTHER = "<other>"
"""Name of the out-of-vocabulary id, for people; `TransitionDataset.other_action` says which id it is."""


@dataclass(frozen=True)
class Vocabulary:
    """Known values in id order; every other value maps to one id after the last, the out-of-vocabulary id.

    Attributes:
        values: the known values; value i has id i.
        closed: whether nothing is outside: the values are a whole catalogue known beforehand, or all values of the log.
            Then there is no out-of-vocabulary id.
    """

    values: tuple[Any, ...]
    closed: bool = False

    @staticmethod
    def fit(column: Coded, rows: int, top_k: int) -> Vocabulary:
        """The `top_k` most frequent values of the first `rows` rows, ties by value, and none of them missing.

        It is closed where no row of the whole column has another value or none.
        """
        counts = column.counts(rows)
        # A stable sort of values that ascend leaves ties in the order of the values.
        order = np.argsort(-counts, kind="stable")[: min(top_k, np.count_nonzero(counts))]
        closed = len(order) == int(np.count_nonzero(column.counts(len(column.codes)))) and not column.misses_any()
        return Vocabulary(tuple(column.distinct[i] for i in order), closed)

    def of(self, column: Coded) -> Vocabulary:
        """The same values as the vocabulary of another column; closed where that has no others and none missing."""
        unseen = self.ids(column)[:-1] == len(self.values)
        others = bool(column.counts(len(column.codes))[unseen].any())
        return Vocabulary(self.values, not (others or column.misses_any()))

    def __len__(self) -> int:
        """Number of ids, the out-of-vocabulary id included."""
        return len(self.values) + (not self.closed)

    @property
    def other(self) -> int | None:
        """The out-of-vocabulary id, None where the vocabulary is closed."""
        return None if self.closed else len(self.values)

    def ids(self, column: Coded) -> np.ndarray:
        """(distinct + 1,) int64 ids of a column's values; unseen ones, and missing (the last), get `len(values)`."""
        known = {value: i for i, value in enumerate(self.values)}
        unseen = len(self.values)
        return np.array([*(known.get(value, unseen) for value in column.distinct), unseen], dtype=np.int64)

    def names(self) -> tuple[str, ...]:
        """The values as text, with `OTHER` for the out-of-vocabulary id."""
        return (*map(str, self.values), *(() if self.closed else (OTHER,)))
