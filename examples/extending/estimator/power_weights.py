"""An estimator with tempered importance weights."""

from __future__ import annotations

import numpy as np

from rlbench_rec.ope import Estimator, EvaluationLog
from rlbench_rec.ope.estimators.episode_columns import Vectors
from rlbench_rec.ope.estimators.functionals import Part, Ratio


def sn_power(log: EvaluationLog, outcome: np.ndarray, power: float) -> list[Part]:
    """mean_i W_i^power G_i / mean_i W_i^power, G_i = sum_t gamma^t r_t and W_i the weight of the whole episode: at
    power 1 it is `sntis`, towards 0 the behaviour policy's mean. Weights tempered as in Korba and Portier 2022."""
    weights = log.scaled_final_weights**power
    returns = log.per_episode(log.discounts * outcome)
    return [Ratio(Vectors(weights * returns, weights))]


SN_POWER = Estimator(
    "sn-power",
    sn_power,
    events="trajectory",
    biased=True,
    shift_equivariant=True,
    required=("power",),
    parameters={"power": 0.5},
)
