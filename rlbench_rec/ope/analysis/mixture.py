"""Logs to which several behaviour policies, or A/B arms, have contributed: balanced weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar, Unpack

import numpy as np

from ...errors import InputError, UnknownNameError
from ..data import checks
from ..data.evaluation_log import EvaluationLog
from ..data.importance_weights import later_rows
from ..data.log_fields import MixtureFields

Name = TypeVar("Name")
"""Of a logger: text or a number."""


def mixture_log(
    rewards: np.ndarray,
    loggers: Sequence[Name] | np.ndarray,
    propensities: Mapping[Name, np.ndarray],
    target_propensities: np.ndarray,
    *,
    episode_starts: np.ndarray | None = None,
    **fields: Unpack[MixtureFields],
) -> EvaluationLog:
    """A log whose propensities are those of the mixture of its behaviour policies: balanced weights.

    w = pi_e(a|x) / sum_k (n_k / n) p_k(a|x), over all loggers k with n_k of n episodes, whichever took the decision. It
    is at most n / n_k times the weight under logger k alone, so one logger that explores bounds the weights of all;
    `ips` and `dr` stay unbiased, and never vary more than with each row's own propensity (the naive weights). Agarwal,
    Basu, Schnabel and Joachims 2017; with a good model `dr` on it is efficient (Kallus, Saito and Uehara 2021). In
    longer episodes a logger's share is what it still has after the episode's actions so far, so that W_t is
    prod pi_e over sum_k (n_k / n) prod p_k. Intervals resample within loggers (`strata`).

    A lift on such a log is one over the traffic as it was: all loggers together. Naive weights, where only each row's
    own propensity is known: `EvaluationLog(rewards, own, target_propensities, strata=loggers)`.

    Args:
        rewards: (n,).
        loggers: (episodes,) name of the policy that logged each.
        propensities: by name, (n,) each policy's probability of the logged action, in [0, 1], on *all* rows.
        target_propensities: (n,) the target policy's.
        episode_starts: (episodes,) first row of each episode; None: every row is an episode.
        fields: further fields of EvaluationLog; `weights` count in the n_k, too.

    Raises:
        UnknownNameError: a logger whose propensities are not given.
        InputError: a policy that gives its own action no chance, or one that logged nothing; what EvaluationLog raises.
    """
    rewards = checks.vector("rewards", rewards)
    starts = None if episode_starts is None else checks.episode_starts(episode_starts, len(rewards))
    n_episodes = len(rewards) if starts is None else len(starts)
    codes = checks.episode_codes("loggers", loggers, n_episodes)
    names = np.unique(np.asarray(loggers)).tolist()
    chances = [_chances(name, propensities, len(rewards)) for name in names]
    idle = [str(name) for name in propensities if name not in names]
    if idle:
        raise InputError(f"No row was logged by {', '.join(idle)}.", where="propensities", hint="Leave it out.")
    lengths = np.ones(n_episodes, dtype=np.int64) if starts is None else np.diff(starts, append=len(rewards))
    by_row = np.repeat(codes, lengths)
    for code, (name, column) in enumerate(zip(names, chances, strict=True)):
        bad = (by_row == code) & (column == 0)
        checks.refuse(f"propensities of '{name}'", bad, "0 where it took the decision", column)
    counts = np.bincount(codes, _of_episodes(fields.get("weights"), starts, len(rewards)))
    shares = counts / counts.sum()
    mixed = _mixed(chances, shares, np.arange(n_episodes) if starts is None else starts, lengths)
    return EvaluationLog(
        rewards, np.minimum(mixed, 1.0), target_propensities, episode_starts=starts, strata=codes, **fields
    )


def _of_episodes(weights: np.ndarray | None, starts: np.ndarray | None, n_rows: int) -> np.ndarray | None:
    column = checks.optional_vector("weights", weights)
    if column is not None and len(column) != n_rows:
        raise InputError(f"{len(column)} entries for {n_rows} rewards.", where="weights")
    return column if column is None or starts is None else column[starts]


def _chances(name: Name, propensities: Mapping[Name, np.ndarray], n_rows: int) -> np.ndarray:
    if name not in propensities:
        raise UnknownNameError("logger", str(name), map(str, propensities))
    where = f"propensities of '{name}'"
    column = checks.vector(where, propensities[name])
    if len(column) != n_rows:
        raise InputError(f"{len(column)} entries for {n_rows} rewards.", where=where)
    checks.chances(where, column)
    return column


def _mixed(chances: list[np.ndarray], shares: np.ndarray, starts: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """(n,) sum_k share_k p_k, a logger's share being what it has left after the episode's actions before."""
    mixed = np.empty(len(chances[0]))
    left = [np.full(len(mixed), share) for share in shares]
    for rows in (starts, *(later_rows(starts, lengths) if lengths.max() > 1 else ())):
        parts = [share_left[rows] * column[rows] for share_left, column in zip(left, chances, strict=True)]
        mixed[rows] = sum(parts)
        ahead = rows + 1 < len(mixed)
        for share_left, part in zip(left, parts, strict=True):
            # After the last step this is the next episode's first row, whose share has been used already.
            share_left[rows[ahead] + 1] = part[ahead] / mixed[rows[ahead]]
    return mixed
