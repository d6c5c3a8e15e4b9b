"""Estimated propensities: fitted on other users' rows, calibrated on rows that no model was fitted on."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from operator import add

import numpy as np

from ...errors import InputError, UnknownNameError
from ..data import checks
from ..data.policy_matrices import CHUNK_CELLS
from .calibration import Calibrate, ReliabilityDiagram, as_they_are, best_temperature, isotonic, losses, temperature
from .models import MODELS, Predict
from .propensities import Propensities
from .training_data import TrainingData, training_data

TEMPERATURE_CELLS = 1_000_000
"""Rows x actions of a fold that its temperatures are judged by."""
CALIBRATIONS = ("temperature", "isotonic", "none")


def estimate_propensities(
    actions: np.ndarray,
    features: np.ndarray,
    model: str = "logistic",
    *,
    users: np.ndarray | None = None,
    weights: np.ndarray | None = None,
    embeddings: np.ndarray | None = None,
    target_policy: np.ndarray | None = None,
    folds: int = 5,
    calibration: str = "temperature",
    floor: float | None = None,
    seed: int = 0,
) -> Propensities:
    """Learn which action the behaviour policy takes, from what it knew.

    For each fold of users a model is fitted on the others and predicts the fold. A fold's calibration is fitted on the
    predictions of the other folds. Estimates made with such propensities say so (`propensity_source = "estimated"`),
    are `sampling-only` and never `trusted`: they lack what the behaviour policy used beyond the features.

    Args:
        actions: (n,) what was logged, integers from 0.
        features: (n, d) all that the behaviour policy decided by, finite.
        model: `logistic`, `boosting`, or for large action sets `embeddings`.
        users: (n,) who met the decision; None: every row is another user.
        weights: (n,) how many decisions each row stands for, as those of an EvaluationLog; None: one. A log that was
            thinned by what was earned shows other actions than were taken: the model, its calibration and its losses
            are those of the whole log. They are handed on to the log.
        embeddings: (A, k) of the items, for `embeddings`.
        target_policy: (n, A) probabilities; shows its mass on actions without support. Read in chunks.
        folds: at least 2.
        calibration: `temperature` (Guo et al. 2017), `isotonic`, or `none`.
        floor: a probability below it counts as no support; None: the larger of 0.01 / A and 1 / n.
        seed: of the folds and the models.

    Raises:
        UnknownNameError: an unknown model or calibration.
        InputError: shapes that differ, values that are not finite, a row of the policy that is not a distribution, with
            the first such row; fewer users than folds, a single action, a setting out of range.
    """
    if model not in MODELS:
        raise UnknownNameError("propensity model", model, MODELS)
    if calibration not in CALIBRATIONS:
        raise UnknownNameError("calibration", calibration, CALIBRATIONS)
    checks.whole("folds", folds, 2)
    checks.whole("seed", seed, 0)
    items = embeddings if model == "embeddings" else None
    data = training_data(actions, features, users, weights, items, target_policy)
    actions, features, action_count, target_policy = data.actions, data.features, data.action_count, data.target
    floor = max(0.01 / action_count, 1.0 / len(actions)) if floor is None else floor
    if not 0.0 <= floor < 1.0:
        raise InputError(f"{floor}; it must lie in [0, 1).", where="floor")
    fold_of_row = _folds(data.users, folds, seed)
    inside = [np.flatnonzero(fold_of_row == fold) for fold in range(folds)]
    outside = [np.flatnonzero(fold_of_row != fold) for fold in range(folds)]
    stands_for = np.ones(len(actions)) if data.weights is None else data.weights
    fitted = [MODELS[model](data.at(rows), seed) for rows in outside]

    raw, summed = [], []
    for predict, rows in zip(fitted, inside, strict=True):
        of_fold, loss = _seen(predict, data, stands_for, rows, tempered=calibration == "temperature")
        raw.append(of_fold)
        summed.append(loss)
    calibrations, temperatures = _calibrations(calibration, raw, summed)

    vectors = {name: np.empty(len(actions)) for name in ("logged", "raw", "target", "mass")}
    calibrated = []
    for predict, calibrate, rows in zip(fitted, calibrations, inside, strict=True):
        for part in _parts(rows, action_count):
            before = predict(features[part])
            logs, at = calibrate(before), (np.arange(len(part)), actions[part])
            vectors["logged"][part], vectors["raw"][part] = logs[at], before[at]
            calibrated.append(ReliabilityDiagram.of(logs, actions[part], stands_for[part]))
            if target_policy is not None:
                pi = np.asarray(target_policy[part], dtype=np.float64)
                vectors["target"][part] = np.minimum(pi[at], 1.0)
                vectors["mass"][part] = np.minimum(np.where(np.exp(logs) < floor, pi, 0.0).sum(axis=1), 1.0)
    known = target_policy is not None
    propensities = np.exp(np.minimum(vectors["logged"], 0.0))
    return Propensities(
        propensities,
        propensities < floor,
        vectors["target"] if known else None,
        vectors["mass"] if known else None,
        model,
        calibration,
        folds,
        action_count,
        temperatures,
        float(floor),
        log_loss=float(-(stands_for * vectors["logged"]).mean()),
        raw_log_loss=float(-(stands_for * vectors["raw"]).mean()),
        baseline_log_loss=_popularity_loss(actions, stands_for, inside, action_count),
        calibration_error=reduce(add, calibrated).error(),
        raw_calibration_error=reduce(add, raw).error(),
        weights=checks.optional_vector("weights", weights),
    )


def _seen(
    predict: Predict, data: TrainingData, weights: np.ndarray, rows: np.ndarray, *, tempered: bool
) -> tuple[ReliabilityDiagram, np.ndarray]:
    """What calibration needs of a fold."""
    diagrams, summed = [], np.zeros(1)
    # One number is learnt from these losses, each at forty temperatures: some rows of a large fold are enough.
    stride = max(1, len(rows) * data.action_count // TEMPERATURE_CELLS)
    for part in _parts(rows, data.action_count):
        logs, actions = predict(data.features[part]), data.actions[part]
        diagrams.append(ReliabilityDiagram.of(logs, actions, weights[part]))
        if tempered:
            summed = summed + losses(logs[::stride], actions[::stride], weights[part][::stride])
    return reduce(add, diagrams), summed


def _calibrations(
    kind: str, raw: list[ReliabilityDiagram], summed: list[np.ndarray]
) -> tuple[list[Calibrate], tuple[float, ...]]:
    """For each fold, the calibration of the others."""
    if kind == "none":
        return [as_they_are] * len(raw), ()
    others = [[at for at in range(len(raw)) if at != fold] for fold in range(len(raw))]
    if kind == "isotonic":
        return [isotonic(reduce(add, [raw[at] for at in of_fold])) for of_fold in others], ()
    values = tuple(best_temperature(reduce(add, [summed[at] for at in of_fold])) for of_fold in others)
    return [temperature(value) for value in values], values


def _parts(rows: np.ndarray, action_count: int) -> Iterator[np.ndarray]:
    """Pieces of a vector of row numbers of about a million cells."""
    size = max(1, CHUNK_CELLS // action_count)
    for first in range(0, len(rows), size):
        yield rows[first : first + size]


def _folds(users: np.ndarray, folds: int, seed: int) -> np.ndarray:
    """(n,) fold of each row; all rows of a user in one."""
    count = int(users.max()) + 1
    if count < folds:
        raise InputError(f"{folds} folds of {count} users; a user in each is needed.", where="folds")
    return (np.random.default_rng(seed).permutation(count) % folds)[users]


def _popularity_loss(actions: np.ndarray, weights: np.ndarray, inside: list[np.ndarray], action_count: int) -> float:
    """Log loss of Laplace-smoothed shares of the other folds."""
    counts = [np.bincount(actions[rows], weights[rows], action_count) for rows in inside]
    everywhere, loss = reduce(add, counts), 0.0
    for of_fold in counts:
        other = everywhere - of_fold
        loss -= float(of_fold @ np.log((other + 1.0) / (other.sum() + action_count)))
    return loss / len(actions)
