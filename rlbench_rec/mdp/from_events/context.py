"""What the policy knew before deciding, apart from the history: slot, time of the visit, user features.

Every statistic (categories, means, spreads) is fitted on the training rows alone.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .decisions import of_sessions
from .log_columns import LogColumns

DAY_MS = 86_400_000
WEEK_MS = 7 * DAY_MS
Feature = Callable[[slice], np.ndarray]


def observations(
    log: LogColumns, session_times: np.ndarray | None, starts: np.ndarray, train_rows: int
) -> tuple[np.ndarray, tuple[str, ...]]:
    """(n, c) float32 and the c column names.

    Columns: log1p of the step within the session (sequential logs), sine and cosine of hour and weekday at the
    session's start (where the log has a clock), one-hot slot position (where logged), then the card's context columns:
    text as one-hot (values unseen in training are all zeros), numbers standardised. Where none of these is known, one
    column `constant`.

    Args:
        log: the log's decisions.
        session_times: (sessions,) int64 ms of each session's first event; None where the log has no clock.
        starts: (sessions,) the first decision of each session.
        train_rows: how many leading decisions are the training side.
    """
    rows = log.rows
    features: dict[str, Feature] = {}
    if len(starts) < rows:
        first = of_sessions(starts, starts)
        features["step"] = lambda part: np.log1p(np.arange(part.start, part.stop) - first(part))
    if session_times is not None:
        features |= _time_of(session_times, starts)
    if log.has("position"):
        features |= _one_hot("position", log, train_rows)
    for name in log.log.context_columns:
        features |= (_one_hot if log.is_text(name) else _standardised)(name, log, train_rows)
    if not features:
        features["constant"] = lambda part: np.ones(part.stop - part.start)

    def matrix(part: slice) -> np.ndarray:
        return np.stack([feature(part) for feature in features.values()], axis=1)

    return log.columns.compute((rows, len(features)), np.float32, matrix), tuple(features)


def _time_of(session_times: np.ndarray, starts: np.ndarray) -> dict[str, Feature]:
    # The session's start, not the row's time: a decision is made before the time of its event is known.
    return {
        f"{name}_{suffix}": of_sessions(wave(2 * np.pi * (session_times % period) / period), starts)
        for name, period in (("hour", DAY_MS), ("weekday", WEEK_MS))
        for suffix, wave in (("sin", np.sin), ("cos", np.cos))
    }


def _one_hot(name: str, log: LogColumns, train_rows: int) -> dict[str, Feature]:
    column = log.coded(name)
    seen = np.flatnonzero(column.counts(train_rows))
    return {f"{name}={column.distinct[code]}": _equals(column.codes, code) for code in map(int, seen)}


def _equals(codes: np.ndarray, code: int) -> Feature:
    return lambda part: codes[part] == code


def _standardised(name: str, log: LogColumns, train_rows: int) -> dict[str, Feature]:
    values = log.numbers(name, np.float64, missing=np.nan)
    train = values[:train_rows]
    if np.isnan(train).all():
        return {}
    mean, spread = np.nanmean(train), np.nanstd(train)
    # A column that is constant in training is dropped; a missing value becomes the mean.
    return {name: lambda part: np.nan_to_num((values[part] - mean) / spread)} if spread > 0 else {}
