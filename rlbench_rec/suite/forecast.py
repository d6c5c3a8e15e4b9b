"""What a run is expected to cost, said before it starts: minutes and disk."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean

from .plan import Job, JobResult
from .store import JOBS_FOLDER, MODELS_FOLDER


@dataclass(frozen=True)
class Forecast:
    """What jobs are expected to cost.

    Attributes:
        jobs: how many are to do.
        minutes: until they are done; None where nothing of the kind was measured.
        workers: processes that share them.
        basis: what the numbers rest on.
        disk_mb: what they will leave, in MB; None where nothing was measured.
        seconds: what each is expected to take of a core, by run id; 1 each where nothing was measured.
    """

    jobs: int
    minutes: float | None
    workers: int
    basis: str
    disk_mb: float | None
    seconds: Mapping[str, float] = field(default_factory=dict, compare=False, repr=False)

    def __str__(self) -> str:
        if self.minutes is None:
            return "How long they take is not known: no job of this suite has been timed."
        workers = "1 worker" if self.workers == 1 else f"{self.workers} workers"
        whole = round(self.minutes)
        minutes = "less than a minute" if self.minutes < 1 else f"about {whole:,} minute{'s' if whole > 1 else ''}"
        disk = "" if self.disk_mb is None else f", {max(1, round(self.disk_mb)):,} MB on disk"
        return f"Expected: {minutes} of {workers}{disk} ({self.basis})."


def forecast(
    folder: Path, jobs: Sequence[Job], to_do: Sequence[Job], kept: Mapping[str, JobResult], workers: int
) -> Forecast:
    """What the jobs to do are expected to cost: each as much as those like it that are done in this folder, the nearest
    first; else what its kind took where it was measured.

    Args:
        folder: of the run.
        jobs: of the suite.
        to_do: those that are about to run.
        kept: what is done, by run id.
        workers: processes.
    """
    done = [job for job in jobs if job.run_id in kept]
    seconds = _means(done, lambda job: _cpu_seconds(kept[job.run_id]))
    sizes = _means(done, lambda job: _bytes(folder, job))
    costs = [_of(job, seconds, job.usual_seconds) for job in to_do]
    weights = [_of(job, sizes, job.usual_bytes) for job in to_do]
    timed = sum(any(key in seconds for key in job.like) for job in to_do)
    known = [cost for cost in costs if cost is not None]
    usual = fmean(known) if known else 1.0
    each = {job.run_id: usual if cost is None else cost for job, cost in zip(to_do, costs, strict=True)}
    minutes = sum(each.values()) / max(1, workers) / 60 if known else None
    heavy = [weight for weight in weights if weight is not None]
    disk = sum(heavy) / 1e6 if heavy else None
    basis = f"as {len(done):,} jobs here took" if timed else "as such jobs took on one core of an AMD EPYC"
    if 0 < timed < len(to_do):
        basis += f"; {len(to_do) - timed:,} as their kind took elsewhere"
    return Forecast(len(to_do), minutes, workers, basis, disk, each)


def _means(jobs: Iterable[Job], measure: Callable[[Job], float | None]) -> dict[Hashable, float]:
    """What jobs are alike in -> the mean of a measure over them."""
    found: dict[Hashable, list[float]] = defaultdict(list)
    for job in jobs:
        if (number := measure(job)) is not None:
            for key in job.like:
                found[key].append(number)
    return {key: fmean(numbers) for key, numbers in found.items()}


def _of(job: Job, means: Mapping[Hashable, float], usual: float | None) -> float | None:
    return next((means[key] for key in job.like if key in means), usual)


def _cpu_seconds(result: JobResult) -> float | None:
    """Of its processor: other work on the machine has no part in it."""
    seconds = result.timing.get("cpu_seconds")
    return result.timing.get("seconds") if seconds is None else seconds


def _bytes(folder: Path, job: Job) -> float:
    files = [folder / JOBS_FOLDER / f"{job.run_id}.json", *(folder / MODELS_FOLDER / job.run_id).rglob("*")]
    return float(sum(file.stat().st_size for file in files if file.is_file()))
