"""What a person sees at the end of a run."""

from __future__ import annotations

import math
import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from ...policies.forms import FRONTIER_FORMS
from ...results.board_message import lettered_rows
from ...results.headline import Headline, formatted, headlines
from ...results.leaderboard import DIVERGING, RANKED
from ...suite.kinds.algorithms.tables import PLOTS_FOLDER
from .actions import export_line, show_actions
from .best_learner import best_learner
from .board_summary import show_summary
from .console import say, stderr_console, stdout_console
from .frontier import advice_of, show_advice, unidentified, with_advice
from .imitation import rankings_of, what_limits

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from ...results.schema import TableRow
    from ...suite.finished_run import FinishedRun

IDENTIFIED, IMITATION = "identified", "imitation"
COLOURS = {"trusted": "green", "weak": "yellow", "unreliable": "red"}
SCORES = ("rmse", "bias", "coverage95", "rank_correlation", "regret_at_1")
"""Columns of estimators.csv that are shown."""


def show(finished: FinishedRun, as_json: bool = False, boards: bool = False) -> None:
    """What the kind of suite looks at first, on stdout; failures go to stderr.

    Args:
        finished: the run.
        as_json: all rows, in place of what is read.
        boards: also the ranked rows of every place; of a run with one place they are always shown.
    """
    if finished.suite.kind == "estimators":
        show_estimators(finished, as_json)
    else:
        show_algorithms(finished, as_json, boards)


def show_algorithms(finished: FinishedRun, as_json: bool = False, boards: bool = False) -> None:
    """What to act on in every place, where the files are, and how to export a policy; on stdout. Failures go to
    stderr. See `show`."""
    from rich.markup import escape

    from ...results.actions import actions
    from ...results.read import load_leaderboard

    board = load_leaderboard(finished.folder / "leaderboard.csv")
    advised = advice_of(finished.folder)
    if as_json:
        say(with_advice(board, advised).to_json(orient="records", indent=1))
        return
    console = stdout_console()
    rankings = rankings_of(finished.folder)
    places = headlines(board)
    for shown in places if boards or len(places) == 1 else ():
        if shown.place in advised:
            show_advice(console, advised[shown.place], board)
        _show_place(console, shown, rankings)
    for sentence in unidentified(board) if _asks_for_frontiers(finished) else ():
        console.print(sentence, highlight=False, markup=False)
    show_summary(console, finished.folder)
    for sentence in _asked(finished.folder):
        console.print(sentence, highlight=False, markup=False)
    if finished.left_out:
        console.print(f"Left out: {'; '.join(by_row(finished.left_out))}.", highlight=False, markup=False)
    show_actions(console, actions(places, advised))
    verdicts = board["verdict"].value_counts()
    counts = ", ".join(f"{verdicts.get(verdict, 0)} {verdict}" for verdict in COLOURS)
    more = "" if boards or len(places) == 1 else " --boards shows each place's."
    console.print(f"leaderboard.csv has all {len(board)} rows: {counts}.{more}", highlight=False, soft_wrap=True)
    where = f"Files: {escape(str(finished.folder))} (pictures: {PLOTS_FOLDER}/), {finished.seconds:.0f} s"
    console.print(where, highlight=False, soft_wrap=True)
    rows = [row for result in finished.results for row in result.rows]
    if line := export_line(finished.folder, places, advised, rows):
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    page = f"A page to show: rlbench report {shlex.quote(str(finished.folder))}"
    console.print(page, highlight=False, markup=False, soft_wrap=True)
    show_failures(finished)


def _asked(folder: Path) -> list[str]:
    """Whether the tasks and logs of a run need RL, where there are controls that do not look ahead."""
    import pandas as pd

    from ...results.needs_rl_words import needs_rl
    from ...results.read import read_table
    from ...results.schema import NEEDS_RL, NEEDS_RL_KEYS

    files = [folder / name for name in ("needs_rl.csv", "needs_rl_logs.csv") if (folder / name).is_file()]
    tables = [read_table(path, NEEDS_RL, NEEDS_RL_KEYS) for path in files]
    return needs_rl(pd.concat(tables, ignore_index=True)) if tables else []


def by_row(left_out: Sequence[str]) -> list[str]:
    """What was left out, a row of the suite and a reason each: `dqn on 6 sources: every session is one decision`.

    Args:
        left_out: `row on source: reason` each.
    """
    places: dict[tuple[str, str], list[str]] = {}
    for sentence in left_out:
        row, _, elsewhere = sentence.partition(" on ")
        place, _, why = elsewhere.partition(": ")
        places.setdefault((row, why), []).append(place)
    return [
        f"{row} on {some[0] if len(some) == 1 else f'{len(some)} sources'}: {why}"
        for (row, why), some in places.items()
    ]


