"""Checks of columns. Every error names the column and its first bad row."""

from __future__ import annotations

from collections.abc import Iterable
from numbers import Integral, Real

import numpy as np

from ...bad_rows import refuse_rows
from ...errors import InputError
from ...tolerances import ROUNDING

SOURCES = ("logged", "uniform", "estimated", "service")
SMALLEST_WEIGHT = 1e-100


def optional_vector(name: str, values: object) -> np.ndarray | None:
    """(n,) float64, finite; None stays None."""
    return None if values is None else vector(name, values)


def vector(name: str, values: object) -> np.ndarray:
    """(n,) float64, finite."""
    if values is None:
        raise InputError("A log needs them.", where=name)
    column = _floats(name, values)
    if column.ndim != 1:
        raise InputError(f"Shape {column.shape}; a vector is needed.", where=name)
    # One sum shows whether anything is wrong, without a temporary as large as the column.
    with np.errstate(over="ignore", invalid="ignore"):
        fine = np.isfinite(column.sum())
    if not fine:
        refuse(name, ~np.isfinite(column), "not a finite number", column)
    return column


def optional_table(name: str, values: object) -> np.ndarray | None:
    """(n, m) float64, finite; None stays None."""
    return None if values is None else table(name, values)


def table(name: str, values: object) -> np.ndarray:
    """(n, m) float64, finite."""
    columns = _floats(name, values)
    if columns.ndim != 2:
        raise InputError(f"Shape {columns.shape}; (rows, {name}) is needed.", where=name)
    refuse(name, ~np.isfinite(columns).all(axis=1), "not a finite number", columns.sum(axis=1))
    return columns


def chances(name: str, column: np.ndarray | None, largest: float = 1.0, *, positive: bool = False) -> None:
    """Refuse entries outside [0, largest], or outside (0, largest]; None passes."""
    if column is None:
        return
    if positive:
        refuse(name, ~((column > 0) & (column <= largest)), f"outside (0, {largest:g}]", column)
    else:
        # Sums of probabilities may exceed 1 by rounding.
        refuse(name, ~((column >= 0) & (column <= largest + ROUNDING)), f"outside [0, {largest:g}]", column)


def episode_starts(values: object, n_rows: int) -> np.ndarray:
    """(episodes,) int64, ascending from 0."""
    starts = np.asarray(values)
    if starts.ndim != 1 or len(starts) == 0 or not np.issubdtype(starts.dtype, np.integer):
        raise InputError("A vector of row numbers is needed.", where="episode_starts")
    starts = starts.astype(np.int64)
    refuse("episode_starts", np.diff(starts, prepend=-1) <= 0, "not ascending", starts)
    if starts[0] != 0 or starts[-1] >= n_rows:
        raise InputError(
            f"Episodes start at rows {starts[0]} to {starts[-1]} of {n_rows}; the first must be 0.",
            where="episode_starts",
        )
    return starts


def episode_codes(name: str, values: object, n_episodes: int) -> np.ndarray:
    """(episodes,) int64 codes 0, 1, … of labels that each episode has."""
    labels = np.asarray(values)
    if labels.shape != (n_episodes,):
        what = f"{len(labels)} entries" if labels.ndim == 1 else f"Shape {labels.shape}"
        raise InputError(f"{what} for {n_episodes} episodes.", where=name)
    return codes(name, labels)[0]


def length(name: str, column: np.ndarray | None, needed: int, of_what: str) -> None:
    """Refuse a column of another length; None passes."""
    if column is not None and len(column) != needed:
        raise InputError(f"{len(column)} entries for {needed} {of_what}.", where=name)


def settings(gamma: object, bandwidth: object, propensity_source: object) -> None:
    """Refuse a gamma, a bandwidth or a source of propensities that a log cannot have."""
    if not 0.0 <= real(gamma) <= 1.0:
        raise InputError(f"gamma is {gamma!r}; it must lie in [0, 1].", where="gamma")
    if bandwidth is not None and not 0.0 <= real(bandwidth) < np.inf:
        raise InputError(f"bandwidth is {bandwidth!r}; it must lie in [0, inf).", where="bandwidth")
    if propensity_source not in SOURCES:
        raise InputError(f"'{propensity_source}' is not one of {', '.join(SOURCES)}.", where="propensity_source")


