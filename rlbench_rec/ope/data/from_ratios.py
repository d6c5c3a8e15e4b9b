"""An EvaluationLog of importance weights alone: no policy's probabilities are known, but their ratio is."""

from __future__ import annotations

from typing import Unpack

import numpy as np

from ...errors import InputError
from . import checks
from .evaluation_log import EvaluationLog
from .log_fields import FittedWeightFields


def from_weights(
    rewards: np.ndarray,
    ratios: np.ndarray,
    *,
    exact: bool = False,
    **fields: Unpack[FittedWeightFields],
) -> EvaluationLog:
    """A log whose importance weights come as such: rho_t = pi_e(a_t|s_t) / pi_b(a_t|s_t) of each logged decision.

    A policy that reweights what is in service, pi_e = pi_b exp(f) / Z, has rho = exp(f) / Z(s): the propensity cancels,
    and the behaviour policy need be known only by its choices (`propensity_source` is "service"). Its normaliser Z is
    then fitted, with parameters theta. Give how ratios depend on them and how far each episode moved them, and the
    error of theta is part of every standard error and interval; without, estimates are never `trusted`, unless the
    ratios are `exact`.

    In the log `target_propensities` holds the ratios, and `propensities` is 1. What needs a policy's probabilities, or
    a q, refuses such a log.

    Args:
        rewards: (n,) in time order within an episode.
        ratios: (n,) per decision, in [0, inf); nothing is capped.
        exact: whether the ratios hold nothing that was fitted.
        fields: further fields of EvaluationLog: ratio_gradients and nuisance_influence (theta-hat - theta = mean over
            episodes of it; what its own mean is apart from 0 is taken off), weight_bins, episode_starts, gamma,
            clusters, metrics, weights, ...

    Raises:
        InputError: as EvaluationLog; a ratio below 0; exact ratios with fitted parameters.
    """
    values = checks.vector("ratios", ratios)
    checks.length("ratios", values, len(checks.vector("rewards", rewards)), "rewards")
    checks.refuse("ratios", values < 0, "below 0", values)
    if exact:
        if fields.get("ratio_gradients") is not None or fields.get("nuisance_influence") is not None:
            raise InputError("Exact ratios have no fitted parameters.", where="exact")
        starts = fields.get("episode_starts")
        fields["ratio_gradients"] = np.empty((len(values), 0))
        fields["nuisance_influence"] = np.empty((len(values) if starts is None else len(starts), 0))
    return EvaluationLog(rewards, np.ones(len(values)), values, propensity_source="service", **fields)
