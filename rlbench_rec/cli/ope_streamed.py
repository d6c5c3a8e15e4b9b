"""`rlbench ope` of a log that does not fit into memory: read in parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError
from .render.parts_progress import PartsProgress

if TYPE_CHECKING:
    from ..ope.scorecard import Goal, Report

NORMAL = "normal"
"""The kind of interval that parts give."""


def in_parts(log: Path, stream: bool | None, ray: str) -> bool:
    """Whether a log is read in parts: where it was asked for, or where it is Parquet of more than ten million rows.

    Args:
        log: the log.
        stream: whether it was asked for; None: nothing was said.
        ray: the address of a cluster, which is given parts.

    Raises:
        MissingFileError, InputError: it cannot be read; or a cluster is to read a whole log.
    """
    from ..ope.scorecard.streamed import is_large

    if stream is False and ray:
        raise InputError("A cluster reads a log in parts.", where="--ray", hint="Leave out --no-stream.")
    return bool(ray) or (is_large(log) if stream is None else stream)


def scored(
    log: Path,
    columns: Mapping[str, str | None],
    reading: Mapping[str, Any],
    estimators: Sequence[str],
    goal: Goal,
    interval: str | None,
    confidence: float,
    whole: Mapping[str, object],
    beside: Path | None,
    ray: str,
) -> Report:
    """The scorecard of a log that is read in parts.

    Args:
        log: the log.
        columns, reading: as `scorecard.read_log` takes them.
        estimators: the first decides; none: the usual ones.
        goal: what is asked of the policy.
        interval: the kind that was asked for, if any.
        confidence: of the intervals.
        whole: options that need the whole log, and what they were given.
        beside: a file beside which temporary files may be; None: in the system's place for them.
        ray: address of a Ray cluster, or empty.

    Raises:
        InputError: such an option, or another interval.
    """
    from ..ope.scorecard.streamed import score_streamed

    for option, value in whole.items():
        if value:
            hint = "Leave it out, or read the log whole: --no-stream."
            raise InputError("It needs the whole log, which is read in parts.", where=option, hint=hint)
    if interval not in (None, NORMAL):
        what = f"'{interval}' needs the whole log, which is read in parts."
        raise InputError(what, where="--interval", hint="Leave it out for Student's intervals, or add --no-stream.")
    with PartsProgress() as progress:
        return score_streamed(
            log,
            columns,
            estimators,
            **{name: reading[name] for name in ("form", "metrics", "gamma", "reward_range", "propensity_source")},
            guardrails=goal.guardrails,
            lower_is_better=goal.lower_is_better,
            min_lift=goal.min_lift,
            confidence=confidence,
            scratch=None if beside is None else beside.with_name(f"{beside.name}-parts"),
            ray=ray or None,
            progress=progress,
        )
