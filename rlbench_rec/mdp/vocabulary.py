"""Raw values -> dense ids, fitted on the training side alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Vocabulary:
    """Known values in id order; every other value maps to one id after the last, the out-of-vocabulary id.

    Attributes:
        values: the known values; value i has id i.
        closed: whether the values are a whole catalogue known beforehand, so that no out-of-vocabulary id is needed.
    """

    values: tuple
    closed: bool = False

    @staticmethod
    def fit(column: pd.Series, top_k: int) -> Vocabulary:
        """The `top_k` most frequent values, most frequent first; ties by value. Missing values do not count."""
        counts = column.value_counts(sort=False).rename("count").rename_axis("value").reset_index()
        counts = counts.sort_values(["count", "value"], ascending=[False, True], kind="stable").head(top_k)
        return Vocabulary(tuple(counts["value"].tolist()))

    def __len__(self) -> int:
        """Number of ids, the out-of-vocabulary id included."""
        return len(self.values) + (not self.closed)

    def encode(self, column: pd.Series) -> np.ndarray:
        """(n,) int64 ids; -1 never occurs: unseen and missing values get `len(values)`."""
        codes = pd.Index(self.values).get_indexer(pd.Index(column))
        return np.where(codes < 0, len(self.values), codes).astype(np.int64)

    def names(self) -> tuple[str, ...]:
        """The values as text, with `<other>` for the out-of-vocabulary id."""
        return (*map(str, self.values), *(() if self.closed else ("<other>",)))
