"""`rlbench tune`: the same number of trials for every algorithm of a suite."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from . import completion
from .job_options import Device, GpuShare, Jobs, RawLog, Ray, SuiteName, cluster_of


def command(
    suite: SuiteName = "",
    dataset: Annotated[
        str,
        typer.Option(
            help="Card id or path: tune the standard board on this data set.", autocompletion=completion.cards
        ),
    ] = "",
    data: RawLog = None,
    trials: Annotated[int, typer.Option(min=1, max=10_000, help="Of every algorithm on every source.")] = 20,
    spaces: Annotated[Path | None, typer.Option(help="TOML file of spaces, for the algorithms that it names.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for the results; default results/tuning/<suite>.")] = None,
    part: Annotated[str, typer.Option(metavar="I/N", help="The I-th of N parts of the searches alone.")] = "1/1",
    plan: Annotated[bool, typer.Option("--plan", help="Do the first trials, say how long all take, and stop.")] = False,
    budget_minutes: Annotated[
        float, typer.Option(min=0.001, help="No trial begins after so many minutes; --resume goes on.")
    ] = 360.0,
    device: Device = "auto",
    jobs: Jobs = None,
    ray: Ray = "",
    gpu_share: GpuShare = 1.0,
    job_timeout: Annotated[
        float | None, typer.Option(min=0.001, help="Seconds after which a trial is stopped as failed; default none.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the search that --out holds.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="What was chosen as JSON on stdout.")] = False,
) -> None:
    """Search over the settings of every algorithm of a suite, each with the same number of trials.

    Trials run in the `train` shop of a task, or on the earlier part of a log: what the suite tests on stays unseen.
    Each is scored by what a user would have (the suite's own estimate, through the gate; NDCG@10 on logs of users' own
    choices) and, in a shop, by the truth. chosen.toml has the best by each; a suite takes it with `tuned = "<folder>"`.

    Exit code 0: done; 1: some trials failed, and their rows say why; 2: wrong use; 130, 143 or 129: interrupted.
    """
    from ..plugins import LOADED
    from ..suite.part import parse_part
    from ..suite.request import request
    from ..toml_places import lines_of_file
    from ..tuning.tuner import tune
    from .render.console import note
    from .render.run_progress import RunProgress
    from .render.tuning import show_chosen, show_plan
    from .run import resumable

    wanted, _ = request(suite, dataset, data, job_timeout=job_timeout, plugins=LOADED, out=out, resume=resume)
    folder = out or Path("results") / "tuning" / wanted.name
    with resumable(folder), RunProgress() as progress, lines_of_file(suite):
        finished = tune(
            wanted,
            folder,
            trials=trials,
            spaces=spaces,
            device=device,
            workers=jobs,
            resume=resume,
            part=parse_part(part),
            plan_only=plan,
            budget_minutes=budget_minutes,
            cluster=cluster_of(ray, gpu_share),
            progress=progress,
            on_plan=show_plan,
            command_line=["rlbench", *sys.argv[1:]],
        )
    show_chosen(finished, as_json)
    if finished.remaining:
        note(f"{finished.remaining:,} trials are left; --out {folder} --resume goes on.")
    if finished.failed:
        raise typer.Exit(1)
