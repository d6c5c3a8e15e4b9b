"""Does the log of a source need RL? A job of its own, which reads the trainings of others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ....errors import RlbenchError
from ....policies import make
from ....results.needs_rl import CONTROL, NOT_SHOWN, YES, blank
from ....results.uncertainty import LOG
from ...config import AlgorithmSpec, Suite
from ...fingerprints import Content
from ...plan import JobResult, Row
from ...sources import Loaded
from .applies import why_left_out
from .jobs import SHARED, TrainingJob
from .jobs import plan as plan_trainings
from .learners import scores_of, stored_or_trained
from .specs import DEFAULT_ENCODER

if TYPE_CHECKING:
    from ....frontier import LookingAhead, Step
    from ....policies import Policy, QFunction

QUESTION = AlgorithmSpec(id="needs-rl", encoder=DEFAULT_ENCODER)
"""What stands for an algorithm in the job's name."""
FIXED_FLOOR = ("constant", "popular-greedy")
"""Of the floor, what needs no training: every log is asked against it."""
MODE, MYOPIC = "mode", "myopic"
"""Of the floor, what is trained, where the suite has it."""


@dataclass(frozen=True, kw_only=True)
class NeedsRLJob(TrainingJob):
    """One log, asked on the first seed.

    Attributes:
        ahead: jobs of the learners that have a control.
        controls: jobs of their controls, and of `myopic`.
        floor: jobs of `mode`.
    """

    spec: AlgorithmSpec = QUESTION
    ahead: tuple[TrainingJob, ...]
    controls: tuple[TrainingJob, ...]
    floor: tuple[TrainingJob, ...]

    @property
    def name(self) -> str:
        """Place, what it is, number of the shop and of its log, and seed."""
        return ".".join(filter(None, (self.place, self.spec.id, self.numbers, f"seed{self.seed}")))

    @property
    def trained_together(self) -> bool:
        """It trains nothing."""
        return False

    @property
    def reads(self) -> tuple[TrainingJob, ...]:
        """The jobs whose trainings it reads."""
        return (*self.ahead, *self.controls, *self.floor)

    @property
    def needs(self) -> tuple[str, ...]:
        """Their run ids."""
        return tuple(job.run_id for job in self.reads)

    @property
    def settings(self) -> dict[str, Any]:
        """Those of the jobs that it reads, which hold the suite's and the source's."""
        return super().settings | {"learners": [job.settings["algorithm"] for job in self.reads]}


def plan(suite: Suite, device: str = "auto", contents: Sequence[Content] | None = None) -> list[TrainingJob]:
    """Every job of a suite, one for each source with controls that asks whether its log needs RL at the end; as
    `jobs.plan`."""
    jobs = plan_trainings(suite, device, contents)
    first = [job for job in jobs if job.seed == job.seeds[0]]
    return [*jobs, *filter(None, (_question(of_source) for of_source in _by_source(first)))]


def _by_source(jobs: Sequence[TrainingJob]) -> list[list[TrainingJob]]:
    found: dict[str, list[TrainingJob]] = {}
    for job in jobs:
        found.setdefault(job.source.model_dump_json(), []).append(job)
    return list(found.values())


def _question(jobs: Sequence[TrainingJob]) -> NeedsRLJob | None:
    controls = [job for job in jobs if CONTROL in job.spec.label.split("/") and not job.spec.retrieve]
    twins = {_but_for_the_control(job) for job in controls}
    ahead = tuple(job for job in jobs if job.is_learner and _but_for_the_control(job) in twins)
    if not ahead:
        return None
    trained = {name: [job for job in jobs if job.spec.id == name and not job.spec.label] for name in (MYOPIC, MODE)}
    shared = {name: getattr(jobs[0], name) for name in (*SHARED, "seed")}
    return NeedsRLJob(**shared, ahead=ahead, controls=(*controls, *trained[MYOPIC]), floor=tuple(trained[MODE]))


def _but_for_the_control(job: TrainingJob) -> tuple[str, ...]:
    label = (part for part in job.spec.label.split("/") if part not in ("", CONTROL))
    return (job.spec.id, job.encoder, *label)


def ask(job: NeedsRLJob, loaded: Loaded, result: JobResult, models: Path | None) -> None:
    """Rows of needs_rl_logs.csv, added to the result of a job: none on one-step logs, one without numbers where users
    chose the items themselves."""
    if loaded.base is None:
        row = _row(job, loaded) | {"closest": True, "answer": NOT_SHOWN, "reason": "users chose the items themselves"}
        result.needs_rl = [row]
        return
    if loaded.data.one_step:
        return
    from ....frontier import looking_ahead
    from ....ope.inference import Inference

    floor: dict[str, Policy] = {name: make(name, loaded.train) for name in FIXED_FLOOR}
    for each in job.floor:
        floor[each.called] = stored_or_trained(each, loaded, models).policy("greedy")
    found = looking_ahead(
        _scores(job.ahead, loaded, models),
        _scores(job.controls, loaded, models),
        floor,
        loaded.validation,
        loaded.test,
        loaded.base,
        inference=Inference(seed=job.seed),
    )
    result.needs_rl = _rows(_row(job, loaded), found)


def _scores(jobs: Sequence[TrainingJob], loaded: Loaded, models: Path | None) -> Mapping[str, QFunction]:
    """Scores of both checkpoints of every training; one that cannot be made is left out.

    Raises:
        RlbenchError: none can be made; what the last one raised.
    """
    scores: dict[str, QFunction] = {}
    failure: RlbenchError | None = None
    for job in jobs:
        if why_left_out(job.spec, loaded.data):
            continue
        try:
            run = stored_or_trained(job, loaded, models)
        except RlbenchError as error:
            failure = error
            continue
        scores[job.called] = scores_of(run)
        if run.best_step not in (None, run.steps_used):
            scores[f"{job.called}/best"] = scores_of(run, "best")
    if not scores and failure is not None:
        raise failure
    return scores


def _row(job: NeedsRLJob, loaded: Loaded) -> Row:
    place = {"dataset" if job.source.dataset else "task": job.place}
    log = {"test": LOG, "run_id": job.run_id, "seed": job.seed, "estimator": "snips"}
    log |= {"replicate": job.replicate, "log": job.log}
    return blank() | place | log


def _rows(row: Row, found: LookingAhead) -> list[Row]:
    """One an opponent; one without numbers where nothing was tested."""
    closest = found.closest
    if found.step is None or closest is None:
        reason = "the log supports no policy that looks ahead and is as near to it as one at gamma = 0"
        return [row | {"closest": True, "answer": NOT_SHOWN, "reason": reason}]
    row |= {"algorithm": found.step.contender, "variant": _form(found.step), "behaviour": found.front.behaviour}
    row |= {"p_adjusted": max(gain.p for gain in found.gains), "answer": found.answer}
    if found.answer != YES:
        verdict = closest.estimate.verdict
        but = "" if verdict == "trusted" else f", which the log supports as {verdict} only"
        row["reason"] = f"the gain over {closest.opponent} is not shown{but}"
    return [
        row
        | {
            "opponent": gain.opponent,
            "opponent_variant": "logged" if gain.step is None else _form(gain.step),
            "n_units": gain.n_units,
            "gain": gain.estimate.value,
            "ci_low": gain.estimate.ci_low,
            "ci_high": gain.estimate.ci_high,
            "p": gain.p,
            "detectable": gain.detectable,
            "verdict": gain.estimate.verdict,
            "closest": gain is closest,
        }
        for gain in found.gains
    ]


def _form(step: Step) -> str:
    return f"{step.dial}-{step.divergence:.3g}"
