"""Which rows of a board cannot be told from its best: the letters of `tie_group`."""

from __future__ import annotations

import string

import numpy as np
import pandas as pd

from ..statistics.hypotheses import tail
from ..statistics.paired import paired_gain
from ..tolerances import ROUNDING
from .against_behaviour import policies_of
from .board_rows import common_gains


def tie_groups(rows: pd.DataFrame, confidence: float = 0.95) -> list[str]:
    """The letter of each row. `a` holds the leader and all that may be as good, the best of the rest opens `b`, and so
    on.

    Over several replicates a row may be as good as the leader unless a paired one-sided test says that it is worse, at
    (1 - confidence) / (k - 1) where k policies are ranked (checkpoints with the same numbers are one). `a` then holds
    the truly best policy of the board in a share `confidence` of boards or more: for it to be left out, one of k - 1
    tests must be in error. Otherwise a row may be as good where its interval overlaps the leader's.

    Args:
        rows: ranked rows of one board, best first, with `units`, `numbers`, `ci_low`, `ci_high`, `mean` and
            `higher_is_better`.
        confidence: level of the intervals.
    """
    paired = bool(len(rows)) and max(map(len, rows["units"])) > 1
    apart = _paired_tests(rows, confidence) if paired else _intervals_apart(rows)
    groups = [""] * len(rows)
    for number in range(len(rows)):
        waiting = [i for i, group in enumerate(groups) if not group]
        if not waiting:
            break
        for i in waiting:
            if i == waiting[0] or not apart[waiting[0], i]:
                groups[i] = letters(number)
    return groups


def letters(number: int) -> str:
    """0 -> a, 25 -> z, 26 -> aa."""
    text = ""
    number += 1
    while number:
        number, digit = divmod(number - 1, 26)
        text = string.ascii_lowercase[digit] + text
    return text


def _intervals_apart(rows: pd.DataFrame) -> np.ndarray:
    low, high = rows["ci_low"].to_numpy(float), rows["ci_high"].to_numpy(float)
    # Two values of no spread that differ in the last digit are a tie; a row without an interval ties with all.
    rounding = ROUNDING * float(np.nanmax(np.abs(rows["mean"].to_numpy(float)), initial=0.0))
    return (high[None, :] < low[:, None] - rounding) | (low[None, :] > high[:, None] + rounding)


def _paired_tests(rows: pd.DataFrame, confidence: float) -> np.ndarray:
    """(k, k) whether the first is better than the second by a paired test."""
    signs = rows["higher_is_better"].map({True: 1.0, False: -1.0})
    signed = zip(signs, rows["units"], strict=True)
    units = [{number: sign * value for number, value in of.items()} for sign, of in signed]
    level = (1 - confidence) / max(1, len(set(policies_of(rows))) - 1)
    apart = np.zeros((len(rows), len(rows)), dtype=bool)
    for first, ours in enumerate(units):
        for second, theirs in enumerate(units):
            if first < second:
                gain = paired_gain(common_gains(ours, theirs))
                scale = float(np.abs([*ours.values(), *theirs.values()]).max())
                apart[first, second] = tail(gain.value, gain.std_error, gain.n, scale=scale) < level
    return apart
