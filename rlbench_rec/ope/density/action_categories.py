"""Probabilities of the logged action's category, for `mips`."""

from __future__ import annotations

import numpy as np

from ...errors import InputError
from ..data import checks
from ..data.policy_matrices import category_codes, category_sums, check_distributions, checked_actions, chunks


def category_propensities(policy: np.ndarray, actions: np.ndarray, categories: np.ndarray) -> np.ndarray:
    """(n,) p(c|x) = sum_a pi(a|x) 1{a has the category of the logged action}.

    Of the behaviour policy it is `category_propensities` of an EvaluationLog, of the target policy
    `target_category_propensities`. `EvaluationLog.from_arrays(..., categories=...)` makes both.

    Args:
        policy: (n, A) probabilities, read in chunks; rows sum to 1 within 1e-4.
        actions: (n,) logged actions, integers in [0, A).
        categories: (A,) category of each action, numbers or text, or (A, d) features of which each combination is a
            category.

    Raises:
        InputError: lengths that differ, an action out of range, or a row that does not sum to 1, with the first one.
    """
    policy = np.asarray(policy)
    if policy.ndim != 2 or len(policy) != len(actions):
        raise InputError(f"Shape {policy.shape} for {len(actions)} actions.", where="policy")
    codes = category_codes(categories, policy.shape[1])
    actions = checked_actions(actions, policy.shape[1])
    chances = np.empty(len(policy))
    for part in chunks(policy):
        pi = np.asarray(policy[part], dtype=np.float64)
        check_distributions("policy", pi, part.start)
        chances[part] = category_sums(pi, actions[part], codes)
    return chances


def embedding_categories(embeddings: np.ndarray, n_categories: int, *, seed: int = 0) -> np.ndarray:
    """(A,) categories of actions whose embeddings are alike: k-means clusters.

    More categories mean less bias and more variance; with one for each action `mips` is `ips`.

    Args:
        embeddings: (A, d).
        n_categories: how many.
        seed: of the clusters' starts.

    Raises:
        InputError: embeddings that are not a table of finite numbers, or more categories than actions.
    """
    embeddings = checks.table("embeddings", embeddings)
    if not 1 <= n_categories <= len(embeddings):
        raise InputError(f"{n_categories} categories of {len(embeddings)} actions.", where="n_categories")
    from sklearn.cluster import KMeans

    return KMeans(n_categories, n_init=10, random_state=seed).fit(embeddings).labels_.astype(np.int64)
