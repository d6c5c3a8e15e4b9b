"""A frontier in a suite: chosen on the validation episodes, scored once on the test side, its controls beside it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from ....policies import QFunction
from ....results.frontier import LIFT
from ....results.row_names import NEGATED, SHUFFLED
from ...plan import JobResult, Row
from ...sources import Loaded
from .jobs import TrainingJob
from .rows import Contender, Subject
from .score import score

if TYPE_CHECKING:
    from ....frontier import Frontier
    from ....mdp.dataset import TransitionDataset
    from ....training.stored_frontier import Chosen

EXPLORED = 0.1
"""Share of the decisions that an exploring log leaves to a step."""


def add_frontier(
    job: TrainingJob,
    loaded: Loaded,
    result: JobResult,
    variant: str,
    contenders: Mapping[str, QFunction],
    shuffled: Callable[[], Mapping[str, QFunction]] | None,
) -> Frontier:
    """The frontier's rows and its controls'; added to the result of a job.

    Args:
        job: whose rows they are.
        loaded: its source.
        result: of the job.
        variant: of the frontier's rows.
        contenders: scores by name.
        shuffled: the same, learnt on shuffled rewards; None where the contenders are.
    """
    from ....frontier import negated

    front = _add(job, loaded, result, variant, contenders)
    if shuffled is not None:
        _add(job, loaded, result, f"{variant}/{SHUFFLED}", shuffled())
    _add(job, loaded, result, f"{variant}/{NEGATED}", {name: negated(q) for name, q in contenders.items()})
    return front


def chosen_of(front: Frontier, runs: Mapping[str, str] | None = None) -> Chosen | None:
    """What `frontier.json` says of the step that was chosen, so that it can be exported.

    Args:
        front: the frontier.
        runs: contender -> folder of its training, from the folder of the file; None where that is the folder itself.
    """
    from ....frontier import MeanScores
    from ....training.stored_frontier import Chosen, Member

    step = front.chosen
    if step is None:
        return None
    members: list[Member] = []
    if runs is not None:
        q = front.contenders[step.contender]
        of_mean = zip(runs.values(), q.spreads, strict=True) if isinstance(q, MeanScores) else None
        members = [Member(run=run, spread=spread) for run, spread in of_mean or [(runs[step.contender], 1.0)]]
    return Chosen(
        contender=step.contender,
        dial=step.dial,
        parameter=step.parameter,
        divergence=step.divergence,
        members=tuple(members),
    )


def _add(
    job: TrainingJob, loaded: Loaded, result: JobResult, variant: str, contenders: Mapping[str, QFunction]
) -> Frontier:
    from ....frontier import trace
    from ....ope.inference import Inference

    inference = Inference(confidence=job.suite.confidence, seed=job.seed)
    assert loaded.base is not None, "asked for where there is one"
    front = trace(contenders, loaded.validation, loaded.base, inference=inference)
    rows = score(job, loaded, _contender(front, job.spec.id, variant))
    result.rows += rows
    lift = next(row for row in rows if row["estimator"] == LIFT)
    result.frontier += _steps(front, lift, _explored(front, loaded.validation))
    return front


def _contender(front: Frontier, algorithm: str, variant: str) -> Contender:
    from ....frontier import log_of_frontier

    step = front.chosen
    name = "behaviour" if step is None else f"{step.dial}-{step.divergence:.3g}"
    # Without the base's own policy its calls take the probabilities of what is in service, which no log has.
    policy = None if front.base.policy is None else front.policy
    return Contender(Subject(algorithm, variant, name, front.base_kind), policy, partial(log_of_frontier, front))


def _explored(front: Frontier, data: TransitionDataset) -> dict[int, float]:
    """Number of a step -> decisions until its lift shows, where a tenth of a one-step log is left to it."""
    from ....frontier import exploration, most_promising

    if not data.one_step or front.base_kind != "logged":
        return {}
    step = most_promising(front)
    if step is None:
        return {}
    needed = {plan.share: plan.episodes for plan in exploration(front, data)}[EXPLORED]
    number = next(i for i, each in enumerate(front.steps) if each is step)
    return {number: needed} if math.isfinite(needed) else {}


def _steps(front: Frontier, lift: Row, explored: Mapping[int, float]) -> list[Row]:
    """Rows of frontier.csv."""
    names = {name: lift[name] for name in ("run_id", "dataset", "task", "algorithm", "variant", "seed", "base")}
    rows: list[Row] = []
    for number, step in enumerate(front.to_frame().to_dict("records")):
        needed = step["log_needed"]
        known = {str(name): cell for name, cell in step.items()}
        known["log_needed"] = needed if math.isfinite(needed) else None
        known["explore_decisions"] = explored.get(number)
        rows.append(names | known | {"true_lift": lift["true_value"] if step["chosen"] else None})
    return rows
