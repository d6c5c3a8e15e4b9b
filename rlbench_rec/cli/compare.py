"""`rlbench compare OLD NEW`: did anything get worse?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import InputError, UnknownNameError
from . import completion
from .json_option import Json
from .render.console import say

if TYPE_CHECKING:
    from ..results.comparison.compare import Comparison

FORMS = ("table", "csv", "markdown", "json")


def command(
    old: Annotated[Path, typer.Argument(help="Folder of a run, or a result table, to compare with.")],
    new: Annotated[Path, typer.Argument(help="The same of the change.")],
    only: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN=VALUE",
            help="Only rows of this metric, estimator, ...; repeatable. * fits all.",
            autocompletion=completion.row_filters,
        ),
    ] = None,
    min_effect: Annotated[
        str, typer.Option(metavar="NUMBER|PERCENT", help="Least drop that counts: 0.02, or 5% of the old value.")
    ] = "",
    allow_different_data: Annotated[
        bool, typer.Option("--allow-different-data", help="Also other data, card, split, task version or measure.")
    ] = False,
    show_all: Annotated[bool, typer.Option("--all", help="Also rows that are identical or not told apart.")] = False,
    form: Annotated[str, typer.Option("--format", metavar="table|csv|markdown|json", help="How it is written.")] = "",
    as_json: Json = False,
) -> None:
    """Join two boards on their keys and judge every row; runs of both are paired by replicate, log and seed.

    Exit code 0: nothing is shown to be worse; 1: a regression or a missing row; 2: a file that cannot be used, or other
    data.
    """
    from ..results.comparison.compare import compare

    form = chosen_form(form, as_json)
    comparison = compare(
        old, new, only=only or (), min_effect=min_effect or None, allow_different_data=allow_different_data
    )
    say(comparison_text(comparison, form, show_all=show_all))
    raise typer.Exit(1 if comparison.regressed else 0)


def chosen_form(form: str, as_json: bool) -> str:
    """The format that was asked for; `table` where none was.

    Raises:
        UnknownNameError: no such format.
        InputError: two of them.
    """
    if form and form not in FORMS:
        raise UnknownNameError("format", form, FORMS, where="--format")
    if as_json and form not in ("", "json"):
        raise InputError(f"--json and --format {form} ask for two formats.", hint="Give one of them.")
    return "json" if as_json else form or "table"


def comparison_text(comparison: Comparison, form: str, *, show_all: bool = False) -> str:
    """A comparison in one of `FORMS`."""
    from ..results.comparison.text import as_csv, as_lines, as_markdown

    if form == "json":
        return json.dumps(comparison.to_dict(), indent=1)
    if form == "csv":
        return as_csv(comparison)
    return (as_markdown if form == "markdown" else as_lines)(comparison, show_all=show_all)
