"""`rlbench leaderboard add FILE`: a submission into the board of its suite."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from .job_options import Jobs
from .verify import show_sample

app = typer.Typer(help="Boards with what others submit.", no_args_is_help=True)


@app.callback()
def leaderboard() -> None:
    """Boards with what others submit."""


@app.command("add")
def command(
    file: Annotated[Path, typer.Argument(help="What `rlbench submit` wrote.")],
    rows: Annotated[int, typer.Option(min=1, max=10_000, help="Rows to do again, of different jobs.")] = 5,
    seed: Annotated[int | None, typer.Option(min=0, help="Of the draw; default one that nobody could know.")] = None,
    results: Annotated[Path, typer.Option(help="Folder of all results; takes submissions/SUITE/.")] = Path("results"),
    suite: Annotated[str, typer.Option(help="Suite whose rules count, or its file; default by its name.")] = "",
    check_only: Annotated[bool, typer.Option("--check-only", help="Check it, and leave everything as it is.")] = False,
    jobs: Jobs = None,
    as_json: Annotated[bool, typer.Option("--json", help="Every row that was compared, as JSON on stdout.")] = False,
) -> None:
    """Check a submission, do random rows of it again, and rebuild the tables and the page of its suite with it.

    Plugins that it needs are imported only where --plugin names them too: look at their code first.

    Exit code 0: taken (or fine, with --check-only); 1: refused, and it says why; 2: wrong use, or not a submission.
    """
    from ..audit.accept import accept
    from ..audit.rules import RefusedError
    from .render.console import say
    from .render.run_progress import RunProgress
    from .render.verification import show_verification

    try:
        with RunProgress() as progress:
            found, folder = accept(
                file,
                results,
                rows=rows,
                seed=seed,
                suite=suite or None,
                check_only=check_only,
                workers=jobs,
                progress=progress,
                on_plan=show_sample,
            )
    except RefusedError as refused:
        say(f"rlbench: {refused}", error=True)
        raise typer.Exit(1) from refused
    if as_json:
        say(json.dumps(found.to_dict(), indent=2, ensure_ascii=False))
    else:
        show_verification(found)
        say(f"Taken: {folder} has its rows now." if folder else "It may be taken.")
