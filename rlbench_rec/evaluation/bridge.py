"""TransitionDataset + policy -> estimates: the bridge between the MDP rooms and `ope`, which knows neither."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..arguments import expect
from ..errors import InputError
from ..mdp.dataset import TransitionDataset
from ..policies import on_log, probability_on_log
from ..policies.policy import Policy, expect_policy
from .linear_q import CHUNK, linear_q
from .q_models import QChoice, q_model

if TYPE_CHECKING:
    from ..ope import Estimate, EvaluationLog


def evaluate(
    data: TransitionDataset,
    policy: Policy,
    estimators: Sequence[str] = ("snips", "dr"),
    *,
    behaviour: Policy | None = None,
    q: QChoice = "auto",
    seed: int = 0,
    n_resamples: int = 1_000,
    confidence: float = 0.95,
    fqe_steps: int = 500,
    fqe_batch_size: int = 256,
) -> list[Estimate]:
    """Estimate a policy's value from logged decisions that it was not trained, tuned or selected on.

    The doubly robust estimators and `dm` get a cross-fitted q. Where the log knows users, folds are of users and whole
    users are resampled.

    Args:
        data: the test side.
        policy: the target policy.
        estimators: ids of `rlbench list estimators`.
        behaviour: the behaviour policy, where known: it gives propensities to a log without them, and tells how much of
            the target policy's mass lies on actions that are never logged, unless the log itself does
            (`TransitionDataset.behaviour_probabilities`).
        q: `fqe` (fitted Q evaluation), `linear` (the same by a linear function: fast, and wrong in its shape),
            `reward-model` (one-step logs only), or `auto`: `fqe` on sequential logs, `reward-model` on one-step logs.
        seed: of folds, q and bootstrap.
        n_resamples: bootstrap resamples.
        confidence: level of the intervals.
        fqe_steps: steps of fitted Q evaluation per fold.
        fqe_batch_size: rows a step of it.

    Raises:
        InputError: a log without propensities and no behaviour policy, a reward model of a sequential log, sessions
            that do not end (`next_episodes`), or one name of an estimator in place of a list.
        UnknownNameError: an unknown estimator or q.
    """
    from .. import ope

    log = evaluation_log(
        data,
        policy,
        estimators,
        behaviour=behaviour,
        q=q,
        seed=seed,
        fqe_steps=fqe_steps,
        fqe_batch_size=fqe_batch_size,
    )
    return ope.estimate_all(log, estimators, seed=seed, n_resamples=n_resamples, confidence=confidence)


def evaluation_log(
    data: TransitionDataset,
    policy: Policy,
    estimators: Sequence[str],
    *,
    behaviour: Policy | None = None,
    q: QChoice = "auto",
    seed: int = 0,
    fqe_steps: int = 500,
    fqe_batch_size: int = 256,
    device: str = "auto",
) -> EvaluationLog:
    """The vectors that the estimators read; see `evaluate`.

    Args:
        device: of fitted Q evaluation: `auto`, `cpu` or `cuda`.
    """
    expect(data, TransitionDataset, "data")
    expect_policy(policy)
    from .. import ope

    ope.estimators.refuse_one_name(estimators, "estimators")
    refuse_continued(data)
    propensities, source = _propensities(data, behaviour)
    model = q_model(data, q) if any(ope.estimators.needs_q(name) for name in estimators) else None
    probabilities = q_logged = v_target = None
    if model == "linear":
        probabilities = _probabilities(policy, data)
        target_propensities = probabilities[np.arange(len(data)), data.actions]
        q_logged, v_target = linear_q(data, data.states(), probabilities)
    else:
        target_propensities = probability_on_log(policy, data, data.actions)
        if model is not None:
            from ..training import cross_fitted_q

            q_logged, v_target = cross_fitted_q(
                data,
                policy,
                model=model,
                seed=seed,
                steps=fqe_steps,
                batch_size=fqe_batch_size,
                device=device,
            )
    return log_of(
        data,
        propensities,
        target_propensities,
        q_logged=q_logged,
        v_target=v_target,
        unsupported_mass=_unsupported_mass(data, behaviour, policy, probabilities),
        propensity_source=source,
    )


def refuse_continued(data: TransitionDataset) -> None:
    """Sessions that lead to the user's next one have no value of their own.

    Raises:
        InputError: the data has such sessions.
    """
    if data.next_episodes is not None:
        hint = "Build it with ends = 'terminal', or take dataclasses.replace(data, next_episodes=None)."
        raise InputError("A value is that of a session, and these lead to the user's next.", where="ends", hint=hint)


def log_of(
    data: TransitionDataset,
    propensities: np.ndarray,
    target_propensities: np.ndarray,
    *,
    q_logged: np.ndarray | None = None,
    v_target: np.ndarray | None = None,
    unsupported_mass: np.ndarray | None = None,
    propensity_source: str = "logged",
) -> EvaluationLog:
    """A log's rewards, sessions, users and metrics, with what two policies think of its actions; all (n,), see
    `EvaluationLog`."""
    from .. import ope

    return ope.EvaluationLog(
        rewards=data.rewards.astype(np.float64),
        propensities=propensities,
        target_propensities=target_propensities,
        q_logged=q_logged,
        v_target=v_target,
        episode_starts=data.episode_starts,
        gamma=data.gamma,
        clusters=data.clusters,
        metrics=None if data.metrics is None else data.metrics.astype(np.float64),
        unsupported_mass=unsupported_mass,
        propensity_source=propensity_source,
    )


def log_of_behaviour(data: TransitionDataset) -> EvaluationLog:
    """A log whose target policy is the behaviour policy: every weight is 1, its propensities known or not."""
    ones = np.ones(len(data))
    return log_of(data, ones, ones)


def weights_log_of(
    data: TransitionDataset,
    ratios: np.ndarray,
    *,
    ratio_gradients: np.ndarray,
    nuisance_influence: np.ndarray,
    weight_bins: np.ndarray | None = None,
) -> EvaluationLog:
    """The same with (n,) importance weights in place of probabilities; see `EvaluationLog.from_weights`."""
    from .. import ope

    return ope.EvaluationLog.from_weights(
        data.rewards.astype(np.float64),
        ratios,
        ratio_gradients=ratio_gradients,
        nuisance_influence=nuisance_influence,
        weight_bins=weight_bins,
        episode_starts=data.episode_starts,
        gamma=data.gamma,
        clusters=data.clusters,
        metrics=None if data.metrics is None else data.metrics.astype(np.float64),
    )


def _probabilities(policy: Policy, data: TransitionDataset) -> np.ndarray:
    """(n, A), in pieces: a policy's scores take several times the memory of its probabilities."""
    return np.concatenate([on_log(policy, data, slice(i, i + CHUNK)) for i in range(0, len(data), CHUNK)])


