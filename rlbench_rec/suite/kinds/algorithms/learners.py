"""The trainings of a suite: made, or read where another job has left them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ....errors import RlbenchError
from ....policies import Tilted
from ....results.row_names import SHUFFLED
from ....training.fit_options import FitOptions, Retrieval, Watch
from ...config import AlgorithmSpec
from ...sources import Loaded
from .applies import why_left_out
from .jobs import TrainingJob

if TYPE_CHECKING:
    from ....policies import QFunction
    from ....training import Run


def train(
    job: TrainingJob,
    loaded: Loaded,
    *,
    shuffled: bool = False,
    watch: Watch | None = None,
) -> Run:
    """The training of a job.

    Args:
        job: which algorithm and seed.
        loaded: its source.
        shuffled: on the log's rewards in random order, whatever the job says.
        watch: see the training at every point of its learning curve; see `FitOptions`.
    """
    from ....training.trainer import train_seeds

    data = loaded.train
    if shuffled or job.spec.shuffle_rewards:
        data = replace(data, rewards=np.random.default_rng(job.seed).permutation(data.rewards))
    (run,) = train_seeds(data, job.spec.id, [job.seed], replace(_options(job), watch=watch))
    return run


def train_together(jobs: Sequence[TrainingJob], loaded: Loaded) -> Sequence[Run | None]:
    """The trainings of jobs that differ in their seeds alone, in one pass; None for each where that fails."""
    from ....training.trainer import train_seeds

    if why_left_out(jobs[0].spec, loaded.data):
        return [None] * len(jobs)
    try:
        return train_seeds(loaded.train, jobs[0].spec.id, [job.seed for job in jobs], _options(jobs[0]))
    except Exception:
        # What fails one seed need not fail the others: each is tried alone.
        return [None] * len(jobs)


def stored_or_trained(job: TrainingJob, loaded: Loaded, models: Path | None, *, shuffled: bool = False) -> Run:
    """The training that a job of this run has left, else the same training made again.

    Args:
        job: whose training.
        loaded: its source.
        models: where jobs leave them; None: nowhere.
        shuffled: that of the control.
    """
    from ....training.saved_run import load

    if models is not None:
        folder = models / job.run_id / SHUFFLED if shuffled else models / job.run_id
        try:
            return load(folder, device=job.device, train=loaded.train)
        except RlbenchError:
            # It failed, or somebody took it away.
            pass
    if not shuffled and job.trained_together:
        seeds = [replace(job, seed=seed) for seed in job.seeds]
        run = train_together(seeds, loaded)[job.seeds.index(job.seed)]
        if run is not None:
            return run
    return train(job, loaded, shuffled=shuffled)


def scores_of(run: Run, checkpoint: str = "last") -> QFunction:
    """states -> Q (or logits) of a training, minus infinity for what may not be recommended."""
    policy = run.policy("tilted", temperature=1.0, checkpoint=checkpoint)
    assert isinstance(policy, Tilted)
    return policy.q


def _options(job: TrainingJob) -> FitOptions:
    return FitOptions(
        loop=job.loop,
        encoder=job.encoder,
        steps=job.steps,
        batch_size=job.suite.batch_size,
        device=job.device,
        config=job.spec.config,
        validation=job.suite.validation,
        retrieval=_retrieval(job.spec),
    )


def _retrieval(spec: AlgorithmSpec) -> Retrieval | None:
    return Retrieval(spec.retrieve, spec.candidates, spec.retrieve_config) if spec.retrieve else None
