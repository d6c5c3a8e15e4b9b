"""Scores as probabilities that mean what they say: a softmax whose temperature is fitted on held-out decisions."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from ..errors import InapplicableError
from ..mdp.dataset import TransitionDataset
from ..policies import QFunction, Softmax, scores_on_log
from .item_scores import choices, other_choice
from .sessions import ignored_event

CELLS = 4_000_000
"""Scores that are held at a time."""
FEWEST_ROWS, MOST_ROWS = 200, 20_000
"""Of held-out decisions: enough to fit one number, and few enough to take no time."""
WIDEST = (1e-4, 1e4)
"""Temperatures that are tried, in standard deviations of the scores within a decision."""


def calibrated(
    fit: Callable[[TransitionDataset], QFunction], train: TransitionDataset, *, held_out: float = 0.1
) -> Softmax:
    """pi(a|s) = exp(q(s, a) / tau) / sum_b exp(q(s, b) / tau), with the tau at which the logged actions of held-out
    episodes are likeliest (Guo et al. 2017, "On Calibration of Modern Neural Networks").

    q is fitted on the earlier episodes and tau on the later ones; then q is fitted again on all. Impressions that
    earned nothing do not count where the log has stronger events (see `ignored_event`).

    Args:
        fit: makes q of a log.
        train: the training side.
        held_out: share of its episodes, the last ones, that tau is fitted on.

    Raises:
        InapplicableError: fewer than two episodes, or whatever `fit` raises.
    """
    if train.n_episodes < 2:
        what = f"It has {train.n_episodes} episode; calibration needs one to fit on and one to hold out."
        raise InapplicableError(what, where=train.provenance.source)
    kept = min(max(1, round((1.0 - held_out) * train.n_episodes)), train.n_episodes - 1)
    q, later = fit(train.episodes(0, kept)), train.episodes(kept, train.n_episodes)
    rows = _decisions(later, ignored_event(train))
    most = min(max(FEWEST_ROWS, CELLS // later.action_count), MOST_ROWS)
    rows = rows[evenly_spaced(len(rows), most)]
    tau = temperature_of(scores_on_log(q, later, rows), later.actions[rows])
    # The two of `ease` may not fit into memory together.
    del q
    return Softmax(fit(train), train.action_count, tau)


def _decisions(data: TransitionDataset, ignored: int) -> np.ndarray:
    """Rows that say what users were after, among what may be recommended."""
    known = choices(data) != other_choice(data)
    if ignored and data.events is not None:
        known &= (data.at_decisions(data.events) != ignored) | (data.rewards > 0)
    return np.flatnonzero(known)


def temperature_of(scores: np.ndarray, actions: np.ndarray) -> float:
    """The tau at which softmax(scores / tau) makes the actions likeliest.

    Args:
        scores: (n, A); minus infinity for what cannot be taken.
        actions: (n,) taken. Rows where it cannot be taken say nothing, and are left out.
    """
    from scipy.optimize import minimize_scalar

    known = np.isfinite(scores[np.arange(len(scores)), actions])
    scores, actions = scores[known], actions[known]
    possible = np.isfinite(scores)
    # A power of two, so that nothing is rounded and squares fit a float.
    unit = 2.0 ** min(math.frexp(float(np.abs(scores[possible]).max(initial=0.0)))[1], 1023)
    scores = scores / unit
    gaps = np.where(possible, scores - scores.max(axis=1, keepdims=True, initial=-np.inf), -np.inf)
    taken = gaps[np.arange(len(gaps)), actions]
    scale = _spread_of(gaps, possible)
    if not len(taken) or scale == 0.0:
        return 1.0

    def log_loss(log_tau: float) -> float:
        inverse = math.exp(-log_tau) / scale
        # The largest gap of a row is 0, so its sum is at least 1.
        return float((np.log(np.exp(gaps * inverse).sum(axis=1)) - taken * inverse).mean())

    bounds = (math.log(WIDEST[0]), math.log(WIDEST[1]))
    best = minimize_scalar(log_loss, bounds=bounds, method="bounded", options={"xatol": 1e-4})
    return math.exp(float(best.x)) * scale * unit


def _spread_of(gaps: np.ndarray, possible: np.ndarray) -> float:
    """Root mean square, over rows, of the scores' standard deviation within a row."""
    counts = np.maximum(possible.sum(axis=1), 1)
    finite = np.where(possible, gaps, 0.0)
    means = finite.sum(axis=1) / counts
    variances = (finite**2).sum(axis=1) / counts - means**2
    return math.sqrt(max(float(variances.mean()), 0.0)) if len(gaps) else 0.0


def evenly_spaced(rows: int, most: int) -> np.ndarray:
    """Row numbers at even distances: all, or `most` of them."""
    return np.arange(rows) if rows <= most else np.linspace(0, rows - 1, most).astype(np.int64)
