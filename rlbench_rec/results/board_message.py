"""What the rows of one place say, in a sentence: who leads, and whether anybody beats the behaviour policy."""

from __future__ import annotations

import pandas as pd

from .headline import Headline
from .readable_names import row_name
from .row_names import BEHAVIOUR, RANKED, REFERENCE, is_best, is_frontier_control
from .ties import letters

LEVEL = 0.05
"""Of the adjusted two-sided test below which a row is told from the behaviour policy."""


def shown_rows(shown: Headline) -> pd.DataFrame:
    """The rows of a place that are somebody's policy: without best checkpoints, which repeat the last ones' story, and
    controls of frontiers; ranks are among them, and rows in their order, whatever the file's is."""
    last = [not (is_best(variant) or is_frontier_control(variant)) for variant in shown.rows["variant"]]
    rows = shown.rows[last].reset_index(drop=True)
    ranked = rows.assign(rank=rows["rank"].rank(method="min").astype("Int64"))
    return ranked.sort_values("rank", kind="stable", ignore_index=True)


def lettered_rows(shown: Headline) -> pd.DataFrame:
    """`shown_rows` with letters of ties a, b, ... among them, as their ranks are."""
    rows = shown_rows(shown)
    groups = sorted(set(rows.loc[rows["rank"].notna(), "tie_group"]), key=lambda group: (len(group), group))
    renamed = {group: letters(number) for number, group in enumerate(groups)}
    return rows.assign(tie_group=[renamed.get(group, group) for group in rows["tie_group"]])


def board_message(shown: Headline) -> str:
    """`DQN, greedy leads in recommend-v1: 5 of 9 policies beat the behaviour policy`, or that none is shown to. A row
    beats it where the board's own test, adjusted for all that it compares, says so at 5 % and the row is trusted.

    Args:
        shown: of one place.
    """
    rows = shown_rows(shown)
    rivals = rows[~rows["algorithm"].isin([BEHAVIOUR, REFERENCE])]
    ranked = rivals[rivals["rank"].notna()]
    if ranked.empty:
        return f"No value of a policy can be relied on in {shown.place}" if len(rivals) else shown.place
    first = ranked.iloc[0]
    name = row_name(first["algorithm"], first["variant"])
    level = int((ranked["tie_group"] == first["tie_group"]).sum()) - 1
    if shown.estimator == RANKED:
        return f"{name} ranks best what users of {shown.place} chose next{_level(level)}"
    if shown.behaviour is None:
        return f"{name} is first in {shown.place}{_level(level)}"
    wins = int(beats_behaviour(ranked).sum())
    if not wins:
        return f"No policy is shown to beat the behaviour policy in {shown.place}"
    how = "leads" if not level else "is first"
    verb = "beats" if wins == 1 else "beat"
    return f"{name} {how} in {shown.place}{_level(level)}; {_count(wins, len(rivals))} {verb} the behaviour policy"


def beats_behaviour(rows: pd.DataFrame) -> pd.Series:
    """Which rows of a leaderboard are told from the behaviour policy, and better.

    Args:
        rows: leaderboard rows.
    """
    better = (rows["p_adjusted"].astype(float) <= LEVEL) & (rows["prob_improvement"].astype(float) > 0.5)
    return better & (rows["verdict"] == "trusted")


def _level(others: int) -> str:
    return f", not told apart from {others} other{'s' * (others > 1)}" if others else ""


def _count(wins: int, rivals: int) -> str:
    return "all policies" if wins == rivals > 1 else f"{wins} of {rivals} policies"
