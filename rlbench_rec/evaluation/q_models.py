"""The q functions that the doubly robust estimators can be given, each cross-fitted: no row is predicted from its own
user."""

from __future__ import annotations

from typing import Literal, get_args

from ..errors import UnknownNameError
from ..mdp.dataset import TransitionDataset

QModel = Literal["fqe", "linear", "reward-model"]
"""What `q` of a row of results says: fitted Q evaluation by a network (`training.fqe`), by a linear function
(`linear_q`), or a model of the reward of one decision (`training.value_models.reward_model`)."""
QChoice = Literal["auto", QModel]
"""`auto` is fitted Q evaluation on sequential logs and the reward model on one-step logs."""
SuiteQ = Literal["auto", "linear"]
"""What a suite may ask for, whose logs may be of both kinds."""


def q_model(data: TransitionDataset, q: QChoice = "auto") -> QModel:
    """The model that a choice stands for on a log.

    Raises:
        UnknownNameError: no such q.
    """
    if q not in get_args(QChoice):
        raise UnknownNameError("q", q, get_args(QChoice))
    if q != "auto":
        return q
    return "reward-model" if data.one_step else "fqe"


def q_of(estimator: str, data: TransitionDataset, q: QChoice = "auto") -> str:
    """The column `q` of a row of results: the model behind an estimator's q, empty where it needs none."""
    from ..ope.estimators import needs_q

    return q_model(data, q) if needs_q(estimator) else ""
