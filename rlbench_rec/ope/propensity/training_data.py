"""What a model of the behaviour policy is learnt from, checked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...errors import InputError
from ..data import checks
from ..data.policy_matrices import as_matrix, check_distributions, checked_actions, chunks


@dataclass(frozen=True)
class TrainingData:
    """Decisions and what is known of them.

    Attributes:
        actions: (n,) in [0, action_count).
        features: (n, d).
        users: (n,) codes 0, 1, …
        weights: (n,) how many decisions each row stands for, their mean 1; None: one.
        action_count: A.
        embeddings: (A, k), or None.
        target: (n, A) target policy, or None; a memory-mapped one stays one.
    """

    actions: np.ndarray
    features: np.ndarray
    users: np.ndarray
    weights: np.ndarray | None
    action_count: int
    embeddings: np.ndarray | None
    target: np.ndarray | None

    def at(self, rows: np.ndarray) -> TrainingData:
        """What a model is fitted on: some rows, without the target policy."""
        weights = None if self.weights is None else self.weights[rows]
        actions, features, users = self.actions[rows], self.features[rows], self.users[rows]
        return TrainingData(actions, features, users, weights, self.action_count, self.embeddings, None)


def training_data(
    actions: np.ndarray,
    features: np.ndarray | None,
    users: np.ndarray | None,
    weights: np.ndarray | None,
    embeddings: np.ndarray | None,
    target_policy: np.ndarray | None,
) -> TrainingData:
    """The arguments of `ope.estimate_propensities`, checked.

    Raises:
        InputError: as there.
    """
    actions = checked_actions(actions, np.iinfo(np.int64).max)
    n = len(actions)
    if n == 0:
        raise InputError("The log has no rows.", where="actions")
    target = None if target_policy is None else as_matrix("target_policy", target_policy)
    items = checks.optional_table("embeddings", embeddings)
    features = checks.table("features", [] if features is None else features)
    labels = np.arange(n) if users is None else np.asarray(users).reshape(-1)
    rows = checks.optional_vector("weights", weights)
    for name, column in (("features", features), ("target_policy", target), ("users", labels), ("weights", rows)):
        if column is not None and len(column) != n:
            raise InputError(f"{len(column)} rows for {n} actions.", where=name)
    if items is not None and target is not None and len(items) != target.shape[1]:
        raise InputError(f"{len(items)} embeddings for {target.shape[1]} actions.", where="embeddings")
    action_count = int(actions.max()) + 1
    if target is not None:
        action_count = target.shape[1]
    elif items is not None:
        action_count = len(items)
    checked_actions(actions, action_count)
    if action_count < 2:
        raise InputError("There is only one action, so nothing was decided.", where="actions")
    if target is not None:
        for part in chunks(target):
            check_distributions("target_policy", np.asarray(target[part], dtype=np.float64), part.start)
    if rows is not None:
        checks.row_weights(rows, np.arange(n), np.ones(n, dtype=np.int64))
        # A penalty weighs as much as one row.
        rows = rows / rows.mean()
    return TrainingData(actions, features, checks.codes("users", labels)[0], rows, action_count, items, target)
