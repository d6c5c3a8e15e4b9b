"""What a log tells of its visits beside their clicks: who returns, and the time of day."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .visits import Visits

DAYPARTS, HOURS = 4, 24
FEWEST_DAYS = 2
"""In a shorter log the time of day and the order of the visits are one."""
FEWEST_VISITS = 50
"""In each part of the day, or of returning users."""
SIGNIFICANCE = 0.001
"""Of a test that something differs, before it is fitted."""


def with_context(visits: Visits, groups: np.ndarray) -> tuple[Visits, dict[str, str]]:
    """The visits with those of `daypart` and `remembered` that the log identifies, and what it says of each in words.

    `remembered` is the group of the user's last click on an earlier visit, -1 where there is none: users who were here
    before the log began count as new. Parts of the day are kept where session lengths differ between them
    (Kruskal-Wallis at 0.1 %); returning users where there are at least 50 such visits.

    Args:
        visits: of a log, with `user` and `hour` where it has them.
        groups: (item_count,) group of each item.
    """
    kinds, said = dict(visits.kinds), {}
    for name, find in (("daypart", _dayparts), ("remembered", _remembered)):
        codes, said[name] = find(visits, groups)
        if codes is not None:
            kinds[name] = codes
    return replace(visits, kinds=kinds), said


def first_groups(visits: Visits, groups: np.ndarray) -> np.ndarray:
    """(visits,) group of each visit's first click, -1 where its item is not known."""
    return _group_at(visits, groups, np.searchsorted(visits.session, visits.visits))


def _dayparts(visits: Visits, groups: np.ndarray) -> tuple[np.ndarray | None, str]:
    if "hour" not in visits.kinds:
        return None, "the log has no times"
    hours = visits.kinds["hour"]
    if hours.max() - hours.min() < FEWEST_DAYS * HOURS:
        return None, f"the log spans less than {FEWEST_DAYS} days"
    part = (hours % HOURS) * DAYPARTS // HOURS
    lengths, at = visits.lengths, part[visits.visits]
    sides = [lengths[at == number] for number in range(DAYPARTS)]
    if min(len(side) for side in sides) < FEWEST_VISITS:
        return None, f"a part of the day has fewer than {FEWEST_VISITS} visits"
    from scipy.stats import kruskal

    p = float(kruskal(*sides).pvalue) if len(np.unique(lengths)) > 1 else 1.0
    if not p < SIGNIFICANCE:
        return None, f"session lengths do not differ between parts of the day (p = {p:.2g})"
    means = ", ".join(f"{side.mean():.1f}" for side in sides)
    return part, f"clicks of a visit in the four parts of the day, from midnight UTC: {means} (p = {p:.1g})"


def _remembered(visits: Visits, groups: np.ndarray) -> tuple[np.ndarray | None, str]:
    if "user" not in visits.kinds:
        return None, "the log has no users"
    users, numbers = visits.kind("user"), visits.visits
    last = _group_at(visits, groups, np.searchsorted(visits.session, numbers, side="right") - 1)
    # Sessions are in order of time, so a stable sort leaves each user's visits in order.
    order = np.argsort(users, kind="stable")
    same_user = users[order][1:] == users[order][:-1]
    remembered = np.full(len(numbers), -1)
    remembered[order[1:][same_user]] = last[order[:-1][same_user]]
    share = float((remembered >= 0).mean())
    if (remembered >= 0).sum() < FEWEST_VISITS:
        return None, f"{share:.1%} of the visits are by users seen before, fewer than {FEWEST_VISITS}"
    codes = np.full(int(numbers[-1]) + 1, -1)
    codes[numbers] = remembered
    return codes, f"{share:.0%} of the visits are by users seen before in the log"


def _group_at(visits: Visits, groups: np.ndarray, clicks: np.ndarray) -> np.ndarray:
    items = visits.item[clicks]
    known = items < visits.item_count
    return np.where(known, groups[np.where(known, items, 0)], -1)
