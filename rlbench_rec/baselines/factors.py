"""Vectors of items from implicit: what `als` and `bpr` share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from ..errors import InputError

if TYPE_CHECKING:
    from scipy import sparse


class FactorModel(Protocol):
    """What is used of implicit's models."""

    item_factors: np.ndarray

    def fit(self, user_items: sparse.csr_matrix, show_progress: bool = True) -> None: ...


def item_factors(model: FactorModel, sessions: sparse.csr_matrix) -> np.ndarray:
    """(I, f) float64 vectors of the items, the model fitted on (sessions, I) 1.0 where a session has an item.

    The model's own `recommend` leaves out what a session had and pads short lists with wrong ids, so nothing but its
    vectors is used. It must have one thread, so that they are the same each time.

    Raises:
        InputError: settings so far apart that single precision holds no solution.
    """
    from implicit.recommender_base import ModelFitError
    from threadpoolctl import threadpool_limits

    # Within implicit's thread BLAS would start its own, which is slower, and implicit warns of it.
    try:
        with threadpool_limits(1, "blas"):
            model.fit(sessions.astype(np.float32), show_progress=False)
    except ModelFitError as error:
        raise no_solution() from error
    return np.asarray(model.item_factors, dtype=np.float64)


def no_solution() -> InputError:
    """The refusal of settings under which vectors are no numbers."""
    hint = "Give more regularisation, and less confidence or a smaller learning rate."
    return InputError("With these settings the vectors of its items are no numbers.", where="policy", hint=hint)
