"""A q for the doubly robust estimators that costs one matrix inverse: linear fitted Q evaluation, cross-fitted."""

from __future__ import annotations

import numpy as np

from ..mdp.dataset import TransitionDataset

FOLDS = 2
RIDGE = 1.0
"""Penalty of the squared coefficients, in units of one row."""
CHUNK = 65_536
"""Rows whose features are held at once."""


def linear_q(data: TransitionDataset, states: np.ndarray, chances: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """q of the logged action and its mean under a policy, on every row, from the other fold of users (of
    episodes, where the log knows no users).

    q_0 = 0, and q_k is the ridge regression of r + gamma E_pi q_{k-1}(s', a') on x = (one-hot a, s, 1), with k up to
    the longest episode (Le, Voloshin and Yue 2019; nothing is earned after an end). Values are cut to the range of the
    returns to go that the fold showed. Wrong in its shape wherever state and action interact, and honest: no row is
    predicted from its own user.

    Args:
        data: the log.
        states: (n, state size).
        chances: (n, A) the policy's probabilities.

    Returns:
        (n,) float64 q(s, a) of the logged action, and (n,) float64 sum_a pi(a|s) q(s, a).
    """
    # Even and odd ones: they are drawn alike, and the split needs no seed.
    fold = np.repeat(data.user_codes()[0] % FOLDS, data.episode_lengths)
    one_hot, returns = np.eye(data.action_count), _returns_to_go(data)
    width = data.action_count + states.shape[1] + 1
    squares, ahead, earned = (np.zeros((FOLDS, width, columns)) for columns in (width, width, 1))
    for rows in _chunks(len(data)):
        x = _features(one_hot[data.actions[rows]], states[rows])
        for k in range(FOLDS):
            here = fold[rows] == k
            goes_on = here & ~data.terminals[rows]
            later = rows[goes_on] + 1
            squares[k] += x[here].T @ x[here]
            ahead[k] += x[goes_on].T @ _features(chances[later], states[later])
            earned[k, :, 0] += x[here].T @ data.rewards[rows][here]
    q_logged, v_target = np.empty(len(data)), np.empty(len(data))
    for k in range(FOLDS):
        others = np.arange(FOLDS) != k
        inverse = np.linalg.inv(squares[others].sum(axis=0) + RIDGE * np.eye(width))
        now, later = inverse @ earned[others].sum(axis=0), data.gamma * inverse @ ahead[others].sum(axis=0)
        weights = np.zeros((width, 1))
        for _ in range(int(data.episode_lengths.max())):
            weights = now + later @ weights
        low, high = returns[fold != k].min(), returns[fold != k].max()
        for rows in _chunks(len(data)):
            rows = rows[fold[rows] == k]
            for of, into in ((one_hot[data.actions[rows]], q_logged), (chances[rows], v_target)):
                into[rows] = (_features(of, states[rows]) @ weights)[:, 0].clip(low, high)
    return q_logged, v_target


def _features(actions: np.ndarray, states: np.ndarray) -> np.ndarray:
    return np.column_stack((actions, states.astype(np.float64), np.ones(len(states))))


def _chunks(rows: int) -> list[np.ndarray]:
    return [np.arange(i, min(i + CHUNK, rows)) for i in range(0, rows, CHUNK)]


def _returns_to_go(data: TransitionDataset) -> np.ndarray:
    """(n,) discounted sum of the rewards from each row to the end of its episode."""
    total = ahead = data.rewards.astype(np.float64)
    # After k passes a row holds k + 1 rewards, so the longest episode ends the loop.
    for _ in range(int(data.episode_lengths.max()) - 1):
        ahead = np.where(data.terminals, 0.0, data.gamma * np.append(ahead[1:], 0.0))
        total = total + ahead
    return total
