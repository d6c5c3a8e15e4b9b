"""What the policy knew before deciding, apart from the history: slot, time of the visit, user features.

Every statistic (categories, means, spreads) is fitted on the training rows alone.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

DAY_MS = 86_400_000
WEEK_MS = 7 * DAY_MS


def observations(
    events: pd.DataFrame, row_starts: np.ndarray, train_rows: np.ndarray, context_columns: tuple[str, ...]
) -> tuple[np.ndarray, tuple[str, ...]]:
    """(n, c) float32 and the c column names.

    Columns: log1p of the step within the session (sequential logs), sine and cosine of hour and weekday at the
    session's start, one-hot slot position (where logged), then the card's context columns: text as one-hot (values
    unseen in training are all zeros), numbers standardised.

    Args:
        events: the log's rows.
        row_starts: (n,) first row of each row's session.
        train_rows: (n,) bool.
        context_columns: names of the card's feature columns.
    """
    columns: dict[str, np.ndarray] = {}
    steps = np.arange(len(events)) - row_starts
    if steps.any():
        columns["step"] = np.log1p(steps)
    # The session's start and not the row's own time: when the next event comes is not known before it is decided on.
    started = events["timestamp"].to_numpy()[row_starts]
    for name, period in (("hour", DAY_MS), ("weekday", WEEK_MS)):
        angle = 2 * np.pi * (started % period) / period
        columns[f"{name}_sin"], columns[f"{name}_cos"] = np.sin(angle), np.cos(angle)
    if "position" in events:
        columns |= _one_hot("position", events["position"], train_rows)
    for name in context_columns:
        text = not pd.api.types.is_numeric_dtype(events[name])
        columns |= (_one_hot if text else _standardised)(name, events[name], train_rows)
    matrix = np.empty((len(events), len(columns)), dtype=np.float32)
    for i, column in enumerate(columns.values()):
        matrix[:, i] = column
    return matrix, tuple(columns)


def _one_hot(name: str, column: pd.Series, train_rows: np.ndarray) -> dict[str, np.ndarray]:
    values = np.sort(column[train_rows].dropna().unique())
    return {f"{name}={value}": (column == value).to_numpy() for value in values}


def _standardised(name: str, column: pd.Series, train_rows: np.ndarray) -> dict[str, np.ndarray]:
    values = column.to_numpy(np.float64, na_value=np.nan)
    train = values[train_rows]
    if np.isnan(train).all():
        return {}
    mean, spread = np.nanmean(train), np.nanstd(train)
    # A column that never varied in training says nothing; a missing value becomes the mean.
    return {name: np.nan_to_num((values - mean) / spread)} if spread > 0 else {}
