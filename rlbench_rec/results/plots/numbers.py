"""Numbers as columns of a picture: as many decimals in all rows, so that digits line up."""

from __future__ import annotations

import math

import pandas as pd

MOST_DECIMALS = 5
MINUS = "\N{MINUS SIGN}"


def aligned(rows: pd.DataFrame) -> tuple[list[str], list[str], list[str]]:
    """Value, lower and upper limit of each row, with as many decimals as give the median half-width of the rows that
    can be relied on two digits (five at most); `not defined` for a value that is not.

    Args:
        rows: leaderboard rows.
    """
    places = decimals(rows)
    values = ["not defined" if pd.isna(mean) else fixed(mean, places) for mean in rows["mean"]]
    known = rows["mean"].notna() & rows["ci_low"].notna()
    ends = zip(known, rows["ci_low"], rows["ci_high"], strict=True)
    texts = [(f"[{fixed(low, places)},", f"{fixed(high, places)}]") if shown else ("", "") for shown, low, high in ends]
    return values, [low for low, _ in texts], [high for _, high in texts]


def decimals(rows: pd.DataFrame) -> int:
    """How many decimals the numbers of some rows have in common.

    Args:
        rows: leaderboard rows.
    """
    half = ((rows["ci_high"] - rows["ci_low"]) / 2).where(rows["ci_high"] > rows["ci_low"])
    reliable = half[rows["verdict"] != "unreliable"].dropna()
    half = half.dropna() if reliable.empty else reliable
    if half.empty:
        largest = rows["mean"].abs().max()
        return MOST_DECIMALS if pd.isna(largest) or largest == 0 else _places(float(largest), 3)
    return _places(float(half.median()), 1)


def fixed(number: float, places: int) -> str:
    """`-1,234.50`, with a minus sign; a rounded -0.0 is 0.0."""
    return f"{round(float(number), places) + 0.0:,.{places}f}".replace("-", MINUS)


def _places(number: float, digits: int) -> int:
    return min(max(0, digits - math.floor(math.log10(number))), MOST_DECIMALS)
