"""What of a suite of algorithms can be refused before any work starts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ....errors import InputError, UnknownNameError
from ...config import Suite
from ...reference.known import find_reference
from ...sources import make_task


def check_names(suite: Suite) -> None:
    """Refuse unknown names before any work starts.

    Raises:
        UnknownNameError: an unknown task, dataset, algorithm, encoder, loop, estimator or metric.
        MissingFileError: the raw files of a data set are not there.
        InputError: an unknown policy form or algorithm setting, a task's parameter out of range, or a task without a
            reference policy where values are to be normalised.
    """
    from .... import ope, training
    from ....events.cards.find import find, resolve_files
    from ....policies import POLICIES
    from ....results.metrics import METRICS
    from ....training.algorithms import make_config

    for spec in suite.algorithms:
        if spec.id not in POLICIES and spec.id not in training.ALGORITHMS:
            raise UnknownNameError("algorithm", spec.id, [*POLICIES, *training.ALGORITHMS])
        training.ENCODERS.canonical(spec.encoder)
        if spec.id in training.ALGORITHMS:
            make_config(spec.id, spec.config, 0.9)
    training.LOOPS.canonical(suite.loop)
    for name in suite.estimators:
        ope.estimator(name)
    for form in [*suite.forms, *(form for source in suite.sources for form in source.forms or [])]:
        parse_form(form)
    for source in suite.sources:
        for metric in source.metrics:
            METRICS.canonical(metric)
        if source.task:
            task = make_task(source)
            if suite.normalise:
                find_reference(task)
        else:
            data = None if source.data is None else Path(source.data)
            for name in filter(None, (source.dataset, source.counterpart)):
                resolve_files(find(name), data)


def parse_form(text: str) -> dict[str, Any]:
    """`greedy`, `stochastic`, `softmax-<tau>` or `epsilon-greedy-<epsilon>` as arguments of `Run.policy`.

    Raises:
        InputError: anything else.
    """
    if text in ("greedy", "stochastic"):
        return {"form": text}
    for form, parameter in (("softmax", "tau"), ("epsilon-greedy", "epsilon")):
        if text.startswith(f"{form}-"):
            try:
                return {"form": form, parameter: float(text.removeprefix(f"{form}-"))}
            except ValueError:
                break
    hint = "Write greedy, softmax-<tau> or epsilon-greedy-<epsilon>, e.g. softmax-0.3."
    raise InputError(f"Unknown policy form '{text}'.", where="forms", hint=hint)
