"""How high a policy ranks the action a user chose next: what can be learnt from a log of users' own choices."""

from __future__ import annotations

import numpy as np

from ..arguments import expect
from ..mdp.dataset import TransitionDataset
from ..policies.policy import Policy, expect_policy
from .ranking_metrics import RankingMetric, ranking
from .ranks import ranked_log
from .session_actions import SessionActions, units_of


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

    Raises:
        InputError: a policy whose scores are not numbers.
    """
    expect(data, TransitionDataset, "data")
    expect_policy(policy)
    sessions = SessionActions.of(data)
    ranks = ranked_log(data, policy, sessions, k).next
    above, equal = np.full(len(data), k), np.ones(len(data), dtype=np.int64)
    above[ranks.steps], equal[ranks.steps] = ranks.above, ranks.equal
    units = units_of(data)

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

    return [*ranked(slice(None), ""), *ranked(sessions.new, "-new")]
