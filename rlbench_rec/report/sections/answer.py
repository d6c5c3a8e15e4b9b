"""The question of a run, and its answer in a sentence."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ...results.board_message import beats_behaviour, board_message, shown_rows
from ...results.frontier_words import relative
from ...results.headline import Headline
from ...results.readable_names import row_name
from ...results.row_names import BEHAVIOUR, RANKED, REFERENCE
from ..run_tables import RunTables

if TYPE_CHECKING:
    import pandas as pd

WHICH_POLICY = "Which policy is best, and may the log be believed?"
WHICH_IMITATES = "Which policy predicts best what users choose?"
WHICH_ESTIMATOR = "Which estimator is to be believed?"


def question_and_answer(run: RunTables) -> tuple[str, str]:
    """What was asked, and a sentence."""
    if not run.headlines:
        return WHICH_ESTIMATOR, _best_estimator(run)
    if all(shown.estimator == RANKED for shown in run.headlines):
        return WHICH_IMITATES, _leaders(run.headlines)
    if run.advised:
        return WHICH_POLICY, _advised(run)
    return WHICH_POLICY, _beats(run.headlines)


def _advised(run: RunTables) -> str:
    """What to test, by what the logs alone say."""
    shown = [advice for advice in run.advised.values() if advice.step and advice.lift.shown]
    rest = len(run.advised) - len(shown)
    if not shown:
        where = "the log vouches" if rest == 1 else f"none of the {rest} logs vouches"
        return f"Keep what is in service: {where} for {'no' if rest == 1 else 'a'} change."
    tests = [
        f"{advice.step_and_shop} in {advice.place} ({relative(advice.lift, advice.behaviour)})" for advice in shown
    ]
    first = (
        tests[0] if len(tests) == 1 else f"{'; '.join(tests[:3])}{f'; and {len(tests) - 3} more' * (len(tests) > 3)}"
    )
    where = "elsewhere" if rest == 1 else f"in the {rest} other places"
    others = f"; {where} the log vouches for no change" if rest else ""
    return f"Test {first}{others}."


def _beats(headlines: tuple[Headline, ...]) -> str:
    if len(headlines) == 1:
        return f"{board_message(headlines[0])}."
    best = [row for shown in headlines if (row := _first_ahead(shown)) is not None]
    if not best:
        return f"No policy is shown to beat the behaviour policy in any of {len(headlines)} places."
    name, count = Counter(row_name(row["algorithm"], row["variant"]) for row in best).most_common(1)[0]
    return (
        f"A policy is shown to beat the behaviour policy in {len(best)} of {len(headlines)} places; "
        f"{name} leads most often, in {count}."
    )


def _first_ahead(shown: Headline) -> pd.Series | None:
    """The first policy of a place that is shown to beat what is in service."""
    rows = shown_rows(shown)
    rows = rows[~rows["algorithm"].isin([BEHAVIOUR, REFERENCE])]
    ahead = rows[rows["rank"].notna() & beats_behaviour(rows)]
    return ahead.iloc[0] if len(ahead) else None


def _leaders(headlines: tuple[Headline, ...]) -> str:
    said = "; ".join(map(board_message, headlines))
    return f"{said}. What any of them would earn, this log cannot tell."


def _best_estimator(run: RunTables) -> str:
    table = run.table("estimators")
    if table is None or table.empty:
        return "Nothing was scored."
    rows = table[table["policies"] == "all"]
    largest = rows[rows["n_episodes"] == rows["n_episodes"].max()]
    errors = largest.groupby("estimator")["rmse"].median().sort_values(kind="stable")
    covered = largest.groupby("estimator")[["coverage95", "coverage95_trusted"]].mean()
    best = str(errors.index[0])
    trusted = covered.loc[best, "coverage95_trusted"]
    vouched = f", and {trusted:.0%} of its trusted ones" if trusted == trusted else ""
    return (
        f"{best} has the least error in the median task ({errors.iloc[0]:.2g} of the behaviour policy's value, on logs "
        f"of {int(largest['n_episodes'].iloc[0]):,} sessions); its intervals hold "
        f"{covered.loc[best, 'coverage95']:.0%} of the true values{vouched}."
    )
