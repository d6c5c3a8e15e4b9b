"""A search: all trials of one algorithm on one source, and what is chosen of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from ..results.schema import VERDICTS
from ..suite.kinds.algorithms.jobs import TrainingJob
from ..suite.tuned import Choice, Chosen, name_of
from .pruning import bars_of
from .sampling import next_settings
from .space import FORM, FORM_PARAMETERS, Settings, Space
from .trial import LEFT_OUT, NDCG, Outcome, Trial


@dataclass
class Search:
    """One algorithm on one source: which trials are done, and which is next.

    Attributes:
        job: the suite's own, on the source that is looked at.
        space: what is tried.
        form: the policy form where a trial's settings name none.
        trials: how many are asked for.
        outcomes: of the trials that are done, in order.
    """

    job: TrainingJob
    space: Space
    form: str
    trials: int
    outcomes: list[Outcome] = field(default_factory=list)

    @property
    def key(self) -> tuple[str, str]:
        """Source and algorithm, as tables have them."""
        return self.job.place, name_of(self.job.spec)

    @property
    def name(self) -> str:
        """What tells its draws from those of other searches."""
        return "/".join(self.key)

    @property
    def planned(self) -> int:
        """Its trials: as many as were asked for, or all there are."""
        return self.space.count(self.trials) or self.trials

    @property
    def left_out(self) -> str:
        """Why the algorithm has nothing to do on this source; empty where it has."""
        status = self.outcomes[0].status if self.outcomes else ""
        return status.partition(": ")[2] if status.startswith(LEFT_OUT) else ""

    @property
    def remaining(self) -> int:
        """Trials that are to be done."""
        return 0 if self.left_out else self.planned - len(self.outcomes)

    def next_trial(self) -> Trial:
        """The trial that comes now; what it is depends on those before it alone."""
        told = list(zip([outcome.settings for outcome in self.outcomes], worths(self.outcomes), strict=True))
        settings = next_settings(self.space, told, self.trials, self.name)
        bars = bars_of([outcome.curve for outcome in self.outcomes if outcome.curve])
        return Trial(self.job, len(self.outcomes), settings, self.form, bars)

    def chosen(self) -> Chosen:
        """The best trial by what a user would have, and the best by the truth."""
        scored = [number for number, outcome in enumerate(self.outcomes) if outcome.status == "ok"]
        by_estimate = max(scored, key=lambda number: (_estimated(self.outcomes[number]), -number), default=None)
        known = [number for number in scored if not math.isnan(self.outcomes[number].truth)]
        by_truth = max(known, key=lambda number: (self.outcomes[number].truth, -number), default=None)
        place, algorithm = self.key
        return Chosen(
            source=place,
            algorithm=algorithm,
            trials=len(self.outcomes),
            estimator=next((outcome.estimator for outcome in self.outcomes if outcome.estimator), ""),
            by_estimate=None if by_estimate is None else self._choice(by_estimate),
            by_truth=None if by_truth is None else self._choice(by_truth),
        )

    def _choice(self, number: int) -> Choice:
        outcome = self.outcomes[number]
        return Choice(
            trial=number,
            config=config_of(outcome.settings),
            form=outcome.form,
            estimate=_known(outcome.estimate),
            ci_low=_known(outcome.ci_low),
            verdict=outcome.verdict,
            truth=_known(outcome.truth),
        )


def config_of(settings: Settings) -> Settings:
    """What a trial set of the algorithm itself, without the form."""
    return {name: value for name, value in settings.items() if name not in (FORM, *FORM_PARAMETERS)}


def worths(outcomes: Sequence[Outcome]) -> list[float | None]:
    """What the next draws go by: the place of each trial among the trials so far, from 0 for the worst, by what a user
    would have. A trial that was ended early is behind all that were not; one that failed has none.

    Places and not estimates, since an estimate that may not be believed is behind every one that may, whatever it is;
    the estimator of optuna looks at the order alone.
    """
    keys = [(1, *_estimated(outcome)) if outcome.status == "ok" else (0, 0, _ended(outcome)) for outcome in outcomes]
    ranked = sorted({key for key, outcome in zip(keys, outcomes, strict=True) if _counts(outcome)})
    return [float(ranked.index(key)) if _counts(outcome) else None for key, outcome in zip(keys, outcomes, strict=True)]


def _counts(outcome: Outcome) -> bool:
    return outcome.status in ("ok", "pruned")


def _ended(outcome: Outcome) -> float:
    return outcome.curve[-1][1] if outcome.curve else -math.inf


def _estimated(outcome: Outcome) -> tuple[int, float]:
    """What the choice by estimate goes by: first the verdict, then the lower limit. Imitation metrics have a verdict on
    their precision alone, which is that of the log: there it is the value."""
    if outcome.estimator == NDCG:
        return 0, _or_least(outcome.estimate)
    verdict = -VERDICTS.index(outcome.verdict) if outcome.verdict in VERDICTS else -len(VERDICTS)
    return verdict, _or_least(outcome.ci_low)


def _or_least(value: float) -> float:
    return -math.inf if math.isnan(value) else value


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value
