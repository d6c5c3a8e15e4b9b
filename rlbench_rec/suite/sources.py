"""A suite's source, loaded and split: what every job on it shares."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import numpy as np

from ..errors import InputError
from ..mdp.dataset import TransitionDataset
from ..mdp.provenance import NOT_IDENTIFIED
from ..policies import Empirical, Uniform
from ..policies.policy import Policy
from ..results.metrics import with_metrics
from ..training.fit_options import FitOptions
from .config import Source
from .replicates import log_seed
from .saved_behaviour import with_behaviour

if TYPE_CHECKING:
    from ..frontier import Base
    from ..tasks import Task, TaskIdentity
    from ..tasks.variants import Variant
    from .kinds.estimators.config import TaskSource

TRUTH_SEED = 1_000_003
"""Of the users that true values are played on. It is the suites' own, so every policy meets the same users (common
random numbers), and no log has it."""

DEFAULT_FIT = FitOptions()


@dataclass
class Loaded:
    """A source ready for training and evaluation.

    Attributes:
        source: what was asked for.
        data: both sides of the split, in one.
        train, test: earlier and later episodes.
        behaviour: the behaviour policy where known; on a log without propensities, a model of it fitted on `train`.
        task: the simulated shop, or None.
        counterpart: the log of the other policy in the same shop, or None.
        behaviour_fit: how the model of the behaviour policy is trained.
    """

    source: Source
    data: TransitionDataset
    train: TransitionDataset
    test: TransitionDataset
    behaviour: Policy | None = None
    task: Task | None = None
    counterpart: TransitionDataset | None = None
    behaviour_fit: FitOptions = DEFAULT_FIT

    @property
    def identification(self) -> str:
        return self.data.provenance.identification

    @cached_property
    def validation(self) -> TransitionDataset:
        """The episodes of the training side that no training sees.

        Raises:
            InputError: the training side is too short to hold any out.
        """
        from ..training.validation import hold_out

        held = hold_out(self.train, self.behaviour_fit.validation)[1]
        if held is None:
            raise InputError("No episode can be held out to choose a policy on.", where=self.source.name)
        return ending(held)

    @cached_property
    def clone(self) -> Policy:
        """A model of the behaviour policy, trained on the training side without the validation episodes."""
        from ..training.trainer import train_seeds

        # Policies that are not trained need this model on a log that is shorter than the batch of the others.
        rows = min(self.behaviour_fit.batch_size, len(self.train) // 2)
        options = replace(self.behaviour_fit, batch_size=max(1, rows))
        return train_seeds(self.train, "bc", [0], options)[0].clone()

    @cached_property
    def base(self) -> Base | None:
        """The behaviour policy that forms which stay with the log start from: its exact distribution where that is
        known, else what is in service, known by its choices. None in a log of users' own choices, where nobody's policy
        chose."""
        from ..frontier import ServiceBase, logged_base

        if self.identification == NOT_IDENTIFIED:
            return None
        exact = self.behaviour if self.data.propensities is not None else None
        return logged_base(self.data, exact) or ServiceBase(self.clone)

    @cached_property
    def counterpart_policy(self) -> Policy | None:
        """The other log's policy: uniform where its propensities say so, else its action frequencies."""
        if self.counterpart is None:
            return None
        if is_uniform(self.counterpart):
            return Uniform(self.counterpart.action_count)
        name = self.counterpart.provenance.source.rpartition("/")[2].partition("-")[0]
        return Empirical(self.counterpart, by=self.source.counterpart_by, name=name)


def load(source: Source, behaviour_fit: FitOptions = DEFAULT_FIT, *, keep_names: bool = False) -> Loaded:
    """Load a source; the last one stays in memory, so jobs in order of source load each once (and meet its error once
    loaded: a log that cannot be read is not read again for every job).

    Args:
        source: what to load.
        behaviour_fit: how the model of the behaviour policy is trained, on a log without propensities.
        keep_names: keep the ids of a log's sessions and users.

    Raises:
        Whatever reading, building and splitting a log, or making a shop, may raise.
    """
    loaded = _load(source.model_dump_json(), behaviour_fit, keep_names)
    if isinstance(loaded, Exception):
        raise loaded
    return loaded


