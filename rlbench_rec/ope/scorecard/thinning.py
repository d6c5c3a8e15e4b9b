"""Row weights of a log that was thinned: how many rows of the whole log each one stands for."""

from __future__ import annotations

import numpy as np

from .column_values import Values


def row_weights(values: Values, column: str, propensities: np.ndarray | None, target: np.ndarray) -> np.ndarray:
    """(n,) weights above 0.

    Args:
        values: of the table.
        column: that holds them.
        propensities, target: of the two policies, to recognise importance weights; None: not known yet.

    Raises:
        InputError: a weight that is not above 0; chances to be kept, or importance weights, in their place.
    """
    weights = values.numbers(column, "A row that was kept for sure stands for itself: write 1.")
    values.refuse(column, weights <= 0, "not above 0", "Leave out rows that stand for none.")
    if weights.max() <= 1 and weights.min() < weights.max():
        hint = "A row that was kept with chance 0.1 stands for 10: give 1 divided by them."
        values.refuse(column, weights <= 1, "at most 1, as chances to be kept are", hint)
    if propensities is None:
        return weights
    with np.errstate(over="ignore"):
        inverse = 1.0 / propensities
        mistaken = {"target_propensity / propensity": target * inverse, "1 / propensity": inverse}
    for name, importance in mistaken.items():
        if len(np.unique(importance)) > 1 and np.allclose(weights, importance, rtol=0.01, atol=0.0):
            hint = "Leave out --weight: the policies' ratio is taken into account anyway."
            values.refuse(column, weights > 0, f"{name}, not how many rows a row stands for", hint)
    return weights


def about_weights(weights: np.ndarray, column: str) -> str:
    """What the weights add up to, in words."""
    return (
        f"Rows count by '{column}', {weights.min():.4g} to {weights.max():.4g}: {len(weights):,} rows stand for "
        f"{weights.sum():,.0f}."
    )
