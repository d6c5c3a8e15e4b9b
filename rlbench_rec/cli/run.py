"""`rlbench run`: a suite from logs to leaderboard."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import InputError
from . import completion
from .boundary import RECEIVED
from .job_options import Device, GpuShare, Jobs, RawLog, Ray, SuiteName, cluster_of
from .render.console import say

if TYPE_CHECKING:
    from ..suite.finished_run import FinishedRun


def command(
    suite: SuiteName = "",
    dataset: Annotated[
        str,
        typer.Option(help="Card id or path: run the standard board on this data set.", autocompletion=completion.cards),
    ] = "",
    data: RawLog = None,
    out: Annotated[Path | None, typer.Option(help="Folder for the results; default runs/<suite>-<time>.")] = None,
    seeds: Annotated[
        int | None, typer.Option(min=1, max=10_000, help="Seeds (or logs of a size); default the suite's.")
    ] = None,
    size: Annotated[str, typer.Option(help="A size of the suite, `smoke` say; default all of it.")] = "",
    part: Annotated[
        str, typer.Option(metavar="I/N", help="Do the i-th of n parts in --out, with what other parts left there.")
    ] = "",
    loop: Annotated[
        str,
        typer.Option(
            help="Training loop; see `rlbench list loops`; default the suite's.", autocompletion=completion.loops
        ),
    ] = "",
    steps: Annotated[
        str, typer.Option(metavar="INTEGER|plateau", help="Training steps, with --dataset; default 2,000.")
    ] = "",
    batch_size: Annotated[
        int | None, typer.Option(min=1, help="Rows a training step, with --dataset; default 256.")
    ] = None,
    device: Device = "auto",
    jobs: Jobs = None,
    ray: Ray = "",
    gpu_share: GpuShare = 1.0,
    job_timeout: Annotated[
        float | None,
        typer.Option(min=0.001, help="Seconds after which a job is stopped as failed; default none."),
    ] = None,
    check: Annotated[
        bool,
        typer.Option("--check", help="Compare with the committed board, results/SUITE; exit 1 if anything is worse."),
    ] = False,
    against: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="The same with the board of this folder.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Finish the run that --out holds.")] = False,
    boards: Annotated[bool, typer.Option("--boards", help="Also the board of each place, of many.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The leaderboard as JSON on stdout.")] = False,
) -> None:
    """Train and evaluate every algorithm of a suite, and write its leaderboard.

    Without arguments: the suite `quick`, on the Open Bandit sample and a simulated shop.

    Exit code 0: all jobs (of the part) are done; 1: some failed, and their rows say why, or --check found a regression;
    2: wrong use; 130, 143 or 129: interrupted.
    """
    from ..plugins import LOADED
    from ..suite.part import parse_part
    from ..suite.request import request, training_steps
    from ..suite.runner import run_suite
    from ..toml_places import lines_of_file
    from .reference_check import reference_folder, regressed
    from .render.finished_run import show
    from .render.run_progress import RunProgress, announce

    chosen, folder = request(
        suite,
        dataset,
        data,
        seeds=seeds,
        size=size,
        loop=loop,
        steps=training_steps(steps) if steps else None,
        batch_size=batch_size,
        job_timeout=job_timeout,
        plugins=LOADED,
        out=out,
        resume=resume,
    )
    if part and out is None:
        raise InputError("--part needs --out.", hint="All parts of a run go to one folder.")
    reference = reference_folder(chosen, folder, against) if check or against else None
    announce(chosen, folder)
    command_line = ["rlbench", *sys.argv[1:]]
    file = None if size or dataset else suite
    with resumable(folder), RunProgress() as progress, lines_of_file(file):
        finished = run_suite(
            chosen,
            folder,
            device=device,
            workers=jobs,
            resume=resume,
            part=parse_part(part) if part else None,
            cluster=cluster_of(ray, gpu_share),
            progress=progress,
            command_line=command_line,
        )
    show(finished, as_json, boards)
    if finished.missing:
        say(f"rlbench: {finished.undone} are still to do: the tables hold what is done. {_rest(finished)}", error=True)
    worse = reference is not None and regressed(finished, reference, quietly=as_json)
    if finished.failures or worse:
        raise typer.Exit(1)


def _rest(finished: FinishedRun) -> str:
    of = finished.part.of if finished.part else 1
    return f"Run the other parts of {of}, or all that is left with --out {finished.folder} --resume."


@contextlib.contextmanager
def resumable(folder: Path) -> Iterator[None]:
    """Say how an interrupted run can be finished."""
    try:
        yield
    except BaseException as error:
        if not RECEIVED and not isinstance(error, KeyboardInterrupt):
            raise
        kept = f"{folder} keeps what finished; --out {folder} --resume runs the rest."
        say(f"rlbench: interrupted. {kept if folder.is_dir() else 'Nothing had started.'}", error=True)
        raise