@lru_cache(maxsize=1)
def _load(key: str, behaviour_fit: FitOptions, keep_names: bool) -> Loaded | Exception:
    source = Source.model_validate_json(key)
    try:
        if source.task:
            return _load_task(source, behaviour_fit)
        return _load_dataset(source, behaviour_fit, keep_names)
    except Exception as error:
        # Without its frames, which would keep the half-read log in memory.
        return error.with_traceback(None)


def make_task(source: Source | TaskSource) -> Task:
    """The shop that a source names; the last two stay in memory, since a planner may take seconds to make.

    Raises:
        UnknownNameError: no such task.
        InputError: a parameter out of its range.
    """
    config, identity = json.dumps(source.task_config, sort_keys=True), task_identity(source).digest
    assert source.task, "its identity was asked for"
    return _make_task(source.task, source.task_seed, source.variant, source.stratum, config, identity)


def task_identity(source: Source | TaskSource) -> TaskIdentity:
    """What the shop is that a source names, without building it.

    Raises:
        UnknownNameError, MissingFileError, InputError: as `tasks.make`.
    """
    from .. import tasks

    assert source.task, "asked for sources of a task alone"
    return tasks.identify(source.task, source.task_seed, source.variant, source.stratum, **source.task_config)


@lru_cache(maxsize=2)
def _make_task(
    task_id: str, seed: int, variant: Variant | None, stratum: str | None, config: str, identity: str
) -> Task:
    # The identity is there for the cache: the file of a calibrated shop may change.
    from .. import tasks

    return tasks.make(task_id, seed, variant=variant, stratum=stratum, **json.loads(config))


def decisions(source: Source, *, keep_names: bool = False) -> TransitionDataset:
    """Both sides of a source's log, without what jobs need beside it.

    Args:
        source: a data set, or a task.
        keep_names: keep the ids of a log's sessions and users.

    Raises:
        Whatever reading and building a log, or making a shop, may raise.
    """
    if source.task:
        task = make_task(source)
        return task.log(episodes=source.episodes, policy=task.behaviour, seed=log_seed(source))
    from .. import events, mdp

    assert source.dataset, "a source has a data set where it has no task"
    return mdp.build(events.load(source.dataset, source.data), source.mdp, keep_names=keep_names)


def _load_task(source: Source, behaviour_fit: FitOptions) -> Loaded:
    task = make_task(source)
    data = with_metrics(decisions(source), source.metrics)
    train, test = data.split()
    return Loaded(source, data, train, test, behaviour=task.behaviour, task=task, behaviour_fit=behaviour_fit)


def _load_dataset(source: Source, behaviour_fit: FitOptions, keep_names: bool) -> Loaded:
    data = with_metrics(decisions(source, keep_names=keep_names), source.metrics)
    if source.behaviour is not None:
        data = with_behaviour(data, source.behaviour)
    train, test = data.split()
    data, test = ending(data), ending(test)
    counterpart = None
    if source.counterpart:
        counterpart = decisions(source.model_copy(update={"dataset": source.counterpart}))
        counterpart = ending(with_metrics(counterpart, source.metrics))
        _check_same_actions(data, counterpart)
    loaded = Loaded(source, data, train, test, counterpart=counterpart, behaviour_fit=behaviour_fit)
    if data.propensities is None:
        loaded.behaviour = loaded.clone
    return loaded


def ending(data: TransitionDataset) -> TransitionDataset:
    """Sessions that end: only training looks into a user's next one, since values are of sessions."""
    return data if data.next_episodes is None else replace(data, next_episodes=None)


def _check_same_actions(data: TransitionDataset, counterpart: TransitionDataset) -> None:
    """Refuse a counterpart whose actions are numbered otherwise: each log without a catalogue numbers its own."""
    if data.action_names == counterpart.action_names:
        return
    names, other_names = data.action_names, counterpart.action_names
    first = next((i for i, (a, b) in enumerate(zip(names, other_names, strict=False)) if a != b), None)
    what = (
        f"{len(names)} actions and {len(other_names)}"
        if first is None
        else f"action {first} is {names[first]} and {other_names[first]}"
    )
    raise InputError(
        f"The log and its counterpart do not have the same actions: {what}.",
        where=counterpart.provenance.source,
        hint="Give both cards the whole catalogue (items), so that items are numbered alike.",
    )


def is_uniform(data: TransitionDataset) -> bool:
    """Whether every logged propensity is 1 / A: the log of a uniform random policy."""
    return data.propensities is not None and bool(np.allclose(data.propensities * data.action_count, 1.0))
