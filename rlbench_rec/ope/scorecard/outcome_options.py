"""What is typed at the command line for further outcomes: ratios and guardrails."""

from __future__ import annotations

from collections.abc import Sequence

from ...errors import InputError
from ..analysis.guardrails import Guardrail

LOWER = "lower"


def guardrail(text: str) -> tuple[str, Guardrail]:
    """Name and limit of `returns:0.01:lower`, `revenue/orders:1%` or `clicks`; the outcome itself is not yet known.

    Raises:
        InputError: no name, a tolerance that is not a number, or one below 0.
    """
    name, *rest = text.split(":")
    lower = LOWER in rest
    tolerances = [part for part in rest if part and part != LOWER]
    if not name or len(tolerances) > 1:
        hint = "Write METRIC, METRIC:0.01, METRIC:1% or METRIC:1%:lower."
        raise InputError(f"'{text}' is not a guardrail.", where="--guardrail", hint=hint)
    tolerance = tolerances[0] if tolerances else "0"
    relative = tolerance.endswith("%")
    try:
        number = float(tolerance.removesuffix("%"))
    except ValueError as error:
        raise InputError(f"'{tolerance}' in '{text}' is not a number.", where="--guardrail") from error
    if not 0.0 <= number < float("inf"):
        raise InputError(f"The tolerance {tolerance} of '{name}' must be 0 or more.", where="--guardrail")
    return name, Guardrail(None, number / 100 if relative else number, lower, relative)


def reward_range(text: str) -> tuple[float, float]:
    """The smallest and the largest possible reward: `0,1`, `-1,1`.

    Raises:
        InputError: other than two numbers, the smaller first.
    """
    try:
        low, high = map(float, text.split(","))
    except ValueError as error:
        hint = "Write --reward-range=0,1: the smallest and the largest possible reward."
        raise InputError(f"'{text}' is not two numbers.", where="--reward-range", hint=hint) from error
    if not low < high:
        raise InputError(f"'{text}': the smaller number comes first.", where="--reward-range")
    return low, high


def outcome_columns(
    metrics: Sequence[str], ratios: Sequence[str], others: Sequence[str], reward: str
) -> tuple[str, ...]:
    """The columns that outcomes need beside the reward's: metrics, ratios of two, and others that may be either.

    Raises:
        InputError: a ratio of other than two columns.
    """
    columns = dict.fromkeys(metrics)
    for name in (*ratios, *others):
        sides = name.split("/")
        if not all(sides) or len(sides) > 2 or (len(sides) == 1 and name in ratios):
            raise InputError(f"'{name}' is not a ratio of two columns.", where="--ratio", hint="Write revenue/orders.")
        columns |= dict.fromkeys(sides)
    return tuple(name for name in columns if name != reward)
