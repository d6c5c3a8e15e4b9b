"""What a column must be: every refusal names the column and its first bad row."""

from __future__ import annotations

from numbers import Integral, Real

import numpy as np

from ...errors import InputError

SOURCES = ("logged", "uniform", "estimated")
SMALLEST_WEIGHT = 1e-100


def vector(name: str, values: object) -> np.ndarray | None:
    """(n,) float64, finite; None stays None."""
    if values is None:
        return None
    column = _floats(name, values)
    if column.ndim != 1:
        raise InputError(f"Shape {column.shape}; a vector is needed.", where=name)
    # One sum tells whether anything is wrong without a temporary the size of the column.
    with np.errstate(over="ignore", invalid="ignore"):
        fine = np.isfinite(column.sum())
    if not fine:
        refuse(name, ~np.isfinite(column), "not a finite number", column)
    return column


def table(name: str, values: object) -> np.ndarray | None:
    """(n, m) float64, finite; None stays None."""
    if values is None:
        return None
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
        refuse(name, ~((column >= 0) & (column <= largest + 1e-9)), f"outside [0, {largest:g}]", column)


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
    """Refuse settings of a log that are out of range."""
    if not isinstance(gamma, Real) or not 0.0 <= gamma <= 1.0:
        raise InputError(f"gamma is {gamma!r}; it must lie in [0, 1].", where="gamma")
    if bandwidth is not None and not (isinstance(bandwidth, Real) and 0.0 <= bandwidth < np.inf):
        raise InputError(f"bandwidth is {bandwidth!r}; it must lie in [0, inf).", where="bandwidth")
    if propensity_source not in SOURCES:
        raise InputError(f"'{propensity_source}' is not one of {', '.join(SOURCES)}.", where="propensity_source")


def row_weights(weights: np.ndarray, starts: np.ndarray, lengths: np.ndarray) -> None:
    """Refuse weights of rows that are not positive, whose squares leave a float, or that differ in an episode."""
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
    gone = [_missing(label) for label in labels] if labels.dtype.kind == "O" else labels != labels
    gone = np.asarray(gone, dtype=bool)
    if gone.any():
        raise InputError(f"{int(gone.sum())} rows have none; the first is row {int(np.argmax(gone))}.", where=name)
    try:
        _, first, found = np.unique(labels, return_index=True, return_inverse=True)
    except TypeError as error:
        raise InputError("Labels of one type are needed.", where=name) from error
    return found.astype(np.int64), first


def _missing(label: object) -> bool:
    same = label == label
    return label is None or not isinstance(same, bool | np.bool_) or not same


def bounds(name: str, values: object) -> tuple[float, float] | None:
    """A smallest and a largest number; None stays None."""
    if values is None:
        return None
    try:
        low, high = values
    except (TypeError, ValueError) as error:
        raise InputError(f"{values!r} is no pair of numbers.", where=name) from error
    if not isinstance(low, Real) or not isinstance(high, Real) or not low <= high:
        raise InputError(f"({low!r}, {high!r}) is no range.", where=name)
    return float(low), float(high)


def level(name: str, value: object) -> None:
    """Refuse what does not lie in (0, 1)."""
    if not isinstance(value, Real) or not 0.0 < value < 1.0:
        raise InputError(f"{name} is {value!r}; it must lie in (0, 1).", where=name)


def whole(name: str, value: object, least: int) -> None:
    """Refuse what is no whole number of at least `least`."""
    if not isinstance(value, Integral) or value < least:
        raise InputError(f"{name} is {value!r}; a whole number from {least} up is needed.", where=name)


def refuse(name: str, bad: np.ndarray, why: str, values: np.ndarray) -> None:
    """Raise an InputError if any row is bad."""
    if bad.any():
        row = int(np.argmax(bad))
        raise InputError(f"{int(bad.sum())} values are {why}; the first is {values[row]:g} at row {row}.", where=name)


def _floats(name: str, values: object) -> np.ndarray:
    if np.iscomplexobj(values):
        raise InputError("Real numbers are needed.", where=name)
    if getattr(getattr(values, "dtype", None), "kind", "") in ("M", "m"):
        raise InputError("Numbers are needed, not times.", where=name)
    if isinstance(values, np.ma.MaskedArray):
        # What is masked is missing: numpy would read what lies under the mask.
        values = values.astype(np.float64).filled(np.nan)
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError("Numbers are needed.", where=name) from error
