"""Score one policy on one source: rows of runs.csv."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from .... import ope
from ....evaluation.bridge import evaluation_log, log_of_behaviour
from ....evaluation.q_models import q_of
from ....mdp.dataset import TransitionDataset
from ....ope.analysis.lifts import paired
from ....policies import Uniform
from ....results.leaderboard import is_lift
from ...plan import Row
from ...reference_policies.best_known import reference
from ...sources import TRUTH_SEED, Loaded, is_uniform
from .jobs import TrainingJob
from .rows import Contender, Subject, numbers, row_of

if TYPE_CHECKING:
    from ....tasks import Task

LIFT = "lift"
"""Beside the metrics: the true lift."""


def score(job: TrainingJob, loaded: Loaded, contender: Contender, *, estimated: bool = True) -> list[Row]:
    """Rows of a target policy: its true value where the source is a task, estimates, and its lift where it stays with
    the log.

    Args:
        job: whose policy it is.
        loaded: its source.
        contender: the policy, and what the board calls it.
        estimated: whether the log is asked at all, for a policy that does not stay with it.
    """
    truth = _truth_rows(job, loaded, contender)
    true_values = {row["metric"]: row["value"] for row in truth}
    if contender.weighted is not None:
        if loaded.task is not None:
            true_values[LIFT] = true_values["reward"] - behaviour_value(job, loaded.task)
        return truth + _weighted_rows(job, loaded, contender, true_values)
    return truth + _estimate_rows(job, loaded, contender, loaded.test, true_values) if estimated else truth


def score_behaviour(job: TrainingJob, loaded: Loaded) -> list[Row]:
    """Rows of the behaviour policy: the mean of the test side, and its true value where the source is a task."""
    truth: list[Row] = []
    if loaded.task is not None:
        truth = _truth_rows(job, loaded, Contender.of("behaviour", "logged", loaded.task.behaviour))
    true_values = {row["metric"]: row["value"] for row in truth}
    return truth + _on_policy_rows(job, loaded, loaded.test, Subject("behaviour", "logged", "logged"), true_values)


def score_reference(job: TrainingJob, loaded: Loaded, cache: Path | None) -> list[Row]:
    """The row of the best that is known in the shop: its true value, and no estimate, since no log was asked.

    Args:
        job, loaded: the shop.
        cache: a folder that keeps references from one process to the next.
    """
    assert loaded.task is not None, "a suite has this job only where the source is a task"
    best = reference(loaded.task, job.suite.truth_error, cache=cache)
    subject = Subject("reference", f"{best.contender}/{best.form}", best.form)
    return [_truth_row(job, loaded, subject, "reward", best.value, best.std_error, best.n_episodes)]


def score_counterpart(job: TrainingJob, loaded: Loaded) -> list[Row]:
    """Rows of the other log's policy. It saw none of this log, so the whole of it serves; the truth is the mean of the
    other log, which is itself an estimate and gets a row with its interval."""
    policy, other = loaded.counterpart_policy, loaded.counterpart
    assert policy is not None and other is not None, "a suite has this job only where the source has a counterpart"
    own_log = _on_policy_rows(job, loaded, other, Subject(policy.name, "own-log", "logged"), {})
    true_values = {row["metric"]: row["value"] for row in own_log}
    contender = Contender.of(policy.name, "whole-log", policy)
    return own_log + _estimate_rows(job, loaded, contender, loaded.data, true_values)


def behaviour_value(job: TrainingJob, task: Task) -> float:
    """The behaviour policy's true value; played once."""
    return task.true_value(task.behaviour, relative_error=job.suite.truth_error, seed=TRUTH_SEED).value


def _truth_rows(job: TrainingJob, loaded: Loaded, contender: Contender) -> list[Row]:
    if loaded.task is None:
        return []
    assert contender.policy is not None, "a task knows its behaviour policy whole"
    truth = loaded.task.true_value(contender.policy, relative_error=job.suite.truth_error, seed=TRUTH_SEED)
    values = {"reward": (truth.value, truth.std_error)} | {
        name: value for name, value in truth.metrics.items() if name in job.source.metrics
    }
    return [
        _truth_row(job, loaded, contender.subject, metric, value, error, truth.episodes)
        for metric, (value, error) in values.items()
    ]


def _truth_row(
    job: TrainingJob, loaded: Loaded, subject: Subject, metric: str, value: float, error: float, episodes: int
) -> Row:
    truth = truth_cells(value, error, episodes, job.suite.confidence)
    return row_of(job, loaded, subject, metric, "truth") | truth | {"verdict": "trusted"}


