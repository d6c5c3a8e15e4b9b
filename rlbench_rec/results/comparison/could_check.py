"""What a comparison with too few pairs could check, what it could not, and how many pairs that takes: in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from .judge import Judged
from .pairs import LEAST_PAIRS

MORE = {
    "replicates": f"{LEAST_PAIRS} replicates (`replicates` of the suite)",
    "logs": f"{LEAST_PAIRS} logs (`logs` of the suite), or as many replicates",
    "seeds": f"{LEAST_PAIRS} seeds (--seeds {LEAST_PAIRS}), or as many replicates",
}
"""What pairs are -> what to ask for."""


def could_check(judged: Sequence[Judged], *, must_repeat: bool) -> list[str]:
    """Sentences, without a capital and a full stop, where rows have too few pairs; none elsewhere.

    Args:
        judged: every row.
        must_repeat: whether both sides are of one code on one machine, so that the same settings give the same bytes.
    """
    few = [row for row in judged if row.change == "too few"]
    if not few:
        return []
    counts = Counter(row.change for row in judged)
    old, same = len(judged) - counts["new"], counts["identical"]
    there = f"{counts['missing']} of {old:,} rows are missing" if counts["missing"] else f"all {old:,} rows are there"
    repeated = (
        "both sides are of one code on one machine, so what has the same settings was held to the same bytes"
        if must_repeat
        else "they are not known to be of one code on one machine, so other bytes are no error"
    )
    units = Counter(row.covers or "seeds" for row in few).most_common(1)[0][0]
    most = max(row.pairs for row in few)
    return [
        f"checked: {there}, {same:,} with the same values; {repeated}",
        f"not checked: whether the {len(few):,} rows that differ are worse by more than chance: they have {most} "
        f"{units} at most, and that takes {MORE[units]}, for small drops more (docs/compare.md); two "
        "leaderboard.csv are compared by their intervals",
    ]
