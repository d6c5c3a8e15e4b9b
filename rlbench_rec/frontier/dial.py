"""Dials: policies from the behaviour policy outwards, one axis for all, in nats a session."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from ..errors import InputError, UnknownNameError
from ..policies.make_reweighted import reweighted_by
from ..policies.policy import CHUNK_CELLS, at_actions
from ..policies.q_policies import one_hot
from ..policies.tilted import tilt
from ..policies.tilts import Tilts
from ..tolerances import ROUNDING
from .base import Dial, Setting

DIALS: tuple[Dial, ...] = ("tilted", "constrained", "mixed")
SHORT_SESSIONS = 2.0
"""Mean decisions a session up to which `constrained` is a dial: it is deterministic, and the weights of longer sessions
of deterministic policies are nearly all 0."""


def reweighted(dial: Dial, scores: np.ndarray, base: np.ndarray, parameter: float) -> np.ndarray:
    """(n, A) the policy of one step, from scores and the base's probabilities."""
    if dial == "tilted":
        return tilt(scores, base, parameter)
    policy = reweighted_by(dial, lambda _: scores, scores.shape[1], parameter)
    return policy.reweight(one_hot(scores.argmax(axis=1), scores.shape[1]) if dial == "mixed" else scores, base)


def settings(
    dial: Dial, scores: np.ndarray, base: np.ndarray, divergences: Sequence[float], decisions_per_episode: float
) -> list[Setting]:
    """The steps of a dial at the given divergences; those out of reach, and repeats, are left out.

    Args:
        dial: `tilted`, `constrained` (in short sessions alone) or `mixed`.
        scores: (n, A), minus infinity for an action that must not be taken.
        base: (n, A) the behaviour policy's probabilities.
        divergences: in nats a session, above 0 and ascending.
        decisions_per_episode: mean decisions a session.
    """
    check_dials([dial], divergences)
    found = _SETTINGS[dial](scores, base, divergences, decisions_per_episode)
    return list({setting.parameter: setting for setting in reversed(found)}.values())[::-1]


def check_dials(dials: Sequence[str], divergences: Sequence[float]) -> None:
    """Refuse what is not a dial.

    Raises:
        UnknownNameError: an unknown dial.
        InputError: no dial, one named twice, no step, or divergences that do not ascend from above 0.
    """
    if len(set(dials)) < len(dials):
        raise InputError(f"{tuple(dials)}: one is named twice.", where="dials", hint="Name each once.")
    for dial in dials:
        if dial not in DIALS:
            raise UnknownNameError("dial", dial, DIALS)
    if not dials or not len(divergences):
        raise InputError("No steps.", where="dials" if not dials else "divergences")
    least = 0.0
    for divergence in divergences:
        if not least < divergence < math.inf:
            raise InputError(f"{tuple(divergences)}; finite, above 0 and ascending.", where="divergences")
        least = divergence


def tilted_settings(tilts: Tilts, divergences: Sequence[float]) -> list[Setting]:
    """The steps of `tilted`; temperature 0 and infinity are what a tilt cannot pass."""
    pairs = [(tilts.temperature(divergence), divergence) for divergence in divergences]
    return [Setting(temperature, divergence) for temperature, divergence in pairs if 0 < temperature < math.inf]


def _tilted(
    scores: np.ndarray, base: np.ndarray, divergences: Sequence[float], decisions_per_episode: float
) -> list[Setting]:
    return tilted_settings(Tilts(scores, base, decisions_per_episode), divergences)


