"""Purchases that come days after the decision, some after the log has ended: an attribution window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ...bad_rows import refuse_rows
from ...errors import InputError
from ..data import checks

WAYS = ("drop", "weigh")


@dataclass(frozen=True)
class Attribution:
    """Rewards of decisions, counted within a window after each.

    Attributes:
        rewards: (n,) what each decision earned within its window.
        kept: (n,) which decisions to evaluate on: with "drop" those whose window was over when the log ended.
        complete: (n,) whether the window was over.
        censored_share: share of decisions whose window was not over.
        largest_factor: the largest weight of an outcome that was counted; 1 with "drop".
        outcomes: how many outcomes were `counted`, came `late` (after the window), `before` any decision, `unmatched`
            (a user without decisions), `after_end` of the log, or were `dropped` with their decision; they add up to
            all that were given.
        censored: "drop" or "weigh", as asked.
    """

    rewards: np.ndarray
    kept: np.ndarray
    complete: np.ndarray
    censored_share: float
    largest_factor: float
    outcomes: dict[str, int]
    censored: str

    def summary(self) -> str:
        """What was counted, in words."""
        done = {
            "drop": "these decisions are left out",
            "weigh": f"outcomes count up to {self.largest_factor:.3g} times for those not yet seen",
        }[self.censored]
        counts = ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in self.outcomes.items() if count)
        return (
            f"{self.censored_share:.1%} of {len(self.rewards):,} decisions have a window that was not over when the "
            f"log ended; {done}. Outcomes: {counts or 'none'}."
        )


def attribute(
    decided: np.ndarray,
    happened: np.ndarray,
    values: np.ndarray | float = 1.0,
    *,
    window: float | np.timedelta64,
    log_end: float | np.datetime64,
    rows: np.ndarray | None = None,
    users: Sequence[object] | np.ndarray | None = None,
    outcome_users: Sequence[object] | np.ndarray | None = None,
    censored: Literal["drop", "weigh"] = "drop",
) -> Attribution:
    """Credit outcomes to decisions, and say which decisions have not yet had their time.

    An outcome counts if it comes within `window` after its decision. Its decision is the one in `rows`, or the last one
    of the same user before it. A decision later than `log_end` - `window` may still earn something that the log does
    not hold; counting it as 0 favours whatever sells slowly the least.

    "drop" evaluates on the decisions whose window was over: right if days are alike. "weigh" keeps all decisions and
    counts an outcome that came after a delay d 1 / G(d) times, G(d) the share of decisions that were observed for at
    least d (inverse probability of censoring; Bang and Tsiatis 2000): right if delays do not depend on the time of the
    decision. It uses the newest days, and its rewards vary more.

    Args:
        decided: (n,) time of each decision: numbers, or datetime64.
        happened: (m,) time of each outcome, likewise.
        values: (m,) what each outcome is worth, or one number.
        window: how long outcomes are credited: a number, or timedelta64.
        log_end: the time up to which outcomes are known.
        rows: (m,) the decision of each outcome, from 0; or else
        users, outcome_users: (n,) and (m,) the user of each.
        censored: what is done about decisions whose window is not over.

    Raises:
        InputError: times that are missing, lengths that differ, a decision after the log's end, a window that is not
            positive, or one longer than any decision was observed.
    """
    if censored not in WAYS:
        raise InputError(f"'{censored}' is not one of {', '.join(WAYS)}.", where="censored")
    decided, happened = _times("decided", decided), _times("happened", happened)
    if not len(decided):
        raise InputError("There are no decisions.", where="decided")
    try:
        followed = np.asarray(log_end - decided)
        positive = bool(window > window * 0)
        complete = np.asarray(np.greater_equal(followed, window))
        late_decisions = np.asarray(np.less(followed, window * 0))
    except (TypeError, np.exceptions.DTypePromotionError) as error:
        what = "Times, window and log_end must be of one kind: all numbers, or datetime64 with a timedelta64."
        raise InputError(what, where="window") from error
    if not positive:
        raise InputError(f"{window}; it must be positive.", where="window")
    refuse_rows(late_decisions, lambda row, _: InputError(f"Row {row} was decided after log_end.", where="decided"))
    if not complete.any():
        what = f"No decision was observed for {window}; the longest was for {followed.max()}."
        raise InputError(what, where="window", hint="Take a shorter window, or wait.")
    values = np.broadcast_to(np.asarray(values, dtype=np.float64), happened.shape)
    checks.refuse("values", ~np.isfinite(values), "not a finite number", values)
    of, matched = _decisions(decided, happened, rows, users, outcome_users)
    delays = happened - decided[of]
    known, early = happened <= log_end, delays < window * 0
    within = matched & known & ~early & (delays <= window)
    counted = within & complete[of] if censored == "drop" else within
    factors = np.ones(len(happened))
    if censored == "weigh":
        # How many decisions were observed for at least the delay.
        observed = len(decided) - np.searchsorted(np.sort(followed), delays[counted], side="left")
        factors[counted] = len(decided) / observed
    rewards = np.bincount(of[counted], values[counted] * factors[counted], minlength=len(decided))
    outcomes = {
        "counted": int(counted.sum()),
        "late": int((matched & known & ~early & (delays > window)).sum()),
        "before": int((matched & known & early).sum()),
        "unmatched": int((known & ~matched).sum()),
        "after_end": int((~known).sum()),
        "dropped": int((within & ~counted).sum()),
    }
    kept = complete if censored == "drop" else np.ones(len(decided), dtype=bool)
    share = float(np.mean(~complete))
    return Attribution(rewards, kept, complete, share, float(factors.max(initial=1.0)), outcomes, censored)


def _times(name: str, values: np.ndarray) -> np.ndarray:
    times = np.asarray(values)
    if times.ndim != 1 or times.dtype.kind not in "iufM":
        raise InputError("A vector of numbers or datetime64 is needed.", where=name)
    missing = np.isnat(times) if times.dtype.kind == "M" else ~np.isfinite(times)
    refuse_rows(missing, lambda row, n: InputError(f"{n} times are missing; the first at {row}.", where=name))
    return times


def _decisions(
    decided: np.ndarray,
    happened: np.ndarray,
    rows: np.ndarray | None,
    users: Sequence[object] | np.ndarray | None,
    outcome_users: Sequence[object] | np.ndarray | None,
) -> tuple[np.ndarray, np.ndarray]:
    """(m,) the decision of each outcome, and whether there is one."""
    if rows is not None:
        of = np.asarray(rows)
        if of.shape != happened.shape or (len(of) and not np.issubdtype(of.dtype, np.integer)):
            raise InputError(f"{len(happened)} row numbers are needed.", where="rows")
        checks.refuse("rows", (of < 0) | (of >= len(decided)), f"not rows of the {len(decided)} decisions", of)
        return of.astype(np.int64), np.ones(len(of), dtype=bool)
    if users is None or outcome_users is None:
        what = "It is not known which decision an outcome belongs to."
        raise InputError(what, where="rows", hint="Give rows=, or users= and outcome_users=.")
    if len(users) != len(decided) or len(outcome_users) != len(happened):
        what = f"{len(users)} and {len(outcome_users)} entries for {len(decided)} decisions"
        raise InputError(f"{what} and {len(happened)} outcomes.", where="users")
    both = np.concatenate([np.asarray(users), np.asarray(outcome_users)])
    codes = checks.codes("users", both)[0]
    n = len(decided)
    # By user and time; at the same moment the decision comes first.
    order = np.lexsort((np.arange(len(both)), np.concatenate([decided, happened]), codes))
    is_decision = order < n
    last = np.maximum.accumulate(np.where(is_decision, np.arange(len(order)), -1))
    of = np.full(len(both), -1)
    known = last >= 0
    of[order[known]] = order[last[known]]
    of = of[n:]
    same = (of >= 0) & (codes[of] == codes[n:])
    has_any = np.isin(codes[n:], codes[:n])
    # Before the user's first decision: its delay is negative, so it is never counted.
    first = np.full(int(codes.max(initial=-1)) + 1, 0)
    by_time = np.argsort(decided, kind="stable")[::-1]
    first[codes[:n][by_time]] = by_time
    return np.where(same, of, first[codes[n:]]), has_any
