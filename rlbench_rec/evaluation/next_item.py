"""How high a policy ranks the action a user chose next: what can be learnt from a log of users' own choices."""

from __future__ import annotations

import numpy as np

from ..errors import InputError
from ..mdp.dataset import TransitionDataset
from ..policies import ranking_on_log
from ..policies.policy import CHUNK_CELLS, Policy
from .ranking_metrics import RankingMetric, ranking


def imitation_metrics(
    data: TransitionDataset,
    policy: Policy,
    *,
    k: int = 10,
    seed: int = 0,
    n_resamples: int = 1_000,
    confidence: float = 0.95,
) -> list[RankingMetric]:
    """HR@k and NDCG@k over all rows, then (`-new`) over rows whose action did not occur earlier in the session.

    A policy's list is in the order of `ranking_on_log`: by the scores of a policy over scores, else by probability.
    What stands for items outside the vocabulary cannot be recommended: it is ranked last, and a row that logged it is a
    miss.
    """
    above, equal = _ranks(data, policy, k)
    sessions = np.repeat(np.arange(data.n_episodes), data.episode_lengths)
    units = sessions if data.clusters is None else data.clusters[sessions]
    new = first_time(data)

    def ranked(rows: np.ndarray | slice, suffix: str) -> list[RankingMetric]:
        return ranking(
            above[rows],
            equal[rows],
            units[rows],
            k=k,
            suffix=suffix,
            seed=seed,
            n_resamples=n_resamples,
            confidence=confidence,
        )

    return [*ranked(slice(None), ""), *ranked(new, "-new")]


def first_time(data: TransitionDataset) -> np.ndarray:
    """(n,) bool: the row's action did not occur earlier in its episode."""
    sessions = np.repeat(np.arange(data.n_episodes), data.episode_lengths)
    first = np.unique(sessions * data.action_count + data.actions, return_index=True)[1]
    new = np.zeros(len(data), dtype=bool)
    new[first] = True
    return new


def _ranks(data: TransitionDataset, policy: Policy, k: int) -> tuple[np.ndarray, np.ndarray]:
    """(n,) actions ranked above the logged one, and level with it (itself included).

    Raises:
        InputError: a policy whose score of a logged action is not a number.
    """
    above, equal = np.empty(len(data), dtype=np.int64), np.empty(len(data), dtype=np.int64)
    size = max(1, CHUNK_CELLS // data.action_count)
    for first in range(0, len(data), size):
        rows = slice(first, first + size)
        scores = np.array(ranking_on_log(policy, data, rows))
        scores[_others(data, rows)] = -np.inf
        logged = np.take_along_axis(scores, data.actions[rows, None], axis=1)
        above[rows] = (scores > logged).sum(axis=1)
        equal[rows] = (scores == logged).sum(axis=1)
        if not equal[rows].all():
            row = first + int(np.argmin(equal[rows]))
            raise InputError(f"Its score of the logged action in row {row} is not a number.", where=policy.name)
        above[rows][logged[:, 0] == -np.inf] = k
    return above, equal


def _others(data: TransitionDataset, rows: slice) -> np.ndarray:
    """(b, action_count) bool: what stands for items outside the vocabulary."""
    if data.candidates is not None and data.other_item:
        return data.candidates[rows] == data.other_item
    others = np.zeros((len(data.actions[rows]), data.action_count), dtype=bool)
    if data.other_action is not None:
        others[:, data.other_action] = True
    return others