def _constrained(
    scores: np.ndarray, base: np.ndarray, divergences: Sequence[float], decisions_per_episode: float
) -> list[Setting]:
    """For each divergence the smallest c that stays within it: D(c) is a step function that falls in c, and all its
    steps are known at once."""
    if decisions_per_episode > SHORT_SESSIONS:
        return []
    size = max(1, CHUNK_CELLS // base.shape[1])
    parts = [_moves(scores[i : i + size], base[i : i + size]) for i in range(0, len(base), size)]
    ratios, gained = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    falling = np.argsort(-ratios, kind="stable")
    ratios, reached = ratios[falling], np.cumsum(gained[falling]) * (decisions_per_episode / len(base))
    # Moves at one c are made together or not at all.
    last = np.append(ratios[1:] < ratios[:-1] * (1.0 - ROUNDING), True) if len(ratios) else np.zeros(0, dtype=bool)
    ratios, reached = ratios[last], reached[last]
    found = []
    for divergence in divergences:
        at = int(np.searchsorted(reached, divergence, side="right")) - 1
        if at >= 0:
            # Between this move and the next one, away from both by more than rounding.
            share = float(0.5 * (ratios[at] + (ratios[at + 1] if at + 1 < len(ratios) else 0.0)))
            found.append(Setting(share, _constrained_divergence(scores, base, share) * decisions_per_episode))
    return found


def _moves(scores: np.ndarray, base: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where `constrained` takes another action as c falls from 1, and by how much its divergence -log b grows there.

    Of a row's actions sorted by falling b it takes the best with b >= c max b: it moves on at each action that is
    better than all before it, at c = b / max b of that action.
    """
    within = np.where(scores != -np.inf, base, 0.0)
    left = within.max(axis=1) > 0
    scores, within = scores[left], within[left]
    order = np.argsort(-within, axis=1, kind="stable")
    by_b, by_score = (np.take_along_axis(values, order, axis=1) for values in (within, scores))
    by_score = np.where(by_b > 0, by_score, -np.inf)
    moves = np.ones(by_b.shape, dtype=bool)
    moves[:, 1:] = by_score[:, 1:] > np.maximum.accumulate(by_score, axis=1)[:, :-1]
    nats = -np.log(np.where(by_b > 0, by_b, 1.0))
    # The action before a move is that of the last move to the left of it.
    at = np.maximum.accumulate(np.where(moves, np.arange(by_b.shape[1]), 0), axis=1)
    gained = np.take_along_axis(nats, at, axis=1)
    gained[:, 1:] -= gained[:, :-1].copy()
    return (by_b / by_b[:, :1])[moves], gained[moves]


def _constrained_divergence(scores: np.ndarray, base: np.ndarray, share: float) -> float:
    """Mean over decisions of KL(constrained || base): -log b of the action that is taken."""
    policy = reweighted("constrained", scores, base, share)
    of_taken = at_actions(base, policy.argmax(axis=1))
    # Where the scores rule out all that the base takes, the policy is the base.
    return float(-np.log(of_taken[np.count_nonzero(policy, axis=1) == 1]).sum() / len(base))


def _mixed(
    scores: np.ndarray, base: np.ndarray, divergences: Sequence[float], decisions_per_episode: float
) -> list[Setting]:
    """KL((1 - m) b + m g || b) = (1 - m) (1 - b_g) log(1 - m) + p log(p / b_g), p = (1 - m) b_g + m, of g's action;
    it grows in m, and the share of each divergence is found by bisection."""
    of_greedy = at_actions(base, scores.argmax(axis=1))
    if not (of_greedy > 0).all():
        return []

    def nats(share: float) -> float:
        taken = (1.0 - share) * of_greedy + share
        rest = (1.0 - share) * math.log(1.0 - share) if share < 1 else 0.0
        return float((rest * (1.0 - of_greedy) + taken * np.log(taken / of_greedy)).mean()) * decisions_per_episode

    reachable = [divergence for divergence in divergences if divergence <= nats(1.0)]
    return [Setting(_bisected(nats, divergence), divergence) for divergence in reachable]


def _bisected(rising: Callable[[float], float], wanted: float) -> float:
    """Where a rising function of [0, 1] has a value."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if rising(middle) < wanted else (low, middle)
    return high


_SETTINGS: dict[Dial, Callable[[np.ndarray, np.ndarray, Sequence[float], float], list[Setting]]] = {
    "tilted": _tilted,
    "constrained": _constrained,
    "mixed": _mixed,
}