def truth_cells(value: float, error: float, episodes: int, confidence: float) -> Row:
    """What a row says of a true value that was played to a standard error: the value, its interval and the episodes."""
    margin = NormalDist().inv_cdf((1 + confidence) / 2) * error
    interval = {"ci_low": value - margin, "ci_high": value + margin}
    return {"value": value, "true_value": value, "n_episodes": episodes} | interval


def _estimate_rows(
    job: TrainingJob, loaded: Loaded, contender: Contender, data: TransitionDataset, true_values: dict[str, float]
) -> list[Row]:
    estimators = job.suite.estimators
    log = evaluation_log_of(job, loaded, contender, data, estimators)
    rows = _estimates(job, loaded, contender, log, estimators, true_values)
    return rows + _metric_rows(job, loaded, contender, log, true_values)


def _weighted_rows(job: TrainingJob, loaded: Loaded, contender: Contender, true_values: dict[str, float]) -> list[Row]:
    """Estimates of a policy that stays with the log, and its lift."""
    assert contender.weighted is not None, "asked for such policies alone"
    log = contender.weighted(loaded.test)
    estimators = [name for name in job.suite.estimators if not ope.estimators.needs_q(name)]
    with_q = [name for name in job.suite.estimators if name not in estimators]
    rows = _estimates(job, loaded, contender, log, [*estimators, paired(ope.estimator("snips"))], true_values)
    if with_q and contender.policy is not None and job.estimates_all:
        # q needs the probabilities of every action; where only what is in service has them there is none.
        other = evaluation_log_of(job, loaded, contender, loaded.test, with_q)
        rows += _estimates(job, loaded, contender, other, with_q, true_values)
    return rows + _metric_rows(job, loaded, contender, log, true_values)


def evaluation_log_of(
    job: TrainingJob, loaded: Loaded, contender: Contender, data: TransitionDataset, estimators: Sequence[str]
) -> ope.EvaluationLog:
    """A log as the estimators of a job read it, for a policy that is known.

    Args:
        job, loaded: whose it is.
        contender: the policy.
        data: the decisions.
        estimators: of which some may need a q.
    """
    assert contender.policy is not None, "asked for policies that are known"
    behaviour = loaded.behaviour
    if behaviour is None and is_uniform(data):
        behaviour = Uniform(data.action_count)
    return evaluation_log(
        data,
        contender.policy,
        estimators,
        behaviour=behaviour,
        q=job.suite.q,
        seed=job.seed,
        fqe_steps=job.suite.fqe_steps,
        fqe_batch_size=job.suite.batch_size,
        device=job.device,
    )


def _metric_rows(
    job: TrainingJob, loaded: Loaded, contender: Contender, log: ope.EvaluationLog, true_values: dict[str, float]
) -> list[Row]:
    # Other outcomes share the weights but have no q of their own, so they are valued by the weights alone.
    metrics = job.source.metrics
    return [
        row for name in metrics for row in _estimates(job, loaded, contender, log, ["snips"], true_values, metric=name)
    ]


def _estimates(
    job: TrainingJob,
    loaded: Loaded,
    contender: Contender,
    log: ope.EvaluationLog,
    estimators: Sequence[str | ope.Estimator],
    true_values: dict[str, float],
    *,
    metric: str = "reward",
) -> list[Row]:
    estimates = ope.estimate_all(
        log,
        estimators,
        metric=None if metric == "reward" else loaded.data.metric_names.index(metric),
        seed=job.seed,
        n_resamples=job.suite.n_resamples,
        confidence=job.suite.confidence,
    )
    ess = ope.diagnose(log).ess
    return [
        row_of(job, loaded, contender.subject, metric, estimate.estimator)
        | numbers(estimate)
        | {"q": q_of(name, loaded.data, job.suite.q) if isinstance(name, str) else ""}
        | {"ess": ess, "true_value": true_values.get(LIFT if is_lift(estimate.estimator) else metric, np.nan)}
        for name, estimate in zip(estimators, estimates, strict=True)
    ]


def _on_policy_rows(
    job: TrainingJob,
    loaded: Loaded,
    data: TransitionDataset,
    subject: Subject,
    true_values: dict[str, float],
) -> list[Row]:
    log = log_of_behaviour(data)
    columns = {"reward": None} | {name: data.metric_names.index(name) for name in job.source.metrics}
    rows = []
    for metric, column in columns.items():
        estimate = ope.estimate(
            log,
            "on-policy",
            metric=column,
            seed=job.seed,
            n_resamples=job.suite.n_resamples,
            confidence=job.suite.confidence,
        )
        row = row_of(job, loaded, subject, metric, "on-policy") | numbers(estimate)
        rows.append(row | {"ess": float(data.n_episodes), "true_value": true_values.get(metric, np.nan)})
    return rows
