"""What of a suite of estimators can be refused before any work starts."""

from __future__ import annotations

from ....errors import UnknownNameError
from ...sources import make_task
from .config import EstimatorSuite


def check_names(suite: EstimatorSuite) -> None:
    """Refuse unknown tasks, policies and estimators before any work starts.

    Raises:
        UnknownNameError: naming the nearest known one.
        InputError: a parameter of a task out of range.
    """
    from .... import ope

    for name in suite.estimators:
        ope.estimator(name)
    for source in suite.sources:
        task = make_task(source)
        known = task.evaluation_policies()
        for name in source.groups:
            if name not in known:
                raise UnknownNameError("policy", name, known)
        if source.logging not in {"behaviour", *task.logging_policies()}:
            raise UnknownNameError("policy", source.logging, ["behaviour", *task.logging_policies()])
