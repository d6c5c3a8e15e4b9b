"""What the policy knew before deciding, apart from the history: slot, time of the visit, user features.

Every statistic (categories, means, spreads) is fitted on the training rows alone.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .columns import Columns, LogColumns

DAY_MS = 86_400_000
WEEK_MS = 7 * DAY_MS
Feature = Callable[[slice], np.ndarray]


def observations(
    log: LogColumns, times: np.ndarray, row_starts: np.ndarray, train_rows: np.ndarray, columns: Columns
) -> tuple[np.ndarray, tuple[str, ...]]:
    """(n, c) float32 and the c column names.

    Columns: log1p of the step within the session (sequential logs), sine and cosine of hour and weekday at the
    session's start, one-hot slot position (where logged), then the card's context columns: text as one-hot (values
    unseen in training are all zeros), numbers standardised.

    Args:
        log: the log's rows.
        times: (n,) int64 ms.
        row_starts: (n,) first row of each row's session.
        train_rows: (n,) bool.
        columns: where the matrix goes.
    """
    rows = len(times)
    features: dict[str, Feature] = {}
    if (row_starts[1:] == row_starts[:-1]).any():
        features["step"] = lambda part: np.log1p(np.arange(part.start, part.stop) - row_starts[part])
    # The session's start and not the row's own time: when the next event comes is not known before it is decided on.
    for name, period in (("hour", DAY_MS), ("weekday", WEEK_MS)):
        for suffix, wave in (("sin", np.sin), ("cos", np.cos)):
            features[f"{name}_{suffix}"] = _wave(wave, period, times, row_starts)
    if log.has("position"):
        features |= _one_hot("position", log, train_rows)
    for name in log.log.context_columns:
        features |= (_one_hot if log.is_text(name) else _standardised)(name, log, train_rows)

    def fill(part: slice, matrix: np.ndarray) -> None:
        for i, feature in enumerate(features.values()):
            matrix[:, i] = feature(part)

    return columns.make("observations", (rows, len(features)), np.float32, fill), tuple(features)


def _wave(wave: Callable, period: int, times: np.ndarray, row_starts: np.ndarray) -> Feature:
    return lambda part: wave(2 * np.pi * (times[row_starts[part]] % period) / period)


def _one_hot(name: str, log: LogColumns, train_rows: np.ndarray) -> dict[str, Feature]:
    column = log.coded(name)
    seen = np.flatnonzero(column.counts(train_rows))
    return {f"{name}={column.distinct[i]}": lambda part, code=i: column.codes[part] == code for i in seen}


def _standardised(name: str, log: LogColumns, train_rows: np.ndarray) -> dict[str, Feature]:
    values = log.numbers(name, np.float64, missing=np.nan)
    train = values[train_rows]
    if np.isnan(train).all():
        return {}
    mean, spread = np.nanmean(train), np.nanstd(train)
    # A column that never varied in training says nothing; a missing value becomes the mean.
    return {name: lambda part: np.nan_to_num((values[part] - mean) / spread)} if spread > 0 else {}
