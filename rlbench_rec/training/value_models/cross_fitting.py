"""Cross-fitted q: on every row, a q function that never saw the row's user, or its episode where users are not known.

Rows of one user are alike, in what they do and in what was decided for them: a model that remembers a user knows which
action the row had, and the doubly robust correction is lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from ...arguments import expect
from ...errors import InputError
from ...extras import require
from ...mdp.dataset import TransitionDataset
from ...policies import Policy, on_log
from .reward_model import RewardModel

CHUNK_CELLS = 4_000_000
"""Largest (rows x actions) matrix held at once."""


@dataclass(frozen=True)
class CrossFittedRewards:
    """A reward model per fold, as predictions; it depends on no policy, so one serves many.

    Attributes:
        contexts: (n,) what the row's context is worth, whatever the action.
        effects: (folds, A) what an action adds.
        folds: (n,) which row of `effects` holds for a row.
    """

    contexts: np.ndarray
    effects: np.ndarray
    folds: np.ndarray

    def of_actions(self, actions: np.ndarray) -> np.ndarray:
        """(n,) predicted reward of one action a row."""
        return self.contexts + self.effects[self.folds, actions]

    def matrix(self, rows: np.ndarray | slice | None = None) -> np.ndarray:
        """(n, A) predicted rewards of every action, of some rows or all."""
        rows = slice(None) if rows is None else rows
        return self.contexts[rows, None] + self.effects[self.folds[rows]]


def cross_fitted_rewards(data: TransitionDataset, *, folds: int = 2, seed: int = 0) -> CrossFittedRewards:
    """Fit `RewardModel` on all folds but one and predict that one, for each fold of users (of episodes, where the
    log knows no users).

    Args:
        data: logged decisions; their observations are the context, their history is not used.
        folds: number of folds.
        seed: of the assignment of users to folds.

    Raises:
        InputError: fewer than two folds, or fewer users than folds.
    """
    expect(data, TransitionDataset, "data")
    fold_of_row = _folds(data, folds, seed)
    contexts, effects = np.empty(len(data)), np.empty((folds, data.action_count))
    for fold in range(folds):
        inside = fold_of_row == fold
        rest = ~inside
        model = RewardModel.fit(data.observations[rest], data.actions[rest], data.rewards[rest], data.action_count)
        contexts[inside] = model.context_values(data.observations[inside])
        effects[fold] = model.effects
    return CrossFittedRewards(contexts, effects, fold_of_row)


def cross_fitted_q(
    data: TransitionDataset,
    policy: Policy,
    *,
    model: Literal["fqe", "reward-model", "auto"] = "auto",
    folds: int = 2,
    seed: int = 0,
    steps: int = 500,
    batch_size: int = 256,
    device: str = "auto",
    rewards: CrossFittedRewards | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """q of the logged action and its mean under the policy, on every row, from folds that the row is not in.

    Args:
        data: the log that estimates will be made on.
        policy: the target policy.
        model: `reward-model`, which one-step logs alone can take; `fqe`, fitted Q evaluation; or `auto`: the reward
            model where it can be taken.
        folds: number of folds of users (of episodes, where the log knows no users).
        seed: of folds, weights and sampling.
        steps: gradient steps of fitted Q evaluation a fold.
        batch_size: rows a step of it.
        device: as in `fit`.
        rewards: `cross_fitted_rewards(data)`, where many policies share it; read on one-step logs alone.

    Returns:
        (n,) float64 q(s, a) of the logged action, and (n,) float64 sum_a pi(a|s) q(s, a).

    Raises:
        InputError: as `cross_fitted_rewards` and `fqe`; or a reward model of episodes of several steps.
        MissingExtraError: fitted Q evaluation, and torch is not installed.
    """
    expect(data, TransitionDataset, "data")
    if model == "reward-model" and not data.one_step:
        raise InputError(
            "A reward model knows the reward of one decision, and the log has episodes of several.",
            where="cross-fitting",
            hint="Take fitted Q evaluation (fqe).",
        )
    if data.one_step and model != "fqe":
        rewards = rewards or cross_fitted_rewards(data, folds=folds, seed=seed)
        return rewards.of_actions(data.actions), _expected_rewards(data, policy, rewards)

    require("train", "Fitted Q evaluation")
    import torch

    from ..device import resolve
    from .fitted_q_evaluation import fqe, probabilities_by_row

    device = resolve(device)
    fold_of_row = _folds(data, folds, seed)
    probabilities = probabilities_by_row(policy, data, device)
    q_logged, v_target = np.empty(len(data)), np.empty(len(data))
    for fold in range(folds):
        q = fqe(
            data,
            policy,
            steps=steps,
            batch_size=batch_size,
            seed=seed,
            device=device,
            rows=np.flatnonzero(fold_of_row != fold),
            probabilities=probabilities,
        )
        for rows in _chunks(np.flatnonzero(fold_of_row == fold), data.action_count):
            values = q(data.states(rows)).astype(np.float64)
            q_logged[rows] = values[np.arange(len(rows)), data.actions[rows]]
            pi = probabilities(torch.from_numpy(rows).to(device)).cpu().numpy()
            v_target[rows] = (pi * values).sum(axis=1)
    return q_logged, v_target


def _expected_rewards(data: TransitionDataset, policy: Policy, rewards: CrossFittedRewards) -> np.ndarray:
    expected = np.empty(len(data))
    for rows in _chunks(np.arange(len(data)), data.action_count):
        expected[rows] = (on_log(policy, data, rows) * rewards.matrix(rows)).sum(axis=1)
    return expected


def _folds(data: TransitionDataset, folds: int, seed: int) -> np.ndarray:
    """(n,) the fold of each row; folds are of nearly equal numbers of users, or of episodes where the log knows no
    users."""
    codes, units = data.user_codes()
    if folds < 2 or units < folds:
        what = f"{units} {'episodes' if data.clusters is None else 'users'} cannot make {folds} folds."
        raise InputError(what, where="cross-fitting", hint="Use estimators without a model: snips, ips.")
    of_unit = np.random.default_rng(seed).permutation(units) % folds
    return np.repeat(of_unit[codes], data.episode_lengths)


def _chunks(rows: np.ndarray, action_count: int) -> list[np.ndarray]:
    size = max(1, CHUNK_CELLS // action_count)
    return [rows[i : i + size] for i in range(0, len(rows), size)]
