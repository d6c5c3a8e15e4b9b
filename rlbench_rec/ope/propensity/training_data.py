"""What a model of the logging policy is learnt from, checked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...errors import InputError
from ..data import checks
from ..data.policy_matrices import as_matrix, check_distributions, checked_actions, chunks


@dataclass(frozen=True)
class Inputs:
    """Decisions and what is known of them.

    Attributes:
        actions: (n,) in [0, action_count).
        features: (n, d).
        users: (n,) codes 0, 1, …
        weights: (n,) how many decisions each row stands for, their mean 1; None: one.
        action_count: A.
        embeddings: (A, k), or None.
        target: (n, A) evaluated policy, or None; a memory-mapped one stays one.
    """

    actions: np.ndarray
    features: np.ndarray
    users: np.ndarray
    weights: np.ndarray | None
    action_count: int
    embeddings: np.ndarray | None
    target: np.ndarray | None


def checked(
    actions: object, features: object, users: object, weights: object, embeddings: object, target_policy: object
) -> Inputs:
    """The inputs of `ope.estimate_propensities`.

    Raises:
        InputError: as there.
    """
    actions = checked_actions(actions, np.iinfo(np.int64).max)
    n = len(actions)
    if n == 0:
        raise InputError("The log has no rows.", where="actions")
    target = as_matrix("target_policy", target_policy)
    items = checks.table("embeddings", embeddings)
    features = checks.table("features", [] if features is None else features)
    who = np.arange(n) if users is None else np.asarray(users).reshape(-1)
    rows = checks.vector("weights", weights)
    for name, column in (("features", features), ("target_policy", target), ("users", who), ("weights", rows)):
        if column is not None and len(column) != n:
            raise InputError(f"{len(column)} rows for {n} actions.", where=name)
    counts = {name: one for name, one in (("embeddings", items), ("target_policy", target)) if one is not None}
    sizes = {"embeddings": 0, "target_policy": 1}
    known = {name: one.shape[sizes[name]] for name, one in counts.items()}
    if len(set(known.values())) > 1:
        what = f"{known['embeddings']} embeddings for {known['target_policy']} actions."
        raise InputError(what, where="embeddings")
    action_count = next(iter(known.values()), int(actions.max()) + 1)
    checked_actions(actions, action_count)
    if action_count < 2:
        raise InputError("There is only one action, so nothing was decided.", where="actions")
    for part in () if target is None else chunks(target):
        check_distributions("target_policy", np.asarray(target[part], dtype=np.float64), part.start)
    if rows is not None:
        checks.row_weights(rows, np.arange(n), np.ones(n, dtype=np.int64))
        # A penalty weighs as much as one row.
        rows = rows / rows.mean()
    return Inputs(actions, features, checks.codes("users", who)[0], rows, action_count, items, target)
