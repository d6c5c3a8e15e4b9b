"""`rlbench table RUN`: a board for a paper, a page or a comment."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import InputError, UnknownNameError
from . import completion
from .json_option import Json
from .render.console import say
from .written_files import keep_run

if TYPE_CHECKING:
    from ..results.board_table import Table


def command(
    run: Annotated[Path, typer.Argument(help="Folder of a run, or its leaderboard.csv.")],
    form: Annotated[
        str, typer.Option("--format", metavar="table|markdown|latex|html|csv|json", help="How it is written.")
    ] = "",
    only: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN=VALUE",
            help="Only rows of this metric, estimator, ...; repeatable. * fits all.",
            autocompletion=completion.row_filters,
        ),
    ] = None,
    by_place: Annotated[bool, typer.Option("--by-place", help="A column for each data set or task.")] = False,
    over_tasks: Annotated[
        bool, typer.Option("--over-tasks", help="One row a policy: useful in how many tasks, and averages over them.")
    ] = False,
    out: Annotated[Path | None, typer.Option(help="File to write it to; default stdout.")] = None,
    as_json: Json = False,
) -> None:
    """Print the headline board of every place: rank, value with its interval, difference from the behaviour policy.

    CSV and JSON have every number whole and in a column of its own: value, ci_low, ci_high, vs_behaviour, p_adjusted.
    LaTeX needs the package booktabs. Other metrics and estimators: --only metric=CTR --only estimator=truth.

    With --over-tasks scores go from 0 (behaviour policy) to 100 (reference policy); together with --by-place they are
    those in each task, with half the width of their intervals, and a star where the policy is useful.

    Of a run of estimators (rlbench run ope) it is the errors of each by place and size of the log; --only
    task=..., estimator=..., n_episodes=..., policies=matched.
    """
    from ..files import write_text
    from ..results.table_formats import TABLE_FORMS, format_table
    from ..results.table_of_estimators import is_of_estimators

    if form and form not in TABLE_FORMS:
        raise UnknownNameError("format", form, TABLE_FORMS, where="--format")
    if as_json and form not in ("", "json"):
        raise InputError(f"--json and --format {form} ask for two formats.", hint="Give one of them.")
    keep_run("--out", out, run)
    form = "json" if as_json else form or "table"
    contents = _over_tasks if over_tasks else _of_estimators if is_of_estimators(run) else _of_places
    columns, rows = contents(run, only or (), by_place, for_machines=form in ("csv", "json"))
    text = format_table(columns, rows, form)
    if out is None:
        say(text)
    else:
        write_text(out, text + "\n")


def _of_places(run: Path, only: Sequence[str], by_place: bool, for_machines: bool) -> Table:
    from ..results.board_table import boards_of, columns_of_places, records_of_places, rows_of_places, wide_records
    from ..results.read import load_leaderboard

    file = run / "leaderboard.csv" if run.is_dir() else run
    board = load_leaderboard(file)
    if board.empty:
        raise InputError("The board has no rows.", where=str(file), hint="Did every job of the run fail?")
    places = boards_of(board, only)
    if not places:
        hint = "Choose one with --only metric=... --only estimator=..."
        raise InputError("No board is a headline here.", where=str(file), hint=hint)
    if for_machines:
        return (wide_records if by_place else records_of_places)(places)
    return (columns_of_places if by_place else rows_of_places)(places)


def _of_estimators(run: Path, only: Sequence[str], by_place: bool, for_machines: bool) -> Table:
    from ..results.table_of_estimators import table_of_estimators

    if by_place:
        what = "A run of estimators has no board with a column for each place."
        raise InputError(what, where="--by-place", hint="Choose one with --only task=... --only n_episodes=...")
    return table_of_estimators(run, only, whole=for_machines)


def _over_tasks(run: Path, only: Sequence[str], by_place: bool, for_machines: bool) -> Table:
    from ..results.table_over_tasks import score_columns, summary_rows, tables_over_tasks

    summary, scores = tables_over_tasks(run if run.is_dir() else run.parent, only)
    if for_machines:
        frame = scores if by_place else summary
        return list(frame.columns), frame.values.tolist()
    return score_columns(scores) if by_place else summary_rows(summary)
