"""The jobs of a suite, and the order in which those are done that are not yet done."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Sequence
from typing import TYPE_CHECKING

from .config import Suite
from .fingerprints import NOTHING, content_of
from .kinds import kind_of
from .plan import Job
from .store import Kept

if TYPE_CHECKING:
    from .kinds.estimators.config import EstimatorSuite

Batch = Sequence[Job]


def planned(suite: Suite | EstimatorSuite, device: str) -> Sequence[Job]:
    """Every job of a suite, with what is in its sources now.

    Args:
        suite: what to run; `check` of its kind has nothing against it.
        device: `cpu` or `cuda`.
    """
    kind = kind_of(suite)
    normalise = isinstance(suite, Suite) and suite.normalise
    contents = [content_of(source, normalise=normalise) for source in kind.sources(suite)]
    return kind.plan(suite, device, contents)


def job_count(suite: Suite | EstimatorSuite) -> int:
    """How many jobs a suite has, without a look at its data; `check` of its kind may refuse it yet.

    Raises:
        RlbenchError: it cannot be planned, and `check` says why.
    """
    kind = kind_of(suite)
    return len(kind.plan(suite, "cpu", [NOTHING] * len(kind.sources(suite))))


def unfinished(batches: Sequence[Batch], kept: Kept, mine: Collection[str]) -> list[Batch]:
    """The batches to do. What of them was kept and has to be done again is dropped.

    Args:
        batches: of all jobs.
        kept: what is done.
        mine: run ids of the jobs that are done at all: those of a part.
    """
    batches = [batch for batch in batches if batch[0].run_id in mine]
    # A batch whose jobs are done in one pass runs whole or not at all, so that --resume ends with the same bytes.
    waiting = [batch for batch in batches if any(job.run_id not in kept.results for job in batch)]
    again = {job.run_id for batch in waiting for job in batch}
    kept.drop(again, "trained in one pass with others")
    rest = [batch for batch in batches if batch[0].run_id not in again]
    resting = [batch for batch in rest if any(again & set(job.needs) for job in batch)]
    kept.drop({job.run_id for batch in resting for job in batch}, "chosen among runs that are done again")
    return waiting + resting


def ready_and_blocked(batches: Sequence[Batch], undone: Collection[str]) -> tuple[list[Batch], list[Batch]]:
    """The batches that need none of these jobs, and the others."""
    ready: list[Batch] = []
    blocked: list[Batch] = []
    for batch in batches:
        waits = any(need in undone for job in batch for need in job.needs)
        (blocked if waits else ready).append(batch)
    return ready, blocked


def home_of(batch: Batch) -> Hashable:
    """What a batch shares with others; see `Job.home`."""
    return batch[0].home
