"""The searches of a suite, and how long they take."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ..errors import InputError
from ..events.cards.find import find_card
from ..mdp.provenance import NOT_IDENTIFIED, identification
from ..ope.estimators import needs_q
from ..policies import parse_form
from ..policies.forms import FRONTIER_FORMS, REWEIGHTED_FORMS
from ..policies.registry import FILE
from ..results.needs_rl import CONTROL
from ..suite.config import AlgorithmSpec, Source, Suite
from ..suite.kinds.algorithms.jobs import TrainingJob
from ..suite.labels import places
from ..suite.tuned import name_of
from .data import source_to_tune_on
from .search import Search
from .spaces import Spaces, space_of

ESTIMATORS = ("sndr", "snips")
"""What trials are scored by on logs of exposures: the first of them that the suite names, else the last."""
SEED = 0
"""Of every training of a search."""
PLAIN = "greedy"


@dataclass(frozen=True)
class PlannedSearch:
    """A line of the plan.

    Attributes:
        source, algorithm: as tables have them.
        settings: names of what is tried.
        trials: how many there are to be: as many as asked for, or all distinct settings.
        done: how many are done.
        seconds: of a trial, by those that are done; NaN where none is.
        left_out: why there is nothing to do; empty where there is.
    """

    source: str
    algorithm: str
    settings: tuple[str, ...]
    trials: int
    done: int
    seconds: float
    left_out: str = ""


@dataclass(frozen=True)
class Plan:
    """What is to be done, and how long it takes.

    Attributes:
        searches: one line each.
        workers: processes.
        budget_minutes: after which no trial begins.
    """

    searches: tuple[PlannedSearch, ...]
    workers: int
    budget_minutes: float

    @property
    def trials(self) -> int:
        """Trials that are to be done."""
        return sum(search.trials - search.done for search in self.searches if not search.left_out)

    @property
    def minutes(self) -> float:
        """About how long they take, by the trials that are done; NaN while a search has none."""
        seconds = sum(
            (search.trials - search.done) * search.seconds
            for search in self.searches
            if not search.left_out and search.trials > search.done
        )
        return seconds / 60.0 / self.workers

    @property
    def parts(self) -> int:
        """In how many parts each would end within the budget; 1 while that is not known."""
        return 1 if math.isnan(self.minutes) else max(1, math.ceil(self.minutes / self.budget_minutes))

    def __str__(self) -> str:
        trials = f"{self.trials:,} trial{'s' * (self.trials != 1)}"
        searches = f"{len(self.searches)} search{'es' * (len(self.searches) != 1)}"
        tries = f"{trials} of {searches} to do on {self.workers} process{'es' * (self.workers != 1)}"
        if math.isnan(self.minutes):
            return f"{tries}, at most {self.budget_minutes:g} minutes. The first trial of each says how long they take."
        text = f"{tries}: about {self.minutes:.3g} minutes of at most {self.budget_minutes:g}."
        if self.parts > 1:
            text += f" The rest goes on with --resume; or run it in {self.parts} parts (--part 1/{self.parts})."
        return text


def searches_of(suite: Suite, spaces: Spaces, trials: int, device: str) -> list[Search]:
    """One search for each algorithm on each source. What is a control of another row (shuffled rewards, gamma = 0, a
    second row of the same algorithm) takes that one's choice, so that it differs in what it controls for alone.

    Raises:
        InputError: there is nothing to choose, or the suite judges on the shop that settings are chosen on.
        UnknownNameError: an unknown algorithm.
    """
    searches = []
    for place, source in zip(places(suite.sources), suite.sources, strict=True):
        looked_at, choices = source_to_tune_on(source), _choices_log(source)
        forms = [form for form in map(parse_form, source.forms or suite.forms) if form.name not in FRONTIER_FORMS]
        usual = str(next((form for form in reversed(forms) if form.name not in REWEIGHTED_FORMS), PLAIN))
        scored_by = suite.model_copy(
            update={"estimators": [estimator_of(suite)], "normalise": False, "tuned": "", "seeds": [SEED]}
        )
        for spec in rows_to_tune(suite.algorithms):
            job = TrainingJob(suite=scored_by, source=looked_at, place=place, device=device, spec=spec, seed=SEED)
            possible = () if choices else _forms_of(spec.id)
            own = {spec.id: spaces[name]} if (name := name_of(spec)) in spaces else {}
            space = space_of(spec.id, spaces | own, _fixed(spec), possible)
            searches.append(Search(job, space, spec.form or usual, trials))
    if not any(search.planned > 1 for search in searches):
        hint = "Leave settings open in the suite, or give more trials."
        raise InputError("There is nothing to choose: no search has two trials.", where=suite.name, hint=hint)
    return searches


def _fixed(spec: AlgorithmSpec) -> list[str]:
    """Settings of a row that are not searched over: its own, and what networks over candidates do not take."""
    return [*spec.config, *(["form"] if spec.form else []), *(["dueling"] if spec.retrieve else [])]


def rows_to_tune(specs: Sequence[AlgorithmSpec]) -> list[AlgorithmSpec]:
    """The first plain row of each algorithm, or its first one where all are controls. Files of recommendations have
    nothing to choose."""
    rows: dict[str, AlgorithmSpec] = {}
    for spec in sorted(specs, key=lambda spec: spec.shuffle_rewards or CONTROL in spec.label.split("/")):
        if not spec.id.startswith(FILE):
            rows.setdefault(name_of(spec), spec)
    return list(rows.values())


def estimator_of(suite: Suite) -> str:
    """What trials are scored by on a log of exposures."""
    without_q = next((name for name in suite.estimators if not needs_q(name)), ESTIMATORS[-1])
    return next((name for name in ESTIMATORS if name in suite.estimators), without_q)


def _choices_log(source: Source) -> bool:
    """Whether policies can be ranked on the log and not valued."""
    if source.dataset is None:
        return False
    card = find_card(source.dataset)
    return identification(card.action_source, card.propensity) == NOT_IDENTIFIED


def _forms_of(algorithm: str) -> tuple[str, ...]:
    """Forms that can be made of a training; none of what is not trained."""
    from ..training.registries import ALGORITHMS

    return (*ALGORITHMS[algorithm].forms, "tilted") if algorithm in ALGORITHMS else ()
