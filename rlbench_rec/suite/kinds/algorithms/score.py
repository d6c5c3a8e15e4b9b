"""Score one policy on one source: rows of runs.csv."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from .... import ope
from ....evaluation.bridge import evaluation_log
from ....evaluation.next_item import imitation_metrics
from ....evaluation.q_models import q_of
from ....mdp.dataset import TransitionDataset
from ....policies import Uniform
from ....policies.policy import Policy
from ...plan import Row
from ...reference_policies.best_known import reference
from ...sources import TRUTH_SEED, Loaded, is_uniform
from .jobs import TrainingJob


@dataclass(frozen=True)
class Subject:
    """What a row of the board is about, by name.

    Attributes:
        algorithm: algorithm id, as the board shows it.
        variant: encoder, label, checkpoint and policy form, slash-separated.
        policy: name of the policy.
    """

    algorithm: str
    variant: str
    policy: str


@dataclass(frozen=True)
class Contender:
    """A policy that is to be valued, and what the board calls it.

    Attributes:
        algorithm, variant: as in `Subject`.
        policy: the policy.
    """

    algorithm: str
    variant: str
    policy: Policy

    @property
    def subject(self) -> Subject:
        """Its names."""
        return Subject(self.algorithm, self.variant, self.policy.name)


def score(job: TrainingJob, loaded: Loaded, contender: Contender) -> list[Row]:
    """Rows of a target policy: its true value where the source is a task, estimates, and imitation metrics where
    users chose the items themselves."""
    truth = _truth_rows(job, loaded, contender)
    true_values = {row["metric"]: row["value"] for row in truth}
    rows = truth + _estimate_rows(job, loaded, contender, loaded.test, true_values)
    if loaded.identification == "not-identified":
        rows += _ranking_rows(job, loaded, contender)
    return rows


def score_behaviour(job: TrainingJob, loaded: Loaded) -> list[Row]:
    """Rows of the behaviour policy: the mean of the test side, and its true value where the source is a task."""
    truth: list[Row] = []
    if loaded.task is not None:
        truth = _truth_rows(job, loaded, Contender("behaviour", "logged", loaded.task.behaviour))
    true_values = {row["metric"]: row["value"] for row in truth}
    return truth + _on_policy_rows(job, loaded, loaded.test, Subject("behaviour", "logged", "logged"), true_values)


def score_reference(job: TrainingJob, loaded: Loaded) -> list[Row]:
    """The row of the best that is known in the shop: its true value, and no estimate, since no log was asked."""
    assert loaded.task is not None, "a suite has this job only where the source is a task"
    best = reference(loaded.task, job.suite.truth_error)
    subject = Subject("reference", f"{best.contender}/{best.form}", best.form)
    return [_truth_row(job, loaded, subject, "reward", best.value, best.std_error, best.n_episodes)]


def score_counterpart(job: TrainingJob, loaded: Loaded) -> list[Row]:
    """Rows of the other log's policy. It saw none of this log, so the whole of it serves; the truth is the mean of the
    other log, which is itself an estimate and gets a row with its interval."""
    policy, other = loaded.counterpart_policy, loaded.counterpart
    assert policy is not None and other is not None, "a suite has this job only where the source has a counterpart"
    own_log = _on_policy_rows(job, loaded, other, Subject(policy.name, "own-log", "logged"), {})
    true_values = {row["metric"]: row["value"] for row in own_log}
    contender = Contender(policy.name, "whole-log", policy)
    return own_log + _estimate_rows(job, loaded, contender, loaded.data, true_values)


def _truth_rows(job: TrainingJob, loaded: Loaded, contender: Contender) -> list[Row]:
    if loaded.task is None:
        return []
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
    quantile = NormalDist().inv_cdf((1 + job.suite.confidence) / 2)
    return _row(job, loaded, subject, metric, "truth") | {
        "value": value,
        "ci_low": value - quantile * error,
        "ci_high": value + quantile * error,
        "true_value": value,
        "n_episodes": episodes,
        "verdict": "trusted",
    }


def _estimate_rows(
    job: TrainingJob, loaded: Loaded, contender: Contender, data: TransitionDataset, true_values: dict[str, float]
) -> list[Row]:
    suite = job.suite
    behaviour = loaded.behaviour
    if behaviour is None and is_uniform(data):
        behaviour = Uniform(data.action_count)
    log = evaluation_log(
        data,
        contender.policy,
        suite.estimators,
        behaviour=behaviour,
        q=suite.q,
        seed=job.seed,
        fqe_steps=suite.fqe_steps,
        fqe_batch_size=suite.batch_size,
        device=job.device,
    )

    def estimate_all(estimators: Sequence[str], metric: int | None = None) -> list[ope.Estimate]:
        return ope.estimate_all(
            log,
            estimators,
            metric=metric,
            seed=job.seed,
            n_resamples=suite.n_resamples,
            confidence=suite.confidence,
        )

    estimates = {"reward": zip(suite.estimators, estimate_all(suite.estimators), strict=True)}
    for metric in job.source.metrics:
        # Other outcomes share the weights but have no q of their own, so they are valued by the weights alone.
        column = data.metric_names.index(metric)
        estimates[metric] = zip(["snips"], estimate_all(["snips"], column), strict=True)
    ess = ope.diagnose(log).ess
    return [
        _row(job, loaded, contender.subject, metric, estimate.estimator)
        | _numbers(estimate)
        | {"q": q_of(name, data, suite.q)}
        | {"ess": ess, "true_value": true_values.get(metric, np.nan)}
        for metric, of_metric in estimates.items()
        for name, estimate in of_metric
    ]


def _on_policy_rows(
    job: TrainingJob,
    loaded: Loaded,
    data: TransitionDataset,
    subject: Subject,
    true_values: dict[str, float],
) -> list[Row]:
    log = ope.EvaluationLog(
        rewards=data.rewards.astype(np.float64),
        propensities=np.ones(len(data)),
        target_propensities=np.ones(len(data)),
        episode_starts=data.episode_starts,
        gamma=data.gamma,
        clusters=data.clusters,
        metrics=None if data.metrics is None else data.metrics.astype(np.float64),
    )
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
        row = _row(job, loaded, subject, metric, "on-policy") | _numbers(estimate)
        rows.append(row | {"ess": float(data.n_episodes), "true_value": true_values.get(metric, np.nan)})
    return rows


def _ranking_rows(job: TrainingJob, loaded: Loaded, contender: Contender) -> list[Row]:
    suite = job.suite
    rankings = imitation_metrics(
        loaded.test,
        contender.policy,
        k=suite.ranking_top_k,
        seed=job.seed,
        n_resamples=suite.n_resamples,
        confidence=suite.confidence,
    )
    return [
        _row(job, loaded, contender.subject, ranking.metric, "ranking")
        | {
            "value": ranking.value,
            "ci_low": ranking.ci_low,
            "ci_high": ranking.ci_high,
            "n_episodes": ranking.n_episodes,
            "verdict": ranking.verdict,
            "identification": "imitation",
        }
        for ranking in rankings
    ]


def _numbers(estimate: ope.Estimate) -> Row:
    return {
        "value": estimate.value,
        "ci_low": estimate.ci_low,
        "ci_high": estimate.ci_high,
        "n_episodes": estimate.n_episodes,
        "verdict": estimate.verdict,
    }


def _row(job: TrainingJob, loaded: Loaded, subject: Subject, metric: str, estimator: str) -> Row:
    from ....results.metrics import METRICS

    provenance = loaded.data.provenance
    return {
        "run_id": job.run_id,
        "suite": job.suite.name,
        "dataset": job.place if job.source.dataset else "",
        "dataset_sha256": provenance.source_sha256,
        "card_sha256": provenance.card_sha256,
        "split_hash": provenance.split_hash,
        "task": job.place if job.source.task else "",
        "algorithm": subject.algorithm,
        "variant": subject.variant,
        "config_hash": job.config_hash,
        "seed": job.seed,
        "policy": subject.policy,
        "base": "",
        "metric": metric,
        "higher_is_better": METRICS[metric].higher_is_better,
        "estimator": estimator,
        "q": "",
        "identification": loaded.identification,
        "status": "ok",
    }
