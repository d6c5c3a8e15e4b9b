"""The page of a suite's submissions, in Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..results.row_names import NORMALISED_METRIC, TRUTH
from ..results.schema import TableRow
from ..suite.config import Suite
from .submission import Submission

if TYPE_CHECKING:
    import pandas as pd

MOST_SHOWN = 20
"""Rows a board that the page shows; leaderboard.csv has all."""


def page(
    suite: Suite,
    taken: list[Submission],
    current: list[Submission],
    leaderboard: pd.DataFrame | None,
    *,
    with_board: bool,
) -> str:
    """Who submitted what, what of it was done again, and where it stands.

    Args:
        suite: as it is known here.
        taken: all submissions.
        current: those that are of this version of the suite, and on the board.
        leaderboard: with their rows; None where there are none.
        with_board: whether the committed rows of the suite are on it too.
    """
    lines = [
        f"# Submissions to `{suite.name}`",
        "",
        "Written by `rlbench leaderboard add`; see docs/submitting.md.",
        "",
    ]
    header = ("submission", "what is new", "settings tried", "code", "done again", "on the board")
    rows = [_submission(each, each in current) for each in taken]
    lines += _table(header, rows)
    lines += [
        "",
        "The number of settings tried is the submitter's word. Rows of a submission have its name in `variant`.",
    ]
    if not with_board:
        lines += ["The committed board is of another version of the suite: its rows are not here."]
    if leaderboard is not None:
        for place, board in _boards(leaderboard, suite):
            lines += ["", f"## {place}", "", *_table(("rank", "policy", "value", "interval"), board)]
    return "\n".join(lines) + "\n"


def _submission(submission: Submission, is_current: bool) -> list[str]:
    found = submission.verified
    again = f"{found.jobs} jobs, {found.same} of {found.rows} rows the same (seed {found.seed})" if found else "not yet"
    code = submission.made_with.get("code")
    commit = code.get("commit") if isinstance(code, dict) else None
    plugins = submission.made_with.get("plugins") or {}
    made = f"{str(commit)[:10]}{' with ' + ', '.join(plugins) if isinstance(plugins, dict) and plugins else ''}"
    tried = "none" if submission.trials is None else str(submission.trials)
    board = "yes" if is_current else "no: of an earlier version of the suite"
    return [submission.name, submission.description, tried, made, again, board]


def _boards(leaderboard: pd.DataFrame, suite: Suite) -> list[tuple[str, list[list[str]]]]:
    """Place -> its best rows by truth where there is one, else by the suite's last estimator."""
    metric = NORMALISED_METRIC if suite.normalise else "reward"
    places = leaderboard["dataset"].where(leaderboard["dataset"] != "", leaderboard["task"])
    found = []
    for place in dict.fromkeys(places):
        board = leaderboard[(places == place) & (leaderboard["metric"] == metric)]
        judged = board[board["estimator"] == TRUTH]
        judged = judged if len(judged) else board[board["estimator"] == suite.estimators[-1]]
        ranked = judged.sort_values(["rank", "algorithm", "variant"], na_position="last").head(MOST_SHOWN)
        found.append((str(place), [_row(row) for row in ranked.to_dict("records")]))
    return found


def _row(row: TableRow) -> list[str]:
    rank = "" if str(row["rank"]) == "<NA>" else str(row["rank"])
    interval = f"{row['ci_low']:.4g} to {row['ci_high']:.4g}"
    return [rank, f"{row['algorithm']} {row['variant']}", f"{row['mean']:.4g}", interval]


def _table(header: tuple[str, ...], rows: list[list[str]]) -> list[str]:
    cells = [list(header), ["---"] * len(header), *rows]
    return [f"| {' | '.join(row)} |" for row in cells]
