"""`frontier-best`: the choice among all learners of a suite, each trained by a job of its own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ...plan import JobResult
from ...sources import Loaded
from .applies import why_left_out
from .frontier import add_frontier, chosen_of
from .jobs import ChoiceJob, TrainingJob
from .learners import scores_of, stored_or_trained

if TYPE_CHECKING:
    from ....policies import QFunction


def choose(job: ChoiceJob, loaded: Loaded, result: JobResult, models: Path | None) -> None:
    """The frontier over the learners and the mean of their scores, added to the result of its job. A learner that
    cannot be trained is left out.

    Raises:
        Exception: no learner can be trained; what the first one raised.
    """
    if loaded.base is None:
        return
    learners = {learner.called: learner for learner in job.learners if not why_left_out(learner.spec, loaded.data)}
    if not learners:
        result.left_out = f"{job.stem} on {job.place}: no learner runs there"
        return
    contenders, failures = _contenders(learners, loaded, models)
    if failures and not contenders:
        raise failures[0]

    def shuffled() -> Mapping[str, QFunction]:
        return _contenders({name: learners[name] for name in contenders}, loaded, models, shuffled=True)[0]

    front = add_frontier(job, loaded, result, job.stem, contenders, shuffled)
    if models:
        from ....training.stored_frontier import StoredFrontier, write_frontier

        runs = {name: f"../{learners[name].run_id}" for name in contenders}
        (models / job.run_id).mkdir(parents=True, exist_ok=True)
        write_frontier(models / job.run_id, StoredFrontier(base=front.base_kind, chosen=chosen_of(front, runs)))


def _contenders(
    learners: Mapping[str, TrainingJob], loaded: Loaded, models: Path | None, *, shuffled: bool = False
) -> tuple[dict[str, QFunction], list[Exception]]:
    """Name -> scores, and why others have none."""
    found: dict[str, QFunction] = {}
    failures: list[Exception] = []
    for name, learner in learners.items():
        try:
            found[name] = scores_of(stored_or_trained(learner, loaded, models, shuffled=shuffled))
        except Exception as error:
            failures.append(error)
    return found, failures
