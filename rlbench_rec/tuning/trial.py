"""One trial: one algorithm with one choice of settings, trained and scored on what a search looks at."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ..errors import InapplicableError
from ..evaluation.next_item import imitation_metrics
from ..mdp.provenance import NOT_IDENTIFIED
from ..policies import POLICIES, make, parse_form
from ..policies.forms import REWEIGHTED_FORMS
from ..suite.execute import failed_status
from ..suite.kinds.algorithms.applies import why_left_out
from ..suite.kinds.algorithms.jobs import TrainingJob
from ..suite.kinds.algorithms.rows import Contender
from ..suite.kinds.algorithms.score import score
from ..suite.kinds.algorithms.specs import FIXED
from ..suite.tuned import name_of
from ..training.fit_options import FitOptions
from .data import load_to_tune
from .pruning import Pruned, Pruner
from .space import FORM, FORM_PARAMETERS, Settings

if TYPE_CHECKING:
    from ..policies import Policy
    from ..suite.sources import Loaded
    from ..training import Run

K = 10
NDCG = f"NDCG@{K}"
"""What trials are scored by on logs of users' own choices."""
PRUNED, LEFT_OUT = "pruned", "left out"
"""States of a trial beside `ok` and `failed: ...`; after the second stands why."""


@dataclass(frozen=True)
class Trial:
    """What a worker needs to know of a trial.

    Attributes:
        job: the suite's own, on the source that the search looks at; its config is what the suite has set.
        number: of the trial in its search.
        settings: what is tried, in addition.
        form: the policy form where the settings name none.
        bars: steps and what the score must not be below there.
    """

    job: TrainingJob
    number: int
    settings: Settings
    form: str
    bars: dict[int, float] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Place, algorithm and number: what is said of its progress."""
        return f"{self.job.place}.{name_of(self.job.spec)}.{self.number}"


@dataclass(frozen=True)
class Outcome:
    """What became of a trial.

    Attributes:
        settings: what was tried.
        form: the policy form, as suites write it; empty where there was no choice of one.
        status: `ok`, `pruned`, `left out: ...` or `failed: ...`.
        estimator: what the suite's own estimate is of.
        estimate, ci_low, verdict: that estimate; of next-item metrics as of the others.
        truth: the policy's true value in the shop that was looked at; NaN on a data set.
        curve: steps and the best score until then; see `pruning`.
        seconds: how long it took.
    """

    settings: Settings
    form: str = ""
    status: str = "ok"
    estimator: str = ""
    estimate: float = math.nan
    ci_low: float = math.nan
    verdict: str = ""
    truth: float = math.nan
    curve: tuple[tuple[int, float], ...] = ()
    seconds: float = math.nan


def execute(batch: Sequence[Trial]) -> list[Outcome]:
    """The outcome of each trial; what one raises is its status."""
    return [_execute(trial) for trial in batch]


def lost(trial: Trial, reason: str, seconds: float) -> Outcome:
    """The outcome of a trial whose worker process was lost."""
    return Outcome(trial.settings, status=failed_status(reason), seconds=seconds)


def _execute(trial: Trial) -> Outcome:
    started = time.perf_counter()
    try:
        job, loaded = _prepared(trial)
        # Loading is done once for many trials; what one takes is told without it.
        started = time.perf_counter()
        outcome = _outcome(trial, job, loaded)
    except KeyboardInterrupt:
        raise
    except InapplicableError as error:
        outcome = Outcome(trial.settings, status=f"{LEFT_OUT}: {error.what}")
    # A plug-in may call sys.exit, and a library written in Rust raises its panics past `Exception`.
    except BaseException as error:
        outcome = Outcome(trial.settings, status=failed_status(error))
    return replace(outcome, seconds=time.perf_counter() - started)


def _prepared(trial: Trial) -> tuple[TrainingJob, Loaded]:
    job = with_settings(trial.job, trial.settings)
    suite = job.suite
    behaviour_fit = FitOptions(
        steps=job.steps, batch_size=suite.batch_size, device=job.device, validation=suite.validation
    )
    return job, load_to_tune(job.source, behaviour_fit)


def _outcome(trial: Trial, job: TrainingJob, loaded: Loaded) -> Outcome:
    if why := why_left_out(job.spec, loaded.data):
        return Outcome(trial.settings, status=f"{LEFT_OUT}: {why}")
    if job.spec.id in POLICIES:
        policy = make(job.spec.id, loaded.train, **job.spec.config)
        return _scored(trial, job, loaded, Contender.of(job.spec.id, FIXED, policy))
    from ..suite.kinds.algorithms.learners import train

    chooses = FORM in trial.settings
    pruner = Pruner(loaded.test, ranked, trial.bars, K) if loaded.identification == NOT_IDENTIFIED else None
    try:
        run = train(job, loaded, watch=pruner)
    except Pruned:
        assert pruner is not None, "it is what raises this"
        return Outcome(trial.settings, status=PRUNED, curve=tuple(pruner.curve))
    form = form_of(trial, run.reward_scale, run.forms)
    outcome = _scored(trial, job, loaded, _contender(job, loaded, run, form))
    return replace(outcome, form=form if chooses else "", curve=tuple(pruner.curve) if pruner else ())


def ranked(run: Run) -> Policy:
    """A policy that ranks by a training's scores; its form makes no difference to that."""
    return run.policy(run.forms[0])


