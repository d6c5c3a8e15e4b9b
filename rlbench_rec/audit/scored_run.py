"""A run's trained policy on the log that the run judged it by: the numbers that its own estimators read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError
from ..parsing import read_json
from ..policies import parse_form
from ..policies.forms import FRONTIER, REWEIGHTED_FORMS
from ..results.data_identity import MANIFEST
from ..suite.config import Suite
from ..suite.store import MODELS_FOLDER
from ..suite.stored_suite import suite_of
from .run_folder import job_name

if TYPE_CHECKING:
    from ..mdp.dataset import TransitionDataset
    from ..ope import EvaluationLog
    from ..policies import PolicyForm
    from ..suite.kinds.algorithms.jobs import TrainingJob
    from ..suite.kinds.algorithms.rows import Contender
    from ..suite.sources import Loaded


@dataclass(frozen=True)
class ScoredRun:
    """The test side of a run's log, and what the policy thinks of it.

    Attributes:
        data: the decisions.
        log: the same as estimators read them.
        policy: name of the policy.
        note: what has changed since the run; empty where nothing has.
    """

    data: TransitionDataset
    log: EvaluationLog
    policy: str
    note: str = ""


def job_of(folder: Path) -> TrainingJob | None:
    """The job that trained what a folder `models/<run id>` of a run holds; None for a folder elsewhere.

    Raises:
        InputError: a manifest that this version cannot read, or one of a suite without such a job.
    """
    from ..suite.jobs import planned
    from ..suite.kinds.algorithms.jobs import TrainingJob

    folder = folder.resolve()
    path = folder.parent.parent / MANIFEST
    if folder.parent.name != MODELS_FOLDER or not path.is_file():
        return None
    manifest = read_json(path, "manifest")
    suite = suite_of(manifest["config"], str(path)) if isinstance(manifest, dict) and "config" in manifest else None
    if not isinstance(suite, Suite):
        raise InputError("The manifest does not say which suite was run.", where=str(path))
    jobs = [job for job in planned(suite, "cpu") if isinstance(job, TrainingJob)]
    alike = [job for job in jobs if job_name(job.run_id) == job_name(folder.name)]
    for job in sorted(alike, key=lambda job: job.run_id != folder.name):
        return job
    raise InputError("No job of the suite trained this.", where=str(folder))


def score_run(
    folder: Path, job: TrainingJob, form: str = "greedy", checkpoint: str = "last", *, q: bool = False
) -> ScoredRun:
    """The policy of a form on the test side of its own source, exactly as the run's estimators read it.

    Args:
        folder: of the saved run.
        job: that trained it, see `job_of`.
        form: `greedy`, `softmax-<tau>`, …, `tilted-<k>`, `mixed-<m>`, `constrained-<c>` or the stored `frontier`.
        checkpoint: `last` or `best`; the forms that stay with the log are of the last.
        q: also the run's own q, cross-fitted, which takes as long as it took the run.

    Raises:
        MissingFileError, InputError: no such form, checkpoint or temperature; see `training.load`.
    """
    from ..suite.kinds.algorithms.score import evaluation_log_of
    from ..suite.kinds.algorithms.train import prepare

    ((loaded, _),) = prepare([job])
    contender = _contender(folder, job, loaded, form, checkpoint)
    data = loaded.test
    if contender.weighted is not None:
        log = contender.weighted(data)
    else:
        log = evaluation_log_of(job, loaded, contender, data, ["dr"] if q else ["snips"])
    changed = "" if job.run_id == folder.resolve().name else "code, data or settings are others than the run's"
    return ScoredRun(data, log, f"{job.spec.id}, {contender.subject.policy}", changed)


def tilt_hint(folder: Path, form: PolicyForm) -> str:
    """What to do to score a tilt whose temperature is not stored."""
    return (
        f"Score a form that the suite of the run had; or give it one: rlbench export {folder} --form {form} "
        "--temperature NUMBER, and score the file."
    )


def _contender(folder: Path, job: TrainingJob, loaded: Loaded, text: str, checkpoint: str) -> Contender:
    from ..suite.kinds.algorithms.learners import scores_of
    from ..suite.kinds.algorithms.rows import Contender
    from ..suite.kinds.algorithms.staying import staying
    from ..training.saved_run import load
    from ..training.stored_frontier import stored_step, stored_temperature

    form = parse_form(text, "--form")
    if form.name not in (FRONTIER, *REWEIGHTED_FORMS):
        run = load(folder, device="cpu", train=loaded.train)
        policy = run.policy(form.name, **form.arguments, checkpoint=checkpoint)
        return Contender.of(job.spec.id, f"{job.stem}/{form}", policy)
    if checkpoint != "last":
        raise InputError("The forms that stay with the log are of the last checkpoint.", where="--checkpoint")
    if loaded.base is None:
        raise InputError(f"{form} stays with a behaviour policy, and in this log users chose.", where="--form")
    if form.name == FRONTIER:
        run, step = stored_step(folder)
        form, parameter = step.form, step.parameter
    else:
        run = load(folder, device="cpu", train=loaded.train)
        assert form.parameter is not None, "such forms have one"
        parameter = form.parameter
        if form.name == "tilted":
            parameter = stored_temperature(folder, form, tilt_hint(folder, form))
    return staying(loaded.base, form, parameter, scores_of(run), job.spec.id, f"{job.stem}/{form}")
