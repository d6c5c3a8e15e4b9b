"""`rlbench verify FOLDER`: do random rows of a run again, and compare."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .job_options import Jobs

if TYPE_CHECKING:
    from ..audit.sample import Sample


def command(
    folder: Annotated[Path, typer.Argument(help="Folder of a run: runs.csv (or estimates.csv) and manifest.json.")],
    rows: Annotated[int, typer.Option(min=1, max=10_000, help="Rows to do again, of different jobs.")] = 5,
    seed: Annotated[int | None, typer.Option(min=0, help="Of the draw; default one that nobody could know.")] = None,
    jobs: Jobs = None,
    as_json: Annotated[bool, typer.Option("--json", help="Every row that was compared, as JSON on stdout.")] = False,
) -> None:
    """Do the jobs of random rows of a run again, compare all rows that they leave, and make its tables anew.

    On a machine like the run's, with the same code and libraries, every cell must be the same; elsewhere numbers must
    lie within the intervals that are made here, since processors round differently. It says what it could not check.

    Exit code 0: nothing failed; 1: a row differs, or no row could be checked; 2: wrong use, or not a run.
    """
    from ..audit.verify import verify
    from .render.console import say
    from .render.run_progress import RunProgress
    from .render.verification import show_verification

    with RunProgress() as progress:
        found = verify(folder, rows, seed, workers=jobs, progress=progress, on_plan=show_sample)
    if as_json:
        say(json.dumps(found.to_dict(), indent=2, ensure_ascii=False))
    else:
        show_verification(found)
    raise typer.Exit(0 if found.passed else 1)


def show_sample(sample: Sample) -> None:
    """Say on stderr what is about to be done, and how long it took where the run was made."""
    from .render.console import note

    total = sum(map(len, sample.batches))
    took = "" if sample.minutes is None else f"; they took {sample.minutes:.1f} min of one core where they were made"
    note(f"rlbench: doing {total} jobs again (--seed {sample.seed}){took}")
