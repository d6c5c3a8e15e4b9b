"""One log: every policy of the shop, valued by every estimator, beside the truth."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ....errors import UnknownNameError
from ....evaluation.bridge import evaluation_log
from ....evaluation.q_models import q_of
from ....plugins import identity_of
from ....policies import Policy
from ....results.schema import ESTIMATES
from ....training.fit_options import FitOptions
from ...config import config_hash
from ...fingerprints import NOTHING, Content
from ...labels import places
from ...later_keys import run_id_settings
from ...plan import Job, JobResult, Row
from ...sources import TRUTH_SEED, make_task
from .config import EstimatorSuite, TaskSource

TRUTH_FOLDER = "truth"
"""Where a run keeps true values."""


@dataclass(frozen=True, kw_only=True)
class LogJob(Job[EstimatorSuite, TaskSource]):
    """One log of one shop; `seed` is the log's.

    Attributes:
        episodes: size of the log.
        device: of fitted Q evaluation.
    """

    episodes: int
    device: str = "cpu"

    @property
    def name(self) -> str:
        """Place, size of the log and seed."""
        return f"{self.place}.{self.episodes}.seed{self.seed}"

    @property
    def like(self) -> tuple[Hashable, ...]:
        """Logs of its size of its shop; logs of its size."""
        return (self.place, self.episodes), self.episodes

    @property
    def settings(self) -> dict[str, Any]:
        """The suite's, the shop's and the log's; which shop it is, `content` says."""
        # A suite keeps the run ids that it had before there was another q than the linear one, or another batch.
        q = set() if self.suite.q == "linear" else {"q", "fqe_steps"}
        if q and self.suite.batch_size != FitOptions.batch_size:
            q.add("batch_size")
        shared = self.suite.model_dump(mode="json", include={"estimators", "interval", "truth_error"} | q)
        source = run_id_settings(self.source.model_dump(mode="json", exclude={"task", "label"}))
        return shared | {"source": source | {"name": self.source.name}, "episodes": self.episodes}


def plan(suite: EstimatorSuite, device: str = "cpu", contents: Sequence[Content] | None = None) -> list[LogJob]:
    """Every log of a suite, the large ones first: otherwise the run would wait for them at the end.

    Args:
        suite: what to run.
        device: of fitted Q evaluation.
        contents: of the sources, in their order; None leaves them open.

    Raises:
        InputError: two sources that nothing tells apart.
    """
    sizes = sorted(zip(suite.episodes, suite.logs, strict=True), reverse=True)
    contents = contents or [NOTHING] * len(suite.sources)
    shops = list(zip(places(suite.sources), suite.sources, contents, strict=True))
    return [
        LogJob(suite=suite, source=source, place=place, content=content, episodes=episodes, seed=seed, device=device)
        for episodes, logs in sizes
        for place, source, content in shops
        for seed in range(1, logs + 1)
    ]


def batches(jobs: Sequence[LogJob]) -> list[tuple[LogJob, ...]]:
    """One by one: logs share nothing."""
    return [(job,) for job in jobs]


def prepare(batch: Sequence[LogJob]) -> list[None]:
    """Nothing."""
    return [None] * len(batch)


def _truth_folder(folder: Path, task: str) -> Path:
    """A shop of this package is known by its version; one from outside may change without another one."""
    code = identity_of("tasks", task)
    return folder / TRUTH_FOLDER / config_hash(code) if code else folder / TRUTH_FOLDER


def execute(job: LogJob, prepared: None, folder: Path | None) -> JobResult:
    """Rows of estimates.csv of one log.

    Raises:
        UnknownNameError: a policy that the task does not have.
        InputError: a parameter of the task out of range.
    """
    from .... import ope

    suite, source = job.suite, job.source
    cache = None if folder is None else _truth_folder(folder, source.task)
    task = make_task(source)
    logging = _named(task.behaviour_policies() | {"behaviour": task.behaviour}, source.logging)
    policies = {name: _named(task.target_policies(), name) for name in source.groups}
    scale = task.true_value(task.behaviour, suite.truth_error, TRUTH_SEED, cache=cache)
    data = task.log(episodes=job.episodes, policy=logging, seed=job.seed)
    rows = []
    for name, policy in policies.items():
        truth = task.true_value(name, suite.truth_error, TRUTH_SEED, cache=cache)
        log = evaluation_log(
            data,
            policy,
            suite.estimators,
            q=suite.q,
            seed=job.seed,
            fqe_steps=suite.fqe_steps,
            fqe_batch_size=suite.batch_size,
            device=job.device,
        )
        ess = ope.diagnose(log).ess
        estimates = ope.estimate_all(log, suite.estimators, interval=suite.interval, seed=job.seed)
        for estimator, estimate in zip(suite.estimators, estimates, strict=True):
            rows.append(
                {
                    "task": job.place,
                    "policy": name,
                    "policies": source.groups[name],
                    "estimator": estimate.estimator,
                    "q": q_of(estimator, data, suite.q),
                    "n_episodes": job.episodes,
                    "log_seed": job.seed,
                    "value": estimate.value,
                    "ci_low": estimate.ci_low,
                    "ci_high": estimate.ci_high,
                    "true_value": truth.value,
                    "true_error": truth.std_error,
                    "behaviour_value": scale.value,
                    "ess": ess,
                    "verdict": estimate.verdict,
                    "status": "ok",
                }
            )
    return JobResult(job.run_id, rows)


def failed_row(job: LogJob, status: str) -> Row:
    """The row of estimates.csv of a log that failed."""
    known = {"task": job.place, "n_episodes": job.episodes, "log_seed": job.seed, "status": status}
    return {name: known.get(name) for name in ESTIMATES}


def _named(policies: dict[str, Policy], name: str) -> Policy:
    if name not in policies:
        raise UnknownNameError("policy", name, policies)
    return policies[name]
