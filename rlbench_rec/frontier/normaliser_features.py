"""What the correction of a normaliser may depend on: the model's own guess, the step, and the state."""

from __future__ import annotations

import numpy as np

from ..mdp.dataset import TransitionDataset

MOST_FEATURES = 60
EPISODES_EACH = 25
"""Episodes that a feature needs: theta's influences are theirs."""
MOST_CELLS = 40_000_000
WIDEST_STATE = 48
"""Columns of a state that are taken as they are; of a wider one the leading principal components."""
MOST_GUESS_BINS, STEP_BINS, EPISODES_A_BIN = 8, 3, 100
FURTHEST = 6.0
"""Standard deviations at which a feature is cut."""
SAMPLE = 8_192
"""Rows from which principal components are computed."""


class StateFeatures:
    """Features of one log for any guess of log Z: what they share is computed once.

    In order, until there are enough: 1; z = log Z of the model, z^2; t = log(1 + step), t^2, z t; the state's columns
    s; s z, s^2, s t. All but the first have mean 0 and standard deviation 1.

    Args:
        data: the log.
        model: (n, A) probabilities of the model of the behaviour policy.
    """

    def __init__(self, data: TransitionDataset, model: np.ndarray):
        self.number = max(1, min(MOST_FEATURES, data.n_episodes // EPISODES_EACH, MOST_CELLS // len(data)))
        self.episodes, starts = data.n_episodes, data.episode_starts
        steps = np.arange(len(data)) - np.repeat(starts, np.diff(starts, append=len(data)))
        self.log_step = _one_column(np.log1p(steps))
        self.state = standardised(_columns(data, model))

    def of(self, guess: np.ndarray, most: int = MOST_FEATURES) -> np.ndarray:
        """(n, p) from (n,) log Z of the model, `most` of them."""
        z, step, state = _one_column(guess), self.log_step, self.state
        blocks = [z, z * z, step, step * step, z * step, state, state * z, state * state, state * step]
        columns, left = [np.ones((len(z), 1))], min(self.number, most) - 1
        for block in blocks:
            if left <= 0:
                break
            # What does not vary tells nothing.
            kept = standardised(block[:, :left])
            columns.append(kept)
            left -= kept.shape[1]
        return np.concatenate(columns, axis=1)

    def bins(self, guess: np.ndarray) -> np.ndarray:
        """(n,) numbers of parts of the log in each of which weights must have mean 1: by log Z and by step."""
        of_guess = _quantile_bins(guess, max(1, min(MOST_GUESS_BINS, self.episodes // EPISODES_A_BIN)))
        return of_guess * STEP_BINS + _quantile_bins(self.log_step[:, 0], STEP_BINS)


def _quantile_bins(values: np.ndarray, number: int) -> np.ndarray:
    """(n,) which of `number` parts of about one size, by value, each lies in; equal values lie in one, but for rounding
    too."""
    values = np.round(values / (np.abs(values).max(initial=0.0) or 1.0), 9)
    limits = np.quantile(values, np.arange(1, number) / number)
    return np.searchsorted(limits, values, side="right")


def _one_column(values: np.ndarray) -> np.ndarray:
    """(n, 1) standardised; zeros where nothing varies."""
    column = standardised(values[:, None])
    return column if column.shape[1] else np.zeros((len(values), 1))


def standardised(columns: np.ndarray) -> np.ndarray:
    """(n, k) columns of mean 0 and standard deviation 1, cut at `FURTHEST`, without those that do not vary."""
    columns = np.asarray(columns, dtype=np.float64)
    spread = columns.std(axis=0)
    varies = spread > 1e-9 * np.maximum(1.0, np.abs(columns).max(axis=0, initial=0.0))
    return np.clip((columns[:, varies] - columns[:, varies].mean(axis=0)) / spread[varies], -FURTHEST, FURTHEST)


def _columns(data: TransitionDataset, model: np.ndarray) -> np.ndarray:
    """(n, k) numbers that a state is told by: its context, or the leading components of it; where states hold items,
    whose ids are no quantities, also how sure the model is and the leading components of its log-probabilities."""
    layout, states = data.layout, data.states()
    context = _components(states[:, : layout.context].astype(np.float64), WIDEST_STATE)
    if layout.context == states.shape[1]:
        return context
    logs = np.log(np.maximum(model, 1e-6))
    entropy = -np.einsum("na,na->n", model, logs)
    return np.concatenate([_components(logs, 8), entropy[:, None], model.max(axis=1)[:, None], context], axis=1)


def _components(table: np.ndarray, number: int) -> np.ndarray:
    """(n, number) leading principal components of the standardised columns; fewer columns as they are."""
    table = standardised(table)
    if table.shape[1] <= number:
        return table
    rows = np.linspace(0, len(table) - 1, min(SAMPLE, len(table))).astype(np.int64)
    directions = np.linalg.svd(table[rows], full_matrices=False)[2]
    return table @ directions[:number].T
