"""How far a policy is from the behaviour policy, and the tilt that is a given distance away."""

from __future__ import annotations

import numpy as np

from ..errors import InputError
from .tilts import Tilts

DIVERGENCES = (0.01, 0.02, 0.04, 0.08, 0.15, 0.3, 0.6, 1.2, 2.4)
"""The steps of a dial, in nats a session."""


def divergence(probabilities: np.ndarray, base: np.ndarray, decisions_per_episode: float) -> float:
    """D = mean over decisions of KL(pi || b) x decisions per episode, in nats a session.

    KL(pi || b) = sum_a pi(a|s) log(pi(a|s) / b(a|s)), with 0 log 0 = 0. It is infinite where the policy takes what the
    base never does.

    Args:
        probabilities: (n, A) pi, rows that sum to 1.
        base: (n, A) b, the same.
        decisions_per_episode: mean number of decisions an episode.

    Raises:
        InputError: shapes that differ, or no rows.
    """
    if probabilities.shape != base.shape or not len(base):
        what = f"Shapes {probabilities.shape} and {base.shape}; the same are needed, and a row at least."
        raise InputError(what, where="divergence")
    taken = probabilities > 0.0
    with np.errstate(divide="ignore"):
        logs = np.log(np.divide(probabilities, base, out=np.ones(base.shape), where=taken & (base > 0.0)))
    terms = np.where(taken & (base == 0.0), np.inf, probabilities * logs)
    return float(terms.sum() / len(base) * decisions_per_episode)


def temperature_for(scores: np.ndarray, base: np.ndarray, divergence: float, decisions_per_episode: float) -> float:
    """The temperature at which the tilt of the base by the scores is so many nats a session from the base.

    D falls in the temperature, from that of the base within its best actions (temperature 0) to that of the base within
    what the scores allow (infinity; 0 nats where they allow everything). What lies outside cannot be reached: the
    answer is then 0 or infinity.

    Args:
        scores: (n, A) of the states that the mean is over; minus infinity for an action that must not be taken.
        base: (n, A) probabilities of the behaviour policy in these states.
        divergence: D, 0 or above.
        decisions_per_episode: mean number of decisions an episode.

    Raises:
        InputError: a D below 0, no rows, shapes that differ, scores that are not numbers.
    """
    return Tilts(scores, base, decisions_per_episode).temperature(divergence)


def temperatures_for(
    scores: np.ndarray, base: np.ndarray, divergences: tuple[float, ...], decisions_per_episode: float
) -> tuple[float, ...]:
    """`temperature_for` each of several D, what they share computed once."""
    tilts = Tilts(scores, base, decisions_per_episode)
    return tuple(tilts.temperature(each) for each in divergences)
