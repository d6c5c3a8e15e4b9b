"""Days between others on which a log has no rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise


def empty_days(days: Sequence[str]) -> dict[str, str]:
    """The last day before each gap -> the gap: `2025-03-04`, or `2025-03-04 to 2025-03-09`.

    Args:
        days: written as `2025-03-01`, in order.
    """
    dates = [date.fromisoformat(day) for day in days]
    one = timedelta(days=1)
    gaps = ((before, before + one, after - one) for before, after in pairwise(dates) if after - before > one)
    return {str(before): str(first) if first == last else f"{first} to {last}" for before, first, last in gaps}
