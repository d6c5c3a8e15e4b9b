"""`rlbench ope --target a,b,c` and `--plan`: several policies at once, and how long to log and to test."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError
from .config_file import with_options
from .render.console import say

if TYPE_CHECKING:
    from ..ope.inference import Inference
    from ..ope.scorecard import Comparison, Goal, PlanOptions


def plan_options(
    plan: str | None, *, power: float, treated: float, traffic: float, per_day: float | None
) -> PlanOptions | None:
    """What the options ask to plan for; None where they do not."""
    from ..ope.scorecard import PlanOptions, planned_lift

    if plan is None:
        if per_day is not None:
            raise InputError("Nothing is planned.", where="--per-day", hint="Say which lift is to be shown: --plan 5%.")
        return None
    lift, relative = planned_lift(plan)
    return PlanOptions(lift, relative, power, treated, traffic, per_day)


def named(policies: Sequence[str], target_propensity: str | None) -> str:
    """The first of the columns of --target, which are named in one place."""
    if target_propensity is not None or not policies:
        what = "It names no column." if not policies else "--target-propensity names a target policy too."
        raise InputError(what, where="--target", hint="Write --target a,b,c: the columns of all target policies.")
    return policies[0]


def compared(
    log: Path,
    policies: Sequence[str],
    columns: Mapping[str, str | None],
    reading: Mapping[str, Any],
    estimators: Sequence[str],
    goal: Goal,
    inference: Inference,
    plan: PlanOptions | None,
    of_one: Mapping[str, object],
) -> Comparison:
    """Several policies on one table.

    Args:
        log: the table.
        policies: columns of the target policies.
        columns, reading: as `scorecard.read_log` takes them.
        estimators: the one that decides, or none.
        goal, inference, plan: what is asked of each.
        of_one: options that go with one policy alone, and what they were given.
    """
    from ..ope import scorecard

    for option, value in of_one.items():
        if value:
            raise InputError("It goes with one target policy.", where=option, hint="Leave it out, or name one policy.")
    if len(estimators) > 1:
        hint = "Name the one that decides."
        raise InputError("Several policies are compared by one estimator.", where="--estimators", hint=hint)
    shared = {part: column for part, column in columns.items() if part != "target_propensity"}
    tables = scorecard.read_several(log, policies, shared, **reading)
    name = estimators[0] if estimators else "snips"
    return scorecard.compare_policies(tables, name, goal=goal, inference=inference, plan=plan)


def answer(comparison: Comparison, out: Path | None, config: Path | None, *, as_json: bool) -> int:
    """Print the comparison, write what --out asks for, and give the exit code."""
    from ..files import write_text
    from ..ope.scorecard import comparison_record
    from .render.policies import comparison_text

    as_text = json.dumps(with_options(comparison_record(comparison), config), indent=2, ensure_ascii=False)
    if out:
        write_text(out, as_text + "\n")
    say(as_text if as_json else comparison_text(comparison), end="\n" if as_json else "")
    return comparison.exit_code
