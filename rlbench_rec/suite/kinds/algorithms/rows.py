"""Rows of runs.csv, and whom they are about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .... import ope
from ....mdp.dataset import TransitionDataset
from ....policies.policy import Policy
from ....results.metrics import METRICS
from ...plan import Row
from ...sources import Loaded
from .jobs import TrainingJob


@dataclass(frozen=True)
class Subject:
    """What a row of the board is about, by name.

    Attributes:
        algorithm: algorithm id, as the board shows it.
        variant: encoder, label, checkpoint and policy form, slash-separated.
        policy: name of the policy.
        base: how the behaviour policy is known to a policy that stays with it; empty for other policies.
    """

    algorithm: str
    variant: str
    policy: str
    base: str = ""


@dataclass(frozen=True)
class Contender:
    """A policy that is to be valued, and what the board calls it.

    Attributes:
        subject: its names.
        policy: the policy; None where only what is in service has the probabilities that it is made of.
        weighted: a log -> the same with its importance weights, for a policy that stays with the log.
    """

    subject: Subject
    policy: Policy | None
    weighted: Callable[[TransitionDataset], ope.EvaluationLog] | None = None

    @classmethod
    def of(cls, algorithm: str, variant: str, policy: Policy) -> Contender:
        """A policy that looks at no behaviour policy."""
        return cls(Subject(algorithm, variant, policy.name), policy)


def numbers(estimate: ope.Estimate) -> Row:
    """Its columns."""
    return {
        "value": estimate.value,
        "ci_low": estimate.ci_low,
        "ci_high": estimate.ci_high,
        "n_episodes": estimate.n_episodes,
        "verdict": estimate.verdict,
    }


def row_of(job: TrainingJob, loaded: Loaded, subject: Subject, metric: str, estimator: str) -> Row:
    """The columns that say what a row is."""
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
        "replicate": job.replicate,
        "log": job.log,
        "policy": subject.policy,
        "base": subject.base,
        "metric": metric,
        "higher_is_better": METRICS[metric].higher_is_better,
        "estimator": estimator,
        "q": "",
        "identification": loaded.identification,
        "status": "ok",
    }