def row_weights(weights: np.ndarray, starts: np.ndarray, lengths: np.ndarray) -> None:
    """Refuse row weights that are not positive, whose squares a float cannot hold, or that differ within an episode."""
    refuse("weights", weights <= 0, "not above 0; leave such rows out", weights)
    refuse(
        "weights", (weights < SMALLEST_WEIGHT) | (weights > 1.0 / SMALLEST_WEIGHT), "beyond 1e-100 ... 1e100", weights
    )
    if len(starts) < len(weights):
        other = weights != np.repeat(weights[starts], lengths)
        refuse("weights", other, "other than that of the episode's first row: whole episodes are kept or not", weights)


def nested(name: str, clusters: np.ndarray | None, strata: np.ndarray) -> None:
    """Refuse a cluster whose episodes lie in several strata: it cannot be drawn within one of them."""
    if clusters is None:
        return
    of_first = strata[np.unique(clusters, return_index=True)[1]]
    refuse(name, strata != of_first[clusters], "in several strata", clusters)


def codes(name: str, values: object) -> tuple[np.ndarray, np.ndarray]:
    """Labels (numbers, text, dates) as (n,) int64 codes 0, 1, … in sorted order, and the first row of each.

    Raises:
        InputError: a label is missing (None, NaN, NaT), or labels of several types have no order.
    """
    labels = np.asarray(values)
    # NaN and NaT are not what they are.
    missing = np.array([_missing(label) for label in labels]) if labels.dtype.kind == "O" else labels != labels
    refuse_rows(missing, lambda row, count: InputError(f"{count} rows have none; the first is row {row}.", where=name))
    try:
        _, first_rows, label_codes = np.unique(labels, return_index=True, return_inverse=True)
    except TypeError as error:
        raise InputError("Labels of one type are needed.", where=name) from error
    return label_codes.astype(np.int64), first_rows


def _missing(label: object) -> bool:
    same = label == label
    return label is None or not isinstance(same, bool | np.bool_) or not same


def optional_bounds(name: str, values: object) -> tuple[float, float] | None:
    """A smallest and a largest number; None stays None."""
    return None if values is None else bounds(name, values)


def bounds(name: str, values: object) -> tuple[float, float]:
    """A smallest and a largest number."""
    low, high = pair(name, values)
    if not real(low) <= real(high):
        raise InputError(f"({low!r}, {high!r}) is not a range.", where=name)
    return real(low), real(high)


def pair(name: str, values: object) -> tuple[object, object]:
    """Two entries, of whatever type."""
    two = tuple(values) if isinstance(values, Iterable) else ()
    if len(two) != 2:
        raise InputError(f"{values!r} is not a pair of numbers.", where=name)
    return two


def real(value: object) -> float:
    """A number as a float; NaN, which fails every comparison, for anything else and for what a float cannot hold."""
    try:
        return float(value) if isinstance(value, Real) else np.nan
    except OverflowError:
        return np.nan


def level(name: str, value: object) -> float:
    """A number in (0, 1)."""
    if not 0.0 < real(value) < 1.0:
        raise InputError(f"{name} is {value!r}; it must lie in (0, 1).", where=name)
    return real(value)


def whole(name: str, value: object, least: int) -> int:
    """A whole number of at least `least`."""
    if not isinstance(value, Integral) or value < least:
        raise InputError(f"{name} is {value!r}; a whole number from {least} up is needed.", where=name)
    return int(value)


def refuse(name: str, bad: np.ndarray, why: str, values: np.ndarray) -> None:
    """Raise an InputError about the first bad row, if there is one."""

    def refusal(row: int, count: int) -> InputError:
        return InputError(f"{count} values are {why}; the first is {values[row]:g} at row {row}.", where=name)

    refuse_rows(bad, refusal)


def _floats(name: str, values: object) -> np.ndarray:
    try:
        # Tensors and columns of other libraries have dtypes of another form.
        kind = getattr(getattr(values, "dtype", None), "kind", None) or np.asarray(values).dtype.kind
        if kind not in "cMm":
            if isinstance(values, np.ma.MaskedArray):
                # What is masked is missing: numpy would read what lies under the mask.
                values = np.ma.filled(values.astype(np.float64), np.nan)
            return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError("Numbers are needed.", where=name) from error
    raise InputError("Real numbers are needed." if kind == "c" else "Numbers are needed, not times.", where=name)
