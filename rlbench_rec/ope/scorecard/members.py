"""The estimators that a table is scored by: as they are typed, or those of a table for which nothing is named."""

from __future__ import annotations

from collections.abc import Sequence

from ...errors import InputError
from ..data.evaluation_log import EvaluationLog
from ..estimators import ESTIMATORS, Estimator, estimator
from ..inference.slope import slope

WITHOUT_Q = ("snips", "ips")
WITH_Q = ("dr", "snips", "ips")


def members_of(names: Sequence[str], log: EvaluationLog) -> list[Estimator]:
    """The estimators of these names, or those that a log is scored by where none are named; the first decides."""
    return [estimator_named(name, log) for name in names or default_names(log.q_logged is not None)]


def default_names(with_q: bool) -> tuple[str, ...]:
    """What a log is scored by where nothing is named."""
    return WITH_Q if with_q else WITHOUT_Q


def further_member(members: Sequence[Estimator]) -> Estimator:
    """The estimator of outcomes other than the reward: the first that needs no model of it."""
    return next((member for member in members if not member.needs_q), estimator("snips"))


def estimator_named(name: str, log: EvaluationLog | None) -> Estimator:
    """`ips-clip:10`, `switch-dr:slope`, `magic`; without a log none that is chosen from it."""
    id_, _, numbers = name.partition(":")
    base = ESTIMATORS[id_]
    if numbers == "slope":
        if log is None:
            what = f"'{name}' is chosen from the whole log, which is read in parts."
            raise InputError(
                what, where="--estimators", hint=f"Give a number, {id_}:10, or read it whole: --no-stream."
            )
        return slope(log, base)
    if not numbers:
        if set(base.required) - set(base.parameters):
            (parameter,) = base.required
            hint = f"Write {id_}:10 (a {parameter} of 10), or {id_}:slope to have it chosen from the log."
            raise InputError(f"The estimator '{id_}' needs a {parameter}.", where="--estimators", hint=hint)
        return estimator(base)
    try:
        values = [float(number) for number in numbers.split(":")]
    except ValueError as error:
        raise InputError(f"'{numbers}' in '{name}' is not a number.", where="--estimators") from error
    if len(values) > len(base.required):
        takes = " and ".join(base.required) or "no parameters"
        raise InputError(f"The estimator '{id_}' takes {takes}.", where="--estimators")
    return estimator(base, **dict(zip(base.required, values, strict=False)))
