"""`rlbench plot RUN`: the pictures of a run again, for papers as SVG or PDF."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Literal

import typer

from ..errors import InputError, UnknownNameError
from .json_option import Json
from .render.console import say

FORMATS: tuple[Literal["png", "svg", "pdf"], ...] = ("png", "svg", "pdf")


def command(
    run: Annotated[Path, typer.Argument(help="Folder of a run, or of results that come with the package.")],
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="Where the pictures go.")] = Path("plots"),
    form: Annotated[str, typer.Option("--format", metavar="png|svg|pdf", help="Of the files.")] = "svg",
    as_json: Json = False,
) -> None:
    """Draw the pictures of a run from its tables: values, learning curves, frontiers, the board over all tasks; errors
    of estimators. In SVG and PDF text stays text. The same tables give the same bytes."""
    format = next((each for each in FORMATS if each == form), None)
    if format is None:
        raise UnknownNameError("format", form, FORMATS, where="--format")
    from ..results.plots.whole_run import draw_run

    paths = draw_run(run.parent if run.is_file() else run, out, format)
    if not paths:
        raise InputError("There is nothing to draw: its tables have no rows with numbers.", where=str(run))
    say(json.dumps([str(path) for path in paths], indent=2) if as_json else "\n".join(map(str, paths)))
