"""Density ratios: how much likelier a state is under the target policy. For `mis` and `drl`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...errors import InputError, UnknownNameError
from ..data import checks
from ..data.evaluation_log import EvaluationLog
from ..data.importance_weights import later_rows

PENALTY = 30.0
"""Inverse strength of the classifier's penalty. With scikit-learn's own 1, late steps, which few sessions reach, are
drawn towards a ratio of 1: the value of 1,000 simulated sessions came out 4 % too low, that of 200 sessions 13 %."""


def state_ratios(log: EvaluationLog, states: np.ndarray, method: str = "tabular") -> np.ndarray:
    """(n,) estimates of d^e_t(s_t) / d^b_t(s_t), the two policies' probabilities that a session goes on to step t
    and is in state s_t there: `dataclasses.replace(log, state_ratios=ope.density.state_ratios(log, states))`.

    Both policies meet the same users, so the ratio is 1 at first steps. Further on, with u_t = d_t rho_t,

        `tabular`: d_{t+1}(s) = mean of u_t over the episodes that are in s at t + 1 (Xie, Ma and Wang 2019);
        `classification`: the same conditional mean as the odds p / (1 - p) of a logistic regression that separates rows
            of weight u_t from rows of weight 1 by the features of s_{t+1}, one per step;
        `stationary`: one ratio for all steps, linear in the features (or free for each code): the w that satisfies
            mean f(s_0) + mean sum_t gamma^t [gamma w(s_t) rho_t f(s_{t+1}) - w(s_t) f(s_t)] = 0
            for every feature f, nothing following the last step. The linear case of DualDICE and of minimax weight
            learning (Nachum et al. 2019; Uehara, Huang and Jiang 2020), negative ratios set to 0. Right where users
            leave by themselves; an artificial last step makes the ratio depend on t.

    Acting takes nobody out of a session, so u_t is scaled at each step (for `stationary` over all of them) to sum to as
    much as d_t does. Without that the chance of still being there drifts with every factor rho_t, and half of what
    marginal weights gain is lost again. With a state for each history `tabular` gives the products of ratios, so
    scaled; with one state for all, their mean over those who are still there.

    Args:
        log: the log; its rewards are not looked at.
        states: (n,) codes of discrete states, integers or text, or (n, k) features.
        method: `tabular` (codes only), `classification` or `stationary`.

    Raises:
        UnknownNameError: no such method.
        InputError: a log with row weights, states of another length, features that are not finite, features given to
            `tabular`.
    """
    if log.weights is not None:
        what = "Ratios of states are estimated from episodes that count alike."
        raise InputError(what, where="weights", hint="Use ips, snips or dr.")
    if method not in METHODS:
        raise UnknownNameError("method", method, METHODS)
    states = np.asarray(states)
    if states.ndim not in (1, 2) or len(states) != log.n_rows:
        raise InputError(f"Shape {states.shape} for {log.n_rows} rows.", where="states")
    if states.ndim == 1:
        return METHODS[method](log, np.unique(states, return_inverse=True)[1])
    return METHODS[method](log, checks.table("states", states))


def _tabular(log: EvaluationLog, codes: np.ndarray) -> np.ndarray:
    if codes.ndim != 1:
        hint = "Use classification or stationary for features."
        raise InputError("Codes of discrete states are needed, one per row.", where="states", hint=hint)

    def mean_by_code(rows: np.ndarray, weights: np.ndarray) -> np.ndarray:
        here = np.unique(codes[rows], return_inverse=True)[1]
        return (np.bincount(here, weights) / np.bincount(here))[here]

    return _step_by_step(log, mean_by_code)


def _classification(log: EvaluationLog, states: np.ndarray) -> np.ndarray:
    from scipy import sparse
    from sklearn.linear_model import LogisticRegression

    features = _features(states, scaled=True)

    def odds(rows: np.ndarray, weights: np.ndarray) -> np.ndarray:
        mean = weights.mean()
        if mean == 0:
            return np.zeros(len(rows))
        at = features[rows]
        # Both classes weigh the same, so the odds are those of the conditional mean over the overall one.
        model = LogisticRegression(C=PENALTY, max_iter=1_000)
        both, labels = sparse.vstack([at, at], format="csr"), np.repeat([1, 0], len(rows))
        model.fit(both, labels, sample_weight=np.concatenate([weights / mean, np.ones(len(rows))]))
        return mean * np.exp(model.decision_function(at))

    return _step_by_step(log, odds)


def _step_by_step(log: EvaluationLog, conditional_mean: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> np.ndarray:
    """d_0 = 1, d_{t+1} = E[d_t rho_t | s_{t+1}]."""
    ratios = np.ones(log.n_rows)
    if log.one_step:
        return ratios
    at = log.starts
    for rows in later_rows(log.starts, log.lengths):
        scale = _scale(ratios[at], log.ratios[at])
        ratios[rows] = conditional_mean(rows, scale * ratios[rows - 1] * log.ratios[rows - 1])
        at = rows
    return ratios


def _scale(states: np.ndarray, actions: np.ndarray) -> float:
    """sum d / sum d rho; 1 where all are 0."""
    after = states @ actions
    return states.sum() / after if after > 0 else 1.0


def _stationary(log: EvaluationLog, states: np.ndarray) -> np.ndarray:
    features = _features(states, scaled=False)
    following = np.ones(log.n_rows, dtype=bool)
    following[log.starts + log.lengths - 1] = False
    rows = np.flatnonzero(following)
    leaving = features.multiply(log.discounts[:, None]).tocsr()
    arriving = features[rows + 1].multiply((log.gamma * log.discounts * log.ratios)[rows, None]).tocsr()
    outflow, inflow = (leaving.T @ features).toarray(), (arriving.T @ features[rows]).toarray()
    start = np.asarray(features[log.starts].sum(axis=0)).ravel()

    def solved(scale: float) -> np.ndarray:
        return np.maximum(features @ np.linalg.lstsq(outflow - scale * inflow, start, rcond=None)[0], 0.0)

    # The scale depends on the solution; further rounds change neither.
    return solved(_scale(log.discounts * solved(1.0), log.ratios))


def _features(states: np.ndarray, *, scaled: bool) -> Any:
    """Sparse: (n, codes) indicators of codes; (n, k) features of unit spread, or (n, k + 1) with a constant."""
    from scipy import sparse

    n = len(states)
    if states.ndim == 1:
        return sparse.csr_array((np.ones(n), (np.arange(n), states)), shape=(n, int(states.max()) + 1))
    features = np.asarray(states, dtype=np.float64)
    if scaled:
        spread = features.std(axis=0)
        return sparse.csr_array((features - features.mean(axis=0)) / np.where(spread > 0, spread, 1.0))
    return sparse.csr_array(np.concatenate([np.ones((n, 1)), features], axis=1))


METHODS: dict[str, Callable[[EvaluationLog, np.ndarray], np.ndarray]] = {
    "tabular": _tabular,
    "classification": _classification,
    "stationary": _stationary,
}
"""Ways to estimate ratios of states, by name."""