def _propensities(data: TransitionDataset, behaviour: Policy | None) -> tuple[np.ndarray, str]:
    if data.propensities is not None:
        return data.propensities, "logged"
    if behaviour is None:
        raise InputError(
            "The log has no propensities, so importance weights are not defined.",
            where=data.provenance.source,
            hint="Give behaviour=, a model of the behaviour policy fitted on other rows.",
        )
    return probability_on_log(behaviour, data, data.actions), "estimated"


def _unsupported_mass(
    data: TransitionDataset,
    behaviour: Policy | None,
    policy: Policy,
    probabilities: np.ndarray | None,
) -> np.ndarray | None:
    """The policy's mass on what the log cannot answer for: actions that are never logged, and items outside the
    vocabulary, which are logged as one action but could not be shown as one. None where nothing is known."""
    unknown = np.zeros(len(data))
    if data.other_action is not None:
        unknown = probability_on_log(policy, data, np.full(len(data), data.other_action))
    if behaviour is None and data.behaviour_probabilities is None:
        return unknown if unknown.any() else None
    if probabilities is None:
        probabilities = on_log(policy, data)
    logged = data.behaviour_probabilities
    if logged is None:
        assert behaviour is not None, "checked above"
        logged = on_log(behaviour, data)
    unlogged = np.where(logged > 0, 0.0, probabilities)
    if data.other_action is not None:
        unlogged[:, data.other_action] = probabilities[:, data.other_action]
    return unlogged.sum(axis=1)
