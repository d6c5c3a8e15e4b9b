"""What of a suite of estimators can be refused before any work starts."""

from __future__ import annotations

from ....errors import UnknownNameError
from ...labels import places, refuse_repeats, refuse_same_sources
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
    from .... import ope

    refuse_repeats([ope.estimator(name).id for name in suite.estimators], "estimators", suite.estimators)
    refuse_repeats(suite.episodes, "episodes")
    for source in suite.sources:
        task = make_task(source)
        known = task.target_policies()
        for name in source.groups:
            if name not in known:
                raise UnknownNameError("policy", name, known)
        if source.logging not in {"behaviour", *task.behaviour_policies()}:
            raise UnknownNameError("policy", source.logging, ["behaviour", *task.behaviour_policies()])
    refuse_same_sources(suite.sources, places(suite.sources))
