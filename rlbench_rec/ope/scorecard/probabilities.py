"""Probabilities in a column of a table, and what may have been written in their place."""

from __future__ import annotations

import numpy as np

from ...tolerances import SINGLE_PRECISION
from .column_values import Values

CONTINUOUS = 0.5
"""Share of different values above which a column may be densities rather than probabilities of a few actions."""
FEWEST = 20
"""Values; fewer do not show it."""
ADVICE = {
    "inverse": "They look like inverse propensities (1 / p): give 1 divided by them.",
    "negative log": "They look like negative logarithms: give exp of minus them.",
    "percent": "They look like percentages: divide them by 100.",
    "density": (
        "They look like densities of a price or another continuous action, not probabilities: "
        "`ope.density.density_log` takes them in Python."
    ),
}
UNCLEAR = (
    "Percent must be divided by 100, and inverse propensities (1 / p) inverted; a density of prices or bids is not "
    "a probability, and `ope.density.density_log` takes it in Python."
)


def chances(values: Values, column: str, other_column: str | None, *, positive: bool = False) -> np.ndarray:
    """(n,) probabilities, in (0, 1] if they must be positive.

    Args:
        values: of the table.
        column: whose.
        other_column: the column of the other policy's probabilities; helps to guess what a bad column holds.
        positive: whether these are the behaviour policy's propensities.

    Raises:
        InputError: a value that is not a probability, with a guess at what it is.
    """
    probabilities = values.numbers(column)
    probabilities = np.where((probabilities > 1) & (probabilities <= 1 + SINGLE_PRECISION), 1.0, probabilities)
    bad = (probabilities < 0) | (probabilities > 1) | (positive & (probabilities == 0))
    if bad.any():
        other = None if other_column is None else values.read_as_numbers(other_column)
        values.refuse(column, bad, f"outside {'(' if positive else '['}0, 1]", _guess(probabilities, other, positive))
    return probabilities


def same_but_for_rounding(target: np.ndarray, propensities: np.ndarray) -> np.ndarray:
    """(n,) target propensities; the propensities where they differ by rounding alone, which would otherwise be a
    small and certain lift."""
    return np.where(np.abs(target - propensities) <= SINGLE_PRECISION * propensities, propensities, target)


def _guess(probabilities: np.ndarray, other: np.ndarray | None, positive: bool) -> str | None:
    low, high = probabilities.min(), probabilities.max()
    if high <= 0 > low:
        return "They look like logarithms: give exp of them (of base 10, 10 to their power)."
    if low < 0:
        return (
            "A score or a difference is not a probability: each policy's must sum to 1 over the actions of a decision."
        )
    if high <= 1:
        return "What has probability 0 cannot have been logged: is it the probability of the *logged* action?"
    if other is None or not np.isfinite(other).all() or (other < 0).any():
        return UNCLEAR
    return ADVICE.get(_likely(probabilities, other, positive) or "", UNCLEAR)


def _likely(probabilities: np.ndarray, other: np.ndarray, positive: bool) -> str | None:
    """The form that makes the mean weight 1, as that of two policies is; None where it is not clear."""
    alike = other.max() > 1 + SINGLE_PRECISION
    forms = {"percent": lambda x: x / 100.0, "inverse": lambda x: 1.0 / x, "negative log": lambda x: np.exp(-x)}
    fits = {}
    for name, form in forms.items():
        # Only an inverse is never below 1, and no percentage is above 100.
        if (name == "inverse" and min(probabilities.min(), other.min() if alike else 1.0) < 1) or (
            name == "percent" and max(probabilities.max(), other.max()) > 100
        ):
            continue
        pair = (form(probabilities), form(other) if alike else other)
        behaviour, target = pair if positive else pair[::-1]
        if (behaviour > 0).all():
            fits[name] = abs(np.log(max(float(np.mean(target / behaviour)), 1e-300)))
    best = min(fits, key=fits.__getitem__, default=None)
    if alike and (best not in ("inverse", "negative log") or fits[best] >= np.log(1.5)):
        return _by_spread(probabilities, best)
    return best if best is not None and fits[best] < np.log(1.5) else None


def _by_spread(probabilities: np.ndarray, likely: str | None) -> str | None:
    """Percentages or densities, where both columns hold the same: a common factor leaves the weights as they are, so
    that only the number and the size of the values show it."""
    if len(probabilities) < FEWEST:
        return None
    if likely != "percent":
        return "density"
    if len(np.unique(probabilities)) <= CONTINUOUS * len(probabilities):
        return "percent"
    return "density" if probabilities.max() <= 20 else None
