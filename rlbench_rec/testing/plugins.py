"""The contracts of all that a module registers."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ..errors import RlbenchError
from .contract import Check, refuse_without_assertions

if TYPE_CHECKING:
    from ..mdp.dataset import TransitionDataset

CONTRACTS = {
    "algorithms": "algorithms:algorithm_checks",
    "datasets": "datasets:dataset_checks",
    "encoders": "encoders:encoder_checks",
    "estimators": "estimators:estimator_checks",
    "metrics": "metrics:metric_checks",
    "policies": "policies:policy_checks",
    "tasks": "tasks:task_checks",
}
"""Kind -> the function of a name that gives its checks."""
LONGEST = 400
"""Characters of an error's own message."""


@dataclass(frozen=True)
class Finding:
    """What came of one check of one thing.

    Attributes:
        kind, name: of the thing.
        check: what is promised.
        state: `pass` or `FAIL`.
        message: what does not hold, and what to do; empty where it passed.
    """

    kind: str
    name: str
    check: str
    state: Literal["pass", "FAIL"]
    message: str


def check_plugin(module: str, dataset: str | Path | None = None, data: str | Path | None = None) -> Iterator[Finding]:
    """Run the contract of everything that a module registers, one finding after the other.

    Args:
        module: as Python imports it.
        dataset: check policies on the training side of this log: a card id, `id/variant`, or a card's path; None: on
            small logs of several forms.
        data: file or folder of that log; None: where the card says.

    Raises:
        InputError: the module cannot be imported or registers nothing, the log cannot be read, or Python runs without
            assertions.
    """
    from ..plugins import registered_by

    refuse_without_assertions()
    # First, since the module may bring the data set.
    things = registered_by(module)
    train = None if dataset is None else _training_side(dataset, data)
    for kind, name in things:
        try:
            checks = _checks(kind, name, train)
        except Exception as error:
            yield Finding(kind, name, "is what it is registered as", "FAIL", _message(error))
            continue
        for check in checks:
            message = _run(check)
            yield Finding(kind, name, check.name, "FAIL" if message else "pass", message)


def _training_side(dataset: str | Path, data: str | Path | None) -> TransitionDataset:
    from .. import events, mdp

    return mdp.build(events.load(dataset, data)).split()[0]


def _checks(kind: str, name: str, train: TransitionDataset | None) -> list[Check]:
    module, function = CONTRACTS[kind].split(":")
    checks: Callable[..., list[Check]] = getattr(importlib.import_module(f"{__package__}.{module}"), function)
    return checks(name, train) if kind == "policies" else checks(name)


def _run(check: Check) -> str:
    try:
        check.run()
    except Exception as error:
        return _message(error)
    return ""


def _message(error: Exception) -> str:
    text = " ".join(str(error).split())
    text = text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
    if isinstance(error, AssertionError):
        return text or "An assertion does not hold."
    return text if isinstance(error, RlbenchError) else f"{type(error).__name__}: {text}"
