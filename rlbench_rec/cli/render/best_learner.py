"""What a learner has to beat: one sentence under the rows of a place."""

from __future__ import annotations

import pandas as pd

from ...results.leaderboard import BEHAVIOUR, REFERENCE


def best_learner(ranked: pd.DataFrame) -> str:
    """Where the best learner of a place stands among its baselines; empty where one or the other is not ranked.

    Args:
        ranked: the ranked rows that are shown, best first.
    """
    is_baseline = ranked["algorithm"].map(_is_baseline).astype(bool)
    learners, baselines = ranked[~is_baseline & ~ranked["algorithm"].isin([BEHAVIOUR, REFERENCE])], ranked[is_baseline]
    if learners.empty or baselines.empty:
        return ""
    best = learners.iloc[0]
    said = f"Best learner: {best['algorithm']} ({best['variant']})"
    ahead = baselines[baselines["rank"] < best["rank"]]
    if ahead.empty:
        first = baselines.iloc[0]
        how = "ahead within the intervals" if _overlap(first, best) else "clearly ahead"
        return f"{said}, {how} of the best baseline, {first['algorithm']}."
    within = [_overlap(row, best) for _, row in ahead.iterrows()]
    clearly, hardly = (_names(ahead[[level is wanted for level in within]]) for wanted in (False, True))
    parts = [f"clearly ahead of it: {clearly}"] * bool(clearly)
    parts += [f"ahead within the intervals: {hardly}"] * bool(hardly)
    return f"{said}. Baselines {'; '.join(parts)}."


def _is_baseline(name: str) -> bool:
    from ...policies import POLICIES
    from ...training import ALGORITHMS

    return name in POLICIES or (name in ALGORITHMS and ALGORITHMS[name].is_baseline)


def _overlap(row: pd.Series, other: pd.Series) -> bool:
    """Whether intervals overlap; one that is not defined overlaps with every other."""
    return not (row["ci_low"] > other["ci_high"] or row["ci_high"] < other["ci_low"])


def _names(rows: pd.DataFrame) -> str:
    return ", ".join(dict.fromkeys(rows["algorithm"]))
