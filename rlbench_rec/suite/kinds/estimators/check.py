"""What of a suite of estimators can be refused before any work starts."""

from __future__ import annotations

from ....errors import UnknownNameError
from ....toml_places import at
from ...labels import check_estimators, places, refuse_repeats, refuse_same_sources
from ...sources import make_task
from .config import EstimatorSuite, TaskSource


def sources(suite: EstimatorSuite) -> list[TaskSource]:
    """The shops."""
    return suite.sources


def trains(suite: EstimatorSuite) -> bool:
    """Whether q may be one that torch learns."""
    from .... import ope

    return suite.q != "linear" and any(map(ope.estimators.needs_q, suite.estimators))


def check(suite: EstimatorSuite) -> None:
    """Refuse what is wrong with a suite before any work starts.

    Raises:
        UnknownNameError: an unknown task, policy or estimator, naming the nearest known one.
        InputError: a parameter of a task out of range, or something named twice.
    """
    check_estimators(suite.estimators)
    refuse_repeats(suite.episodes, "episodes")
    for number, source in enumerate(suite.sources):
        with at("sources", number):
            _check_source(source)
    refuse_same_sources(suite.sources, places(suite.sources))


def _check_source(source: TaskSource) -> None:
    with at("task"):
        task = make_task(source)
    known = task.target_policies()
    for name in source.groups:
        if name not in known:
            raise UnknownNameError("policy", name, known)
    if source.logging not in {"behaviour", *task.behaviour_policies()}:
        with at("logging"):
            raise UnknownNameError("policy", source.logging, ["behaviour", *task.behaviour_policies()])
