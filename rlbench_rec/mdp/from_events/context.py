"""What the policy knew before deciding, apart from the history: slot, time of the visit, user features.

Every statistic (categories, means, spreads) is fitted on the training rows alone.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ...serving.state_encoding import ContextColumn
from .decisions import of_sessions
from .log_columns import LogColumns

DAY_MS = 86_400_000
WEEK_MS = 7 * DAY_MS
Feature = Callable[[slice], np.ndarray]
Encoded = tuple[dict[str, Feature], ContextColumn]
"""The state's columns that a raw column becomes, and how."""


def observations(
    log: LogColumns, session_times: np.ndarray | None, starts: np.ndarray, train_rows: int
) -> tuple[np.ndarray, tuple[str, ...], tuple[ContextColumn, ...]]:
    """(n, c) float32, the c column names, and the raw columns with what was fitted.

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
    encoded: list[Encoded] = []
    if len(starts) < rows:
        encoded.append(_step(starts))
    if session_times is not None:
        encoded.append((_time_of(session_times, starts), ContextColumn("clock", "clock")))
    if log.has("position"):
        encoded.append(_one_hot("position", log, train_rows))
    for name in log.log.context_columns:
        encoded.append((_one_hot if log.is_text(name) else _standardised)(name, log, train_rows))
    if not any(columns for columns, _ in encoded):
        encoded.append(
            ({"constant": lambda part: np.ones(part.stop - part.start)}, ContextColumn("constant", "constant"))
        )
    features = {name: feature for columns, _ in encoded for name, feature in columns.items()}

    def matrix(part: slice) -> np.ndarray:
        return np.stack([feature(part) for feature in features.values()], axis=1)

    return (
        log.columns.compute((rows, len(features)), np.float32, matrix),
        tuple(features),
        tuple(column for _, column in encoded),
    )


def _step(starts: np.ndarray) -> Encoded:
    first = of_sessions(starts, starts)
    features: dict[str, Feature] = {"step": lambda part: np.log1p(np.arange(part.start, part.stop) - first(part))}
    return features, ContextColumn("step", "step")


def _time_of(session_times: np.ndarray, starts: np.ndarray) -> dict[str, Feature]:
    # The session's start, not the row's time: a decision is made before the time of its event is known.
    return {
        f"{name}_{suffix}": of_sessions(wave(2 * np.pi * (session_times % period) / period), starts)
        for name, period in (("hour", DAY_MS), ("weekday", WEEK_MS))
        for suffix, wave in (("sin", np.sin), ("cos", np.cos))
    }


def _one_hot(name: str, log: LogColumns, train_rows: int) -> Encoded:
    column = log.coded(name)
    seen = [int(code) for code in np.flatnonzero(column.counts(train_rows))]
    features: dict[str, Feature] = {f"{name}={column.distinct[code]}": _equals(column.codes, code) for code in seen}
    return features, ContextColumn(name, "category", values=tuple(column.distinct[code] for code in seen))


def _equals(codes: np.ndarray, code: int) -> Feature:
    return lambda part: codes[part] == code


def _standardised(name: str, log: LogColumns, train_rows: int) -> Encoded:
    values = log.numbers(name, np.float64, missing=np.nan)
    train = values[:train_rows]
    if np.isnan(train).all():
        return {}, ContextColumn(name, "unused")
    mean, spread = np.nanmean(train), np.nanstd(train)
    # A column that is constant in training is dropped; a missing value becomes the mean.
    if not spread > 0:
        return {}, ContextColumn(name, "unused")
    standardised: dict[str, Feature] = {name: lambda part: np.nan_to_num((values[part] - mean) / spread)}
    return standardised, ContextColumn(name, "number", mean=float(mean), scale=float(spread))
