"""`rlbench report RUN`: a run as one HTML file, to look at and to pass on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import InputError
from .json_option import Json
from .render.console import note, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..ope.scorecard import Report
    from ..ope.scorecard.plans import PolicyPlan

NAME = "report.html"


def command(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a run.")],
    before: Annotated[
        Path | None, typer.Argument(metavar="RUN2", help="Folder of an older run: the report says what changed since.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE.html", help="File to write; default RUN/report.html.")
    ] = None,
    no_logs: Annotated[
        bool, typer.Option("--no-logs", help="Leave out funnel and sessions of the logs, which reading a log takes.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Write a run as one HTML file: what to test, the board, estimates beside the truth, and what they rest on.

    The file loads nothing and sends nothing; it opens offline, on a phone, in the dark and on paper.

    Exit code 0: it is written; 2: not the folder of a run, or wrong use.
    """
    from ..files import write_text
    from ..report import run_report

    file = out or (run if run.is_dir() else run.parent) / NAME
    check_page(file, "--out")
    note(f"Reading {run}{'' if no_logs else ' and the logs that are at hand'} ...")
    page = run_report(run, before, read_logs=not no_logs)
    write_text(file, page)
    size = len(page.encode())
    shown = f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{size / 1e3:.0f} kB"
    read = f"Report: {file} ({shown}); open it in a browser"
    say(json.dumps({"report": str(file), "bytes": size}) if as_json else read)


def check_page(path: Path, option: str) -> None:
    """Refuse, before any work, a name under which no browser would open the page, or that none can be made.

    Raises:
        InputError: it does not end in .html or .htm.
        MissingExtraError: jinja2 is not installed.
    """
    from ..extras import require

    if path.suffix.lower() not in (".html", ".htm"):
        raise InputError("A report is an HTML file.", where=f"{option} {path}", hint="End its name in .html.")
    require("report", "A report as HTML", where=option)


def write_scorecard(
    file: Path, report: Report, advice: Sequence[str] | None, plan: PolicyPlan | None, text: str
) -> None:
    """Write `rlbench ope --html`: the scorecard as one page."""
    from ..files import write_text
    from ..report import scorecard_report

    write_text(file, scorecard_report(report, advice, plan, text))
