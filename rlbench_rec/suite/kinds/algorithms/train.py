"""One job of a suite of algorithms: train, build the policies, score them."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ....policies import POLICIES, make, parse_form
from ....results.schema import RUNS
from ....training.fit_options import FitOptions
from ... import sources
from ...plan import JobResult, Row
from ...reference_policies.normalised_scale import normalised, scale_of
from ...store import MODELS_FOLDER
from .jobs import BEHAVIOUR, COUNTERPART, FIXED, REFERENCE, TrainingJob
from .score import Contender, score, score_behaviour, score_counterpart, score_reference

if TYPE_CHECKING:
    from ....training import Run

Prepared = tuple[sources.Loaded, "Run | None"]
"""The source of a job, and its training where it shared one with other seeds."""


def prepare(batch: Sequence[TrainingJob]) -> list[Prepared]:
    """Load the source of a batch, and train its seeds together where they are several."""
    first = batch[0]
    # The model of the behaviour policy is the same for every algorithm, so it has nothing of theirs.
    behaviour_fit = FitOptions(
        steps=first.steps,
        batch_size=first.suite.batch_size,
        device=first.device,
        validation=first.suite.validation,
    )
    loaded = sources.load(first.source, behaviour_fit)
    trained = _train_together(batch, loaded) if len(batch) > 1 else [None] * len(batch)
    return [(loaded, run) for run in trained]


def execute(job: TrainingJob, prepared: Prepared, folder: Path | None) -> JobResult:
    """Train (or make) what the job names, and value it on its source."""
    loaded, trained = prepared
    result = JobResult(job.run_id, [])
    models = None if folder is None else folder / MODELS_FOLDER
    if models:
        # An earlier run may have left one: of an interrupted job, or of other code or data.
        shutil.rmtree(models / job.run_id, ignore_errors=True)
    if job.spec == BEHAVIOUR:
        result.rows = score_behaviour(job, loaded)
    elif job.spec == COUNTERPART:
        result.rows = score_counterpart(job, loaded)
    elif job.spec == REFERENCE:
        result.rows = score_reference(job, loaded)
    elif job.spec.id in POLICIES:
        contender = Contender(job.spec.id, job.spec.label or FIXED, make(job.spec.id, loaded.train))
        result.rows = score(job, loaded, contender)
    elif not (loaded.data.one_step and job.spec.sequential_only):
        result.rows = _score_run(job, loaded, trained or _train(job, loaded), result, models)
    if job.suite.normalise and loaded.task is not None:
        result.rows += normalised(result.rows, scale_of(loaded.task, job.suite.truth_error))
    return result


def _train(job: TrainingJob, loaded: sources.Loaded) -> Run:
    from ....training.trainer import train_seeds

    train = loaded.train
    if job.spec.shuffle_rewards:
        train = replace(train, rewards=np.random.default_rng(job.seed).permutation(train.rewards))
    (run,) = train_seeds(train, job.spec.id, [job.seed], _options(job))
    return run


def _train_together(batch: Sequence[TrainingJob], loaded: sources.Loaded) -> Sequence[Run | None]:
    from ....training.trainer import train_seeds

    if loaded.data.one_step and batch[0].spec.sequential_only:
        return [None] * len(batch)
    try:
        return train_seeds(loaded.train, batch[0].spec.id, [job.seed for job in batch], _options(batch[0]))
    except Exception:
        # What fails one seed need not fail the others: each is tried alone.
        return [None] * len(batch)


def _options(job: TrainingJob) -> FitOptions:
    return FitOptions(
        loop=job.loop,
        encoder=job.spec.encoder,
        steps=job.steps,
        batch_size=job.suite.batch_size,
        device=job.device,
        config=job.spec.config,
        validation=job.suite.validation,
    )


def _score_run(job: TrainingJob, loaded: sources.Loaded, run: Run, result: JobResult, models: Path | None) -> list[Row]:
    if models:
        run.save(models / job.run_id)
    result.curve = [
        {"run_id": job.run_id} | {str(name): cell for name, cell in point.items()}
        for point in run.history.to_dict("records")
    ]
    result.timing["steps_per_second"] = run.steps_per_second
    # A cloned policy is its own headline; Q functions take the suite's forms.
    forms = ["greedy", "stochastic"] if "stochastic" in run.forms else job.forms
    contenders = [(f"{job.stem}/{form}", form, "last") for form in forms]
    if run.best_step is not None:
        # Held-out episodes without a single reward tell no checkpoint from another; then there is no best one.
        contenders.append((f"{job.stem}/best/{forms[-1]}", forms[-1], "best"))
    rows: list[Row] = []
    for variant, form, checkpoint in contenders:
        parsed = parse_form(form)
        policy = run.policy(parsed.name, **parsed.arguments, checkpoint=checkpoint)
        trained = _training_of(run, checkpoint)
        rows += [row | trained for row in score(job, loaded, Contender(job.spec.id, variant, policy))]
    return rows


def _training_of(run: Run, checkpoint: str) -> Row:
    """What the rows of a checkpoint's policies say of its training."""
    return {
        "steps_used": run.best_step if checkpoint == "best" else run.steps_used,
        "overestimation": run.overestimation_at(checkpoint),
        "status": "diverging" if run.diverges(checkpoint) else "ok",
    }


def failed_row(job: TrainingJob, status: str) -> Row:
    """The row of runs.csv of a job that failed."""
    known = {
        "run_id": job.run_id,
        "suite": job.suite.name,
        "dataset": job.place if job.source.dataset else "",
        "task": job.place if job.source.task else "",
        "algorithm": job.spec.id,
        "variant": job.stem,
        "config_hash": job.config_hash,
        "seed": job.seed,
        "metric": "reward",
        "higher_is_better": True,
        "status": status,
    }
    return {name: known.get(name) for name in RUNS}
