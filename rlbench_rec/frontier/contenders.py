"""Whose scores a frontier tries: those given, their mean, and controls that must gain nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ..errors import InputError
from ..mdp.dataset import TransitionDataset
from ..mdp.past import Past
from ..policies.past import scores_on_log
from ..policies.policy import CHUNK_CELLS, Policy, ask, longest
from ..policies.q_policies import QFunction, ScoresWithMemory, memory_of, scores_of

MEAN = "mean"
"""Name of the mean of standardised scores among the contenders."""


class MeanScores(ScoresWithMemory):
    """(1 / K) sum_k q_k(s, a) / s_k, s_k = sqrt(mean over decisions of Var_b(q_k | state)) on the validation part.

    A score's mean in a state has no part in a policy that is tilted or constrained by it, so that none is taken off; a
    score that does not vary (s_k is 0) is left out. Minus infinity where any of them is.

    Args:
        members: the scores.
        spreads: (K,) s_k.
    """

    def __init__(self, members: Sequence[QFunction], spreads: Sequence[float]):
        self.members, self.spreads = tuple(members), tuple(spreads)
        self.memory = longest(*map(memory_of, self.members))

    def __call__(self, states: np.ndarray, past: Past | None = None) -> np.ndarray:
        """(n, state size) -> (n, A)."""
        return mean_scores([scores_of(member, states, past) for member in self.members], self.spreads)


def mean_scores(scores: Sequence[np.ndarray], spreads: Sequence[float]) -> np.ndarray:
    """(n, A) the mean of (n, A) scores that vary, each divided by its spread."""
    pairs = [(np.asarray(each, np.float64), spread) for each, spread in zip(scores, spreads, strict=True) if spread > 0]
    if not pairs:
        return np.asarray(scores[0], dtype=np.float64)
    total = pairs[0][0] / pairs[0][1]
    for each, spread in pairs[1:]:
        total += each / spread
    return total / len(pairs)


class Negated(ScoresWithMemory):
    """-q: what a frontier must not find anything in. What may not be shown (minus infinity) stays so.

    Args:
        q: the scores.
    """

    def __init__(self, q: QFunction):
        self.q, self.memory = q, memory_of(q)

    def __call__(self, states: np.ndarray, past: Past | None = None) -> np.ndarray:
        """(n, state size) -> (n, A)."""
        values = np.asarray(scores_of(self.q, states, past))
        return np.where(values == -np.inf, values, -values)


class PolicyScores(ScoresWithMemory):
    """A policy in place of scores, its own probabilities: a dial then goes from the base towards that policy.

    Args:
        policy: a deterministic one, of whose actions nothing is said but which is taken.
    """

    def __init__(self, policy: Policy):
        self.policy, self.memory = policy, policy.memory

    def __call__(self, states: np.ndarray, past: Past | None = None) -> np.ndarray:
        """(n, state size) -> (n, A)."""
        return ask(self.policy, states, past)


def negated(q: QFunction) -> QFunction:
    """The control -q: a frontier of it must end as the behaviour policy."""
    return Negated(q)


def scores_on(name: str, q: QFunction, data: TransitionDataset) -> np.ndarray:
    """(n, A) scores of a contender on a log, in pieces.

    Raises:
        InputError: another shape, or scores that are neither numbers nor minus infinity.
    """
    size, action_count = max(1, CHUNK_CELLS // data.action_count), data.action_count
    parts = [np.asarray(scores_on_log(q, data, slice(i, i + size))) for i in range(0, len(data), size)]
    scores = np.concatenate(parts)
    if scores.shape != (len(data), action_count):
        what = f"Scores of shape {scores.shape}; ({len(data)}, {action_count}) is needed."
        raise InputError(what, where=f"contenders['{name}']")
    if not (np.isfinite(scores) | (scores == -np.inf)).all():
        raise InputError("A score is neither a number nor minus infinity.", where=f"contenders['{name}']")
    return scores


def check_contenders(contenders: Mapping[str, QFunction]) -> None:
    """Refuse no contenders, what is not scores by name, or one that takes the mean's name.

    Raises:
        InputError: as said.
    """
    if not isinstance(contenders, Mapping) or not all(map(callable, contenders.values())):
        what, hint = "Functions from states to scores are needed, by name.", "Give {'dqn': run.q_function()}."
        raise InputError(what, where="contenders", hint=hint)
    if not contenders:
        raise InputError("No contenders.", where="contenders")
    if MEAN in contenders:
        raise InputError(f"'{MEAN}' is the name of the mean of the others.", where="contenders")
