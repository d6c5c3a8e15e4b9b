"""One job of a suite of algorithms: train, build the policies, score them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ....policies import POLICIES, make, parse_form
from ....policies.forms import FRONTIER, FRONTIER_FORMS, REWEIGHTED_FORMS
from ....results.row_names import SHUFFLED
from ....results.schema import RUNS
from ....training.fit_options import FitOptions
from ... import sources
from ...plan import JobResult, Row
from ...reference_policies.normalised_scale import normalised, scale_of, scale_row
from ...store import MODELS_FOLDER, REFERENCES_FOLDER
from .applies import why_left_out
from .choice import choose
from .files import names_files, warn_of_uncovered
from .frontier import add_frontier, chosen_of
from .jobs import ChoiceJob, TrainingJob
from .learners import scores_of, train, train_together
from .needs_rl import NeedsRLJob, ask
from .ranking import add_ranking
from .rows import Contender
from .score import score, score_behaviour, score_counterpart, score_reference
from .specs import BEHAVIOUR, COUNTERPART, FIXED, REFERENCE
from .staying import parameter_of, staying

if TYPE_CHECKING:
    from ....frontier import Base
    from ....policies import QFunction
    from ....training import Run
    from ....training.stored_frontier import Chosen

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
    loaded = sources.load(first.source, behaviour_fit, keep_names=names_files(first.suite))
    trained = train_together(batch, loaded) if len(batch) > 1 else [None] * len(batch)
    return [(loaded, run) for run in trained]


def execute(job: TrainingJob, prepared: Prepared, folder: Path | None) -> JobResult:
    """Train (or make) what the job names, and value it on its source."""
    loaded, trained = prepared
    result = JobResult(job.run_id, [])
    models = None if folder is None else folder / MODELS_FOLDER
    references = None if folder is None else folder / REFERENCES_FOLDER
    if why := why_left_out(job.spec, loaded.data):
        name = "/".join(filter(None, (job.spec.name, job.spec.label)))
        result.left_out = f"{name} on {job.place}: {why}"
        return result
    if job.spec == BEHAVIOUR:
        result.rows = score_behaviour(job, loaded)
    elif job.spec == COUNTERPART:
        result.rows = score_counterpart(job, loaded)
    elif job.spec == REFERENCE:
        result.rows = score_reference(job, loaded, references)
        if job.suite.normalise and loaded.task is not None:
            place = {"replicate": result.rows[0].get("replicate")}
            result.scale = [scale_row(job.place, loaded.task, job.suite.truth_error, references) | place]
    elif isinstance(job, ChoiceJob):
        choose(job, loaded, result, models)
    elif isinstance(job, NeedsRLJob):
        ask(job, loaded, result, models)
    elif job.spec.id in POLICIES:
        policy = make(job.spec.id, loaded.train, **job.spec.config)
        warn_of_uncovered(policy, loaded, job.place)
        contender = Contender.of(job.spec.name, job.spec.label or FIXED, policy)
        result.rows = score(job, loaded, contender)
        add_ranking(job, loaded, contender, result, {})
    else:
        _score_run(job, loaded, trained or train(job, loaded), result, models)
    if result.rows and job.suite.normalise and loaded.task is not None:
        result.rows += normalised(result.rows, scale_of(loaded.task, job.suite.truth_error, references))
    return result


def _score_run(job: TrainingJob, loaded: sources.Loaded, run: Run, result: JobResult, models: Path | None) -> None:
    if models:
        run.save(models / job.run_id)
    result.curve = [
        {"run_id": job.run_id} | {str(name): cell for name, cell in point.items()}
        for point in run.history.to_dict("records")
    ]
    result.timing["steps_per_second"] = run.steps_per_second
    parsed = [parse_form(form) for form in job.forms]
    own = [form for form in parsed if form.name not in (*REWEIGHTED_FORMS, *FRONTIER_FORMS)]
    if "stochastic" in run.forms:
        # A cloned policy is its own headline; Q functions take the suite's forms.
        own = [parse_form("greedy"), parse_form("stochastic")]
    elif run.config.forms == ("greedy",):
        own = [parse_form("greedy")]
    contenders = [(f"{job.stem}/{form}", form, "last") for form in own]
    if own and run.best_step is not None:
        # Held-out episodes without a single reward tell no checkpoint from another; then there is no best one.
        headlines = dict.fromkeys([*(form for form in own if form.name == "greedy"), own[-1]])
        contenders += [(f"{job.stem}/best/{form}", form, "best") for form in headlines]
    for variant, form, checkpoint in contenders:
        policy = run.policy(form.name, **form.arguments, checkpoint=checkpoint)
        trained, contender = _training_of(run, checkpoint), Contender.of(job.spec.id, variant, policy)
        estimated = job.estimates_all or (form == own[-1] and checkpoint == "last")
        result.rows += [row | trained for row in score(job, loaded, contender, estimated=estimated)]
        add_ranking(job, loaded, contender, result, trained)
    if loaded.base is not None and (not run.config.is_baseline or job.asks_to_stay):
        _stay(job, loaded, loaded.base, run, result, models)


def _stay(
    job: TrainingJob, loaded: sources.Loaded, base: Base, run: Run, result: JobResult, models: Path | None
) -> None:
    """Rows of the forms that stay with the log; one that the scores cannot reach has none."""
    from ....training.stored_frontier import StoredFrontier, write_frontier

    forms = [form for form in map(parse_form, job.forms) if form.name in REWEIGHTED_FORMS]
    scores, temperatures = scores_of(run), {}
    for form in forms:
        parameter = parameter_of(loaded, base, form, scores)
        if parameter is None:
            continue
        if form.name == "tilted":
            temperatures[str(form)] = parameter
        contender = staying(base, form, parameter, scores, job.spec.id, f"{job.stem}/{form}")
        trained = _training_of(run, "last")
        result.rows += [row | trained for row in score(job, loaded, contender)]
    traced = FRONTIER in job.asks_for
    chosen = _frontier(job, loaded, run, result, models) if traced else None
    if models and (traced or temperatures):
        noted = StoredFrontier(base=base.kind, chosen=chosen, frontier=traced, temperatures=temperatures)
        write_frontier(models / job.run_id, noted)


def _frontier(
    job: TrainingJob, loaded: sources.Loaded, run: Run, result: JobResult, models: Path | None
) -> Chosen | None:
    def shuffled() -> dict[str, QFunction]:
        control = train(job, loaded, shuffled=True)
        if models:
            control.save(models / job.run_id / SHUFFLED)
        return {job.spec.id: scores_of(control)}

    variant, contenders, before = f"{job.stem}/{FRONTIER}", {job.spec.id: scores_of(run)}, len(result.rows)
    front = add_frontier(job, loaded, result, variant, contenders, None if job.is_control else shuffled)
    for row in result.rows[before:]:
        if row["variant"] != f"{variant}/{SHUFFLED}":
            # A frontier is not `diverging`: what Q promises is what the log was asked.
            row |= _training_of(run, "last") | {"status": "ok"}
    return chosen_of(front)


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
        "algorithm": job.spec.name,
        "variant": job.stem,
        "config_hash": job.config_hash,
        "seed": job.seed,
        "replicate": job.replicate,
        "log": job.log,
        "metric": "reward",
        "higher_is_better": True,
        "status": status,
    }
    return {name: known.get(name) for name in RUNS}
