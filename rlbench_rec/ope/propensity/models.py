"""Models of which action was logged: each is fitted and then gives log probabilities of all actions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .embeddings import fit_embeddings
from .training_data import TrainingData

Predict = Callable[[np.ndarray], np.ndarray]
"""(m, d) features -> (m, A) log probabilities."""


def fit_logistic(data: TrainingData, seed: int) -> Predict:
    """Multinomial logistic regression on standardised features, ridge penalty 1."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1_000, random_state=seed))
    return _of_classes(model, data, "standardscaler__sample_weight", "logisticregression__sample_weight")


def fit_boosting(data: TrainingData, seed: int) -> Predict:
    """Histogram gradient boosting: 100 rounds at most, stopped by the log loss on a tenth of the rows."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    model = HistGradientBoostingClassifier(max_leaf_nodes=15, early_stopping=True, random_state=seed)
    return _of_classes(model, data, "sample_weight")


def _of_classes(model: Any, data: TrainingData, *weights: str) -> Predict:
    """A scikit-learn classifier, which takes the weights of rows by these names. Actions that its rows do not have get
    Laplace's 1 / (rows + A) each."""
    actions, action_count = data.actions, data.action_count
    seen = np.unique(actions)
    unseen = np.setdiff1d(np.arange(action_count), seen)
    rare = 1.0 / (len(actions) + action_count)
    if len(seen) > 1:
        model.fit(data.features, actions, **dict.fromkeys(weights, data.weights))

    def predict(rows: np.ndarray) -> np.ndarray:
        of_seen = model.predict_proba(rows) if len(seen) > 1 else np.ones((len(rows), 1))
        logs = np.empty((len(rows), action_count))
        with np.errstate(divide="ignore"):
            # A float's smallest number in place of a probability that it cannot hold.
            logs[:, seen] = np.log(np.maximum(of_seen * (1.0 - rare * len(unseen)), np.finfo(float).tiny))
        logs[:, unseen] = np.log(rare)
        return logs

    return predict


MODELS: dict[str, Callable[[TrainingData, int], Predict]] = {
    "logistic": fit_logistic,
    "boosting": fit_boosting,
    "embeddings": fit_embeddings,
}
"""Models by name: (rows to fit on, seed) -> the fitted model."""
