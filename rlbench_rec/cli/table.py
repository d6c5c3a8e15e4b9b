"""`rlbench table RUN`: a board for a paper, a page or a comment."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..errors import InputError, UnknownNameError
from . import completion
from .json_option import Json
from .render.console import say
from .written_files import keep_run


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
    out: Annotated[Path | None, typer.Option(help="File to write it to; default stdout.")] = None,
    as_json: Json = False,
) -> None:
    """Print the headline board of every place: rank, value with its interval, difference from the behaviour policy.

    CSV and JSON have every number whole and in a column of its own: value, ci_low, ci_high, vs_behaviour, p_adjusted.
    LaTeX needs the package booktabs. Other metrics and estimators: --only metric=CTR --only estimator=truth.
    """
    from ..files import write_text
    from ..results.board_table import boards_of, columns_of_places, records_of_places, rows_of_places, wide_records
    from ..results.read import load_leaderboard
    from ..results.table_formats import TABLE_FORMS, format_table

    if form and form not in TABLE_FORMS:
        raise UnknownNameError("format", form, TABLE_FORMS, where="--format")
    if as_json and form not in ("", "json"):
        raise InputError(f"--json and --format {form} ask for two formats.", hint="Give one of them.")
    keep_run("--out", out, run)
    file = run / "leaderboard.csv" if run.is_dir() else run
    board = load_leaderboard(file)
    if board.empty:
        raise InputError("The board has no rows.", where=str(file), hint="Did every job of the run fail?")
    places = boards_of(board, only or ())
    if not places:
        hint = "Choose one with --only metric=... --only estimator=..."
        raise InputError("No board is a headline here.", where=str(file), hint=hint)
    form = "json" if as_json else form or "table"
    if form in ("csv", "json"):
        columns, rows = (wide_records if by_place else records_of_places)(places)
    else:
        columns, rows = (columns_of_places if by_place else rows_of_places)(places)
    text = format_table(columns, rows, form)
    if out is None:
        say(text)
    else:
        write_text(out, text + "\n")
