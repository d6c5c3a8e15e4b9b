"""What is said of a row: worse, better, too few pairs to say, or the same; and the tests behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import InputError
from ...statistics.hypotheses import holm, tail
from ...statistics.paired import LEVEL
from ..row_names import REFERENCE, is_frontier_control
from ..schema import KEYS
from .pairs import LEAST_PAIRS, UNITS, PairedRow

if TYPE_CHECKING:
    from collections.abc import Set

CHANGES = (
    "worse beyond",
    "missing",
    "not repeated",
    "too few",
    "worse within",
    "better within",
    "better beyond",
    "new",
    "identical",
)
"""What can be said of a row, worst first."""
REGRESSIONS = ("worse beyond", "missing", "not repeated")
HEADLINE_SHARE = 0.8
"""Share of the 5 % that the rows of the headline boards have; all other rows have the rest. A suite has many more of
those (further metrics, other estimators of the same policies), and with one adjustment over all of them the rows that
people look at would need ten times the evidence."""


@dataclass(frozen=True)
class MinEffect:
    """The least change that counts.

    Attributes:
        amount: in the metric's units, or a share of the old value.
        relative: whether it is a share.
    """

    amount: float = 0.0
    relative: bool = False

    def exceeded(self, old: float, difference: float) -> bool:
        """Whether a difference is larger."""
        return abs(difference) > self.amount * (abs(old) if self.relative else 1.0)


def min_effect(text: str | float | None) -> MinEffect:
    """`5%`, of the old value; or `0.02`, in the metric's units.

    Raises:
        InputError: neither, or a negative one.
    """
    if text is None:
        return MinEffect()
    number = str(text).strip()
    relative = number.endswith("%")
    try:
        amount = float(number.removesuffix("%"))
    except ValueError:
        amount = -1.0
    if not 0.0 <= amount < np.inf:
        hint = "Give a number in the metric's units, or a percentage of the old value: 5%."
        raise InputError(f"{number!r} is not an effect of 0 or more.", where="--min-effect", hint=hint)
    return MinEffect(amount / 100.0 if relative else amount, relative)


@dataclass(frozen=True)
class Judged:
    """A row with what is said of it; see `Comparison.rows` for the columns."""

    key: tuple[str, ...]
    old: float
    new: float
    difference: float = np.nan
    margin: float = np.nan
    change: str = "identical"
    verdict: str = ""
    ci_low: float = np.nan
    ci_high: float = np.nan
    p: float = np.nan
    p_adjusted: float = np.nan
    pairs: int = 0
    covers: str = ""
    lost: int = 0
    headline: bool = False

    def columns(self) -> dict[str, Any]:
        """Column -> cell."""
        return dict(zip(KEYS, self.key, strict=True)) | {
            name: value for name, value in vars(self).items() if name != "key"
        }


def judge_pairs(
    rows: Sequence[PairedRow], headline: Set[tuple[str, ...]], effect: MinEffect, *, must_repeat: bool
) -> list[Judged]:
    """Each row by its pairs.

    A row is worse where a one-sided paired t test says so, at 5 % for all rows of the comparison together: Holm's
    adjustment within the rows of the headline boards, which have `HEADLINE_SHARE` of the 5 %, and within all others.
    Better likewise, with 5 % of its own.

    Args:
        rows: of both sides.
        headline: (dataset, task, metric, estimator) of boards that have the larger share.
        effect: the least drop that counts.
        must_repeat: whether both sides are of one code on one machine, so that the same settings give the same bytes.
    """
    is_headline = [(*row.key[:2], *row.key[4:6]) in headline for row in rows]
    tested = [_is_tested(row) for row in rows]
    worse, worse_adjusted = _tests(rows, tested, is_headline, worse=True)
    better, better_adjusted = _tests(rows, tested, is_headline, worse=False)
    judged = []
    for number, row in enumerate(rows):
        below = _is_worse(row, row.gain.value)
        p, adjusted = (worse, worse_adjusted) if below else (better, better_adjusted)
        judged.append(_judged(row, p[number], adjusted[number], effect, must_repeat, is_headline[number]))
    return judged


def _is_tested(row: PairedRow) -> bool:
    """Rows that compete, and whose values differ. What was and stays unreliable claimed nothing."""
    return (
        not row.same
        and row.gain.n >= LEAST_PAIRS
        and not row.verdict_old == row.verdict_new == "unreliable"
        and row.identification != "not-identified"
        and row.key[2] != REFERENCE
        and not is_frontier_control(row.key[3])
    )


def _is_worse(row: PairedRow, difference: float) -> bool:
    return (difference < 0) == row.higher_is_better


def _tests(
    rows: Sequence[PairedRow], tested: Sequence[bool], headline: Sequence[bool], *, worse: bool
) -> tuple[np.ndarray, np.ndarray]:
    """One-sided p of every row that is tested, and adjusted. Rows of one policy with the same differences (a best
    checkpoint that is the last one) are one hypothesis."""
    p, adjusted = np.full(len(rows), np.nan), np.full(len(rows), np.nan)
    for number, row in enumerate(rows):
        if tested[number]:
            sign = 1.0 if row.higher_is_better != worse else -1.0
            p[number] = tail(sign * row.gain.value, row.gain.std_error, row.gain.n, scale=abs(row.old))
    families = [[i for i, yes in enumerate(tested) if yes and headline[i] is wanted] for wanted in (True, False)]
    shares = (HEADLINE_SHARE, 1.0 - HEADLINE_SHARE) if all(families) else (1.0, 1.0)
    for family, share in zip(families, shares, strict=True):
        first: dict[tuple[object, ...], int] = {}
        for number in family:
            row = rows[number]
            first.setdefault((row.key[:3], row.key[4:], row.differences), number)
        of_first = dict(zip(first.values(), holm(p[[*first.values()]]), strict=True))
        for number in family:
            row = rows[number]
            leader = first[(row.key[:3], row.key[4:], row.differences)]
            adjusted[number] = min(1.0, float(of_first[leader]) / share)
    return p, adjusted


def _judged(row: PairedRow, p: float, adjusted: float, effect: MinEffect, must_repeat: bool, headline: bool) -> Judged:
    verdict = " -> ".join(dict.fromkeys(filter(None, (row.verdict_old, row.verdict_new))))
    plain = Judged(row.key, row.old, row.new, verdict=verdict, pairs=row.gain.n, lost=row.lost, headline=headline)
    if row.lost:
        return replace(plain, change="missing", covers=UNITS[row.unit])
    if not row.in_old and row.in_new:
        return replace(plain, change="new")
    if row.same:
        return replace(plain, difference=0.0)
    low, high = row.gain.interval()
    plain = replace(
        plain,
        difference=row.gain.value,
        margin=(high - low) / 2,
        ci_low=low,
        ci_high=high,
        p=p,
        p_adjusted=adjusted,
        covers=UNITS[row.unit],
    )
    if must_repeat and row.same_settings:
        return replace(plain, change="not repeated")
    if row.gain.n < LEAST_PAIRS:
        return replace(plain, change="too few")
    side = "worse" if _is_worse(row, row.gain.value) else "better"
    shown = adjusted <= LEVEL and effect.exceeded(row.old, row.gain.value)
    return replace(plain, change=f"{side} {'beyond' if shown else 'within'}")
