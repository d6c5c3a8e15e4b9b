"""One log: every policy of the shop, valued by every estimator, beside the truth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ....errors import UnknownNameError
from ....evaluation.linear_q import CHUNK, linear_q
from ....mdp.dataset import TransitionDataset
from ....plugins import identity_of
from ....policies import Policy
from ....results.schema import ESTIMATES
from ...config import config_hash
from ...fingerprints import NOTHING, Content
from ...labels import places
from ...plan import Job, JobResult, Row
from ...sources import TRUTH_SEED, make_task
from .config import EstimatorSuite

if TYPE_CHECKING:
    from .... import ope


TRUTH_FOLDER = "truth"
"""Where a run keeps true values."""


@dataclass(frozen=True, kw_only=True)
class LogJob(Job):
    """One log of one shop; `seed` is the log's.

    Attributes:
        episodes: size of the log.
    """

    episodes: int

    @property
    def name(self) -> str:
        """Place, size of the log and seed."""
        return f"{self.place}.{self.episodes}.seed{self.seed}"

    @property
    def settings(self) -> dict[str, Any]:
        """The suite's, the shop's and the log's; which shop it is, `content` says."""
        shared = self.suite.model_dump(mode="json", include={"estimators", "interval", "truth_error"})
        source = self.source.model_dump(mode="json", exclude={"task", "label"})
        return shared | {"source": source | {"name": self.source.name}, "episodes": self.episodes}


def plan(suite: EstimatorSuite, device: str = "cpu", contents: Sequence[Content] | None = None) -> list[LogJob]:
    """Every log of a suite, the large ones first: they would else be waited for at the end.

    Args:
        suite: what to run.
        device: without meaning: nothing is trained.
        contents: of the sources, in their order; None leaves them open.

    Raises:
        InputError: two sources that nothing tells apart.
    """
    sizes = sorted(zip(suite.episodes, suite.logs, strict=True), reverse=True)
    contents = contents or [NOTHING] * len(suite.sources)
    shops = list(zip(places(suite.sources), suite.sources, contents, strict=True))
    return [
        LogJob(suite=suite, source=source, place=place, content=content, episodes=episodes, seed=seed)
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
    logging = _named(task.logging_policies() | {"behaviour": task.behaviour}, source.logging)
    policies = {name: _named(task.evaluation_policies(), name) for name in source.groups}
    scale = task.true_value(task.behaviour, suite.truth_error, TRUTH_SEED, cache=cache)
    data = task.log(episodes=job.episodes, policy=logging, seed=job.seed)
    states, rows = data.states(), []
    with_q = any(ope.estimators.needs_q(name) for name in suite.estimators)
    for name, policy in policies.items():
        truth = task.true_value(name, suite.truth_error, TRUTH_SEED, cache=cache)
        log = evaluation_log(data, states, policy, with_q=with_q)
        ess = ope.diagnose(log).ess
        for found in ope.estimate_all(log, suite.estimators, interval=suite.interval, seed=job.seed):
            rows.append(
                {
                    "task": job.place,
                    "policy": name,
                    "policies": source.groups[name],
                    "estimator": found.estimator,
                    "n_episodes": job.episodes,
                    "log_seed": job.seed,
                    "value": found.value,
                    "ci_low": found.ci_low,
                    "ci_high": found.ci_high,
                    "true_value": truth.value,
                    "true_error": truth.std_error,
                    "behaviour_value": scale.value,
                    "ess": ess,
                    "verdict": found.verdict,
                    "status": "ok",
                }
            )
    return JobResult(job.run_id, rows)


def failed_row(job: LogJob, status: str) -> Row:
    """The row of estimates.csv of a log that failed."""
    known = {"task": job.place, "n_episodes": job.episodes, "log_seed": job.seed, "status": status}
    return {name: known.get(name) for name in ESTIMATES}


def evaluation_log(
    data: TransitionDataset, states: np.ndarray, policy: Policy, *, with_q: bool = False
) -> ope.EvaluationLog:
    """A task's log for the estimators, with a policy's probabilities and, if asked for, a linear q."""
    from .... import ope

    # In pieces: a policy's scores take several times the memory of its probabilities.
    pieces = (states[i : i + CHUNK] for i in range(0, len(states), CHUNK))
    chances = np.concatenate([policy.probabilities(piece) for piece in pieces])
    q_logged, v_target = linear_q(data, states, chances) if with_q else (None, None)
    return ope.EvaluationLog(
        rewards=data.rewards.astype(np.float64),
        propensities=data.propensities,
        target_propensities=chances[np.arange(len(data)), data.actions],
        q_logged=q_logged,
        v_target=v_target,
        episode_starts=data.episode_starts,
        gamma=data.gamma,
    )


def _named(policies: dict[str, Policy], name: str) -> Policy:
    if name not in policies:
        raise UnknownNameError("policy", name, policies)
    return policies[name]
