"""Which candidate is kept: by what those fitted on one half of the users would have earned on the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch

from ...mdp.dataset import TransitionDataset
from ...mdp.returns import session_returns_to_go
from ..networks.action_scores import CHUNK_ROWS
from ..transitions import fold_of_rows
from .candidate_policies import ALL, CandidatePolicy, CandidateScores


def choose(
    members: Sequence[CandidatePolicy], logged: np.ndarray, data: TransitionDataset, caution: float
) -> CandidatePolicy | None:
    """The candidate fitted on all whose twins, fitted on one half of the users and judged on the other, have the
    highest lower limit of the lift, if that is above 0; the first of equals.

    Args:
        members: the candidates.
        logged: (n, C) log pi(a|s) of the logged actions.
        data: the log; without propensities nothing is chosen.
        caution: standard errors that are taken off.
    """
    assert data.propensities is not None, "its config refuses a log without them"
    halves = fold_of_rows(data) % 2
    to_go = session_returns_to_go(data)
    best, highest = None, 0.0
    for member in members:
        if member.half != ALL or member.tilt == "none":
            continue
        # A row in half 0 is judged by the policy fitted on half 1.
        twins = [members.index(replace(member, half=1 - half)) for half in (0, 1)]
        column = np.where(halves == 0, logged[:, twins[0]], logged[:, twins[1]])
        lift, error = lift_of(np.exp(column) / data.propensities, to_go, data)
        if lift - caution * error > highest:
            best, highest = member, lift - caution * error
    return best


def lift_of(weights: np.ndarray, to_go: np.ndarray, data: TransitionDataset) -> tuple[float, float]:
    """The self-normalised estimate less the log's own mean, and its standard error over users.

    lift = sum w G / sum w - mean G; a row's influence on it is w (G - V) / mean w - (G - mean G).

    Args:
        weights: (n,) w.
        to_go: (n,) G.
        data: says whose row each is.
    """
    total = weights.sum()
    if not total > 0:
        return 0.0, np.inf
    value, mean = float(weights @ to_go / total), float(to_go.mean())
    terms = weights * (to_go - value) / weights.mean() - (to_go - mean)
    users, count = data.user_codes()
    sums = np.bincount(np.repeat(users, data.episode_lengths), terms, minlength=count)
    return value - mean, float(np.sqrt((sums**2).sum())) / len(to_go)


def logged_log_probabilities(scores: CandidateScores, data: TransitionDataset, device: torch.device) -> np.ndarray:
    """(n, C) float64 log pi(a|s) of the logged actions, by every candidate."""
    columns = []
    with torch.inference_mode():
        for first in range(0, len(data), CHUNK_ROWS):
            rows = slice(first, min(first + CHUNK_ROWS, len(data)))
            logits = scores(torch.from_numpy(data.states(rows)).to(device))
            actions = torch.from_numpy(data.actions[rows]).to(device)
            taken = actions[:, None, None].expand(-1, logits.shape[1], 1)
            columns.append((logits.gather(2, taken).squeeze(2) - logits.logsumexp(dim=2)).double().cpu().numpy())
    return np.concatenate(columns)
