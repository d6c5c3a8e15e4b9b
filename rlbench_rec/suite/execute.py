"""One job from start to finish: train, build the policies, score them."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import InputError, RlbenchError
from ..policies import POLICIES, make
from ..results.schema import RUNS
from . import sources
from .jobs import BEHAVIOUR, COUNTERPART, REFERENCE, Job
from .reference.scale import normalised, scale_of
from .score import Contender, Row, score, score_behaviour, score_counterpart, score_reference

if TYPE_CHECKING:
    from ..training import Run

FAILURES = (RlbenchError, RuntimeError, FloatingPointError, MemoryError)
"""What makes a row `failed`, and not the whole suite."""


@dataclass
class JobResult:
    """What a job leaves: rows of runs.csv, its learning curve, and how long it took.

    Attributes:
        run_id: the job's.
        config_hash: the job's; a resumed run takes a result only when it matches.
        rows: rows of runs.csv.
        curve: rows of curves.csv.
        timing: a row of timings.csv.
    """

    run_id: str
    config_hash: str
    rows: list[Row]
    curve: list[dict[str, Any]] = field(default_factory=list)
    timing: dict[str, Any] = field(default_factory=dict)

    @property
    def failed(self) -> bool:
        return any(row["status"] != "ok" for row in self.rows)


def execute(batch: Sequence[Job], models: Path | None = None) -> list[JobResult]:
    """Run the jobs of a batch (see `jobs.batches`). A failure becomes a row with the reason as its status: one bad job
    does not end a suite.

    Args:
        batch: what to run.
        models: where trained runs are kept, each as a folder of its job's `run_id`; None keeps none.

    Raises:
        RlbenchError: the source itself cannot be loaded; every other job on it would meet the same.
    """
    started = time.perf_counter()
    loaded = sources.load(batch[0].source)
    trained = _train_together(batch, loaded) if len(batch) > 1 else [None] * len(batch)
    shared = (time.perf_counter() - started) / len(batch)
    return [_execute(job, loaded, run, models, shared) for job, run in zip(batch, trained, strict=True)]


def _execute(job: Job, loaded: sources.Loaded, trained: Run | None, models: Path | None, spent: float) -> JobResult:
    started = time.perf_counter()
    result = JobResult(job.run_id, job.config_hash, [])
    try:
        _run(job, loaded, result, trained, models)
    except FAILURES as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        result.rows = [_failed_row(job, reason)]
    result.timing |= {
        "run_id": job.run_id,
        "seconds": spent + time.perf_counter() - started,
        "peak_memory_mb": _peak_memory_mb(),
    }
    return result


def _peak_memory_mb() -> float | None:
    """Peak resident memory of this process; None where the system does not tell."""
    try:
        import resource
    except ImportError:
        return None
    # Linux counts in KiB, macOS in bytes.
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def _run(job: Job, loaded: sources.Loaded, result: JobResult, trained: Run | None, models: Path | None) -> None:
    if job.spec == BEHAVIOUR:
        result.rows = score_behaviour(job, loaded)
    elif job.spec == COUNTERPART:
        result.rows = score_counterpart(job, loaded)
    elif job.spec == REFERENCE:
        result.rows = score_reference(job, loaded)
    elif job.spec.id in POLICIES:
        contender = Contender(job.spec.id, job.spec.label or "fixed", make(job.spec.id, loaded.train))
        result.rows = score(job, loaded, contender)
    elif loaded.sequential or not job.spec.sequential_only:
        result.rows = _score_run(job, loaded, trained or _train(job, loaded), result, models)
    if job.suite.normalise and loaded.task is not None:
        result.rows += normalised(result.rows, scale_of(loaded.task, job.suite.truth_error))


def _train(job: Job, loaded: sources.Loaded) -> Run:
    from ..training import fit

    train = loaded.train
    if job.spec.shuffle_rewards:
        train = replace(train, rewards=np.random.default_rng(job.seed).permutation(train.rewards))
    return fit(train, job.spec.id, seed=job.seed, **_options(job))


def _train_together(batch: Sequence[Job], loaded: sources.Loaded) -> Sequence[Run | None]:
    from ..training import fit_seeds

    if not loaded.sequential and batch[0].spec.sequential_only:
        return [None] * len(batch)
    try:
        return fit_seeds(loaded.train, batch[0].spec.id, [job.seed for job in batch], **_options(batch[0]))
    except FAILURES:
        # What fails one seed need not fail the others: each is tried alone.
        return [None] * len(batch)


def _options(job: Job) -> dict[str, Any]:
    options = {"loop": job.loop, "encoder": job.spec.encoder, "steps": job.steps, "config": job.spec.config}
    return options | {"batch_size": job.suite.batch_size, "device": job.device}


def _score_run(job: Job, loaded: sources.Loaded, run: Run, result: JobResult, models: Path | None) -> list[Row]:
    if models:
        # An interrupted run may have left one; resuming trains it again.
        shutil.rmtree(models / job.run_id, ignore_errors=True)
        run.save(models / job.run_id)
    result.curve = [{"run_id": job.run_id, **point} for point in run.history.to_dict("records")]
    result.timing["steps_per_second"] = run.steps_per_second
    # A cloned policy is its own headline; Q functions take the suite's forms.
    forms = ["greedy", "stochastic"] if "stochastic" in run.forms else job.forms
    contenders = [(f"{job.stem}/{form}", form, "last") for form in forms]
    if run.best_step is not None:
        # Held-out episodes without a single reward tell no checkpoint from another; then there is no best one.
        contenders.append((f"{job.stem}/best/{forms[-1]}", forms[-1], "best"))
    rows: list[Row] = []
    for variant, form, checkpoint in contenders:
        policy = run.policy(**parse_form(form), checkpoint=checkpoint)
        rows += score(job, loaded, Contender(job.spec.id, variant, policy))
    return rows


def parse_form(text: str) -> dict[str, Any]:
    """`greedy`, `stochastic`, `softmax-<tau>` or `epsilon-greedy-<epsilon>` as arguments of `Run.policy`.

    Raises:
        InputError: anything else.
    """
    if text in ("greedy", "stochastic"):
        return {"form": text}
    for form, parameter in (("softmax", "tau"), ("epsilon-greedy", "epsilon")):
        if text.startswith(f"{form}-"):
            try:
                return {"form": form, parameter: float(text.removeprefix(f"{form}-"))}
            except ValueError:
                break
    hint = "Write greedy, softmax-<tau> or epsilon-greedy-<epsilon>, e.g. softmax-0.3."
    raise InputError(f"Unknown policy form '{text}'.", where="forms", hint=hint)


def _failed_row(job: Job, reason: str) -> Row:
    known = {
        "run_id": job.run_id,
        "suite": job.suite.name,
        "dataset": job.source.name if job.source.dataset else "",
        "task": job.source.name if job.source.task else "",
        "algorithm": job.spec.id,
        "variant": job.stem,
        "config_hash": job.config_hash,
        "seed": job.seed,
        "metric": "reward",
        "higher_is_better": True,
        "status": f"failed: {reason}",
    }
    return {name: known.get(name) for name in RUNS}