def with_settings(job: TrainingJob, settings: Settings) -> TrainingJob:
    """The job with what is tried in its config."""
    tried = {name: value for name, value in settings.items() if name not in (FORM, *FORM_PARAMETERS)}
    return replace(job, spec=job.spec.model_copy(update={"config": job.spec.config | tried}))


def form_of(trial: Trial, scale: float, forms: Sequence[str]) -> str:
    """The policy form of a trial, as suites write it.

    Args:
        trial: whose settings may name one; else it is the suite's headline, where it can be made.
        scale: the unit of Q: a softmax's temperature is told in it, and is written in the log's units.
        forms: what can be made of the training, its own headline first.
    """
    name = trial.settings.get(FORM)
    if name is None:
        return trial.form if parse_form(trial.form).name in (*forms, *REWEIGHTED_FORMS) else forms[0]
    if name == "softmax":
        return f"softmax-{trial.settings['softmax'] * scale:.4g}"
    return f"tilted-{trial.settings['tilted']:.4g}" if name == "tilted" else str(name)


def _contender(job: TrainingJob, loaded: Loaded, run: Run, form: str) -> Contender:
    from ..suite.kinds.algorithms.learners import scores_of
    from ..suite.kinds.algorithms.staying import parameter_of, staying

    parsed = parse_form(form)
    if parsed.name not in REWEIGHTED_FORMS:
        return Contender.of(job.spec.id, form, run.policy(parsed.name, **parsed.arguments))
    assert loaded.base is not None, "tried only where there is a behaviour policy"
    scores = scores_of(run)
    parameter = parameter_of(loaded, loaded.base, parsed, scores)
    if parameter is None:
        raise ValueError(f"no {form}: the scores cannot go so far from the behaviour policy")
    return staying(loaded.base, parsed, parameter, scores, job.spec.id, form)


def _scored(trial: Trial, job: TrainingJob, loaded: Loaded, contender: Contender) -> Outcome:
    if loaded.identification == NOT_IDENTIFIED:
        assert contender.policy is not None, "such a log has no base"
        suite = job.suite
        metrics = imitation_metrics(
            loaded.test, contender.policy, k=K, n_resamples=suite.n_resamples, confidence=suite.confidence
        )
        ranking = next(metric for metric in metrics if metric.metric == NDCG)
        return Outcome(
            trial.settings,
            estimator=NDCG,
            estimate=ranking.value,
            ci_low=ranking.ci_low,
            verdict=ranking.verdict,
        )
    rows = score(job, loaded, contender)
    (estimator,) = job.suite.estimators
    row = next(row for row in rows if row["estimator"] == estimator and row["metric"] == "reward")
    return Outcome(
        trial.settings,
        estimator=estimator,
        estimate=_number(row["value"]),
        ci_low=_number(row["ci_low"]),
        verdict=row["verdict"],
        truth=next((_number(row["value"]) for row in rows if row["estimator"] == "truth"), math.nan),
    )


def _number(value: Any) -> float:
    return math.nan if value is None else float(value)