def show_estimators(finished: FinishedRun, as_json: bool = False) -> None:
    """How far each estimator was from the truth, by task and size of the log, over all policies; on stdout. Failures go
    to stderr."""
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    from ...results.read import read_table
    from ...results.schema import ESTIMATOR_KEYS, ESTIMATORS

    scores = read_table(finished.folder / "estimators.csv", ESTIMATORS, ESTIMATOR_KEYS)
    if as_json:
        say(scores.to_json(orient="records", indent=1))
        return
    console = stdout_console()
    for (task, size), rows in scores[scores["policies"] == "all"].groupby(["task", "n_episodes"]):
        table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0), title_justify="left")
        table.title = f"{task}, {size:,} sessions"
        table.add_column("estimator", no_wrap=True)
        for name in SCORES:
            table.add_column(name, justify="right", no_wrap=True)
        for row in rows.sort_values("rmse").to_dict("records"):
            table.add_row(row["estimator"], *(f"{row[name]:.3f}" for name in SCORES))
        console.print(table)
    files = f"{escape(str(finished.folder))} (pictures: {PLOTS_FOLDER}/)"
    where = f"Errors are shares of the behaviour policy's value. Files: {files}, {finished.seconds:.0f} s"
    console.print(where, highlight=False, soft_wrap=True)
    show_failures(finished)


def _asks_for_frontiers(finished: FinishedRun) -> bool:
    suite = finished.suite
    if suite.kind == "estimators":
        return False
    forms = [*suite.forms, *(form for source in suite.sources for form in source.forms or [])]
    return any(form in FRONTIER_FORMS for form in forms)


def show_failures(finished: FinishedRun) -> None:
    """Why jobs failed, on stderr."""
    errors = stderr_console()
    for failure in finished.failures:
        errors.print(f"{failure.run_id}: {failure.status}", style="red", markup=False, soft_wrap=True)


def _show_place(console: Console, shown: Headline, rankings: pd.DataFrame | None) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    last = lettered_rows(shown)
    ranked = last[last["rank"].notna()]
    # What is so of every row is said once, in the title.
    common = IMITATION if shown.estimator == RANKED else IDENTIFIED
    kind = shown.estimator if common == IDENTIFIED else f"{shown.estimator}, {common}"
    console.print(Text(f"{shown.place}: {shown.metric} ({kind})", style="bold"), soft_wrap=True)
    meaning, known = what_limits(shown, rankings)
    if meaning:
        console.print(Text(meaning))
    if shown.behaviour is not None:
        console.print(Text(f"Behaviour policy: {' '.join(formatted(shown.behaviour))}"))
    if len(ranked):
        table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0), header_style="bold")
        columns = ("rank", "tie", "algorithm", "variant", "value", "interval", *(["known"] if known else []), "verdict")
        for name in columns:
            right = name in ("rank", "value", "interval", "known")
            table.add_column(name, justify="right" if right else "left", no_wrap=True)
        # The column that gives way on a narrow terminal: folded, never cut.
        table.columns[3].no_wrap, table.columns[3].overflow = False, "fold"
        for row in ranked.to_dict("records"):
            verdict = Text(_verdict(row, common), style=COLOURS.get(row["verdict"], ""))
            names = (str(row["rank"]), row["tie_group"], row["algorithm"], row["variant"])
            cells = [f"{known.get((row['algorithm'], row['variant']), math.nan):.2g}"] if known else []
            table.add_row(*map(Text, (*names, *formatted(row), *cells)), verdict)
        console.print(table)
        if sentence := best_learner(ranked):
            console.print(Text(sentence))
    console.print(Text(_unranked(last[last["rank"].isna()])))


def _verdict(row: TableRow, common: str) -> str:
    """The verdict, and what else is to be known of a row that is not of the `common` identification."""
    parts = [row["verdict"]] + ([] if row["identification"] in (IDENTIFIED, common) else [row["identification"]])
    return ", ".join(parts + [DIVERGING] * (row["status"] == DIVERGING))


def _unranked(rows: pd.DataFrame) -> str:
    unreliable, diverging = rows["verdict"] == "unreliable", rows["status"] == DIVERGING
    parts = [
        f"{why}: {which.sum()} {what} ({', '.join(sorted(set(rows.loc[which, 'algorithm'])))})."
        for which, what, why in (
            (unreliable, "unreliable", "Unranked, the log does not support them"),
            (diverging & ~unreliable, DIVERGING, "Unranked, their Q is far above what the log earned"),
        )
        if which.any()
    ]
    return "".join(f"{part}\n" for part in parts)
