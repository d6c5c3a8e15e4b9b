"""`rlbench frontier`: the boldest improvement that a log can vouch for, and the curve it was chosen from."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import InputError
from . import completion
from .job_options import Device, Jobs
from .render.console import note, say

if TYPE_CHECKING:
    import pandas as pd

    from ..figures import Format
    from ..results.frontier import Advice
    from ..suite import Suite


def command(
    target: Annotated[
        str,
        typer.Argument(
            help="Folder of a run, or one of its models/; or a card (id or path), or a task.",
            autocompletion=completion.cards_and_tasks,
        ),
    ],
    data: Annotated[Path | None, typer.Option(help="File or folder of the raw log, with a card.")] = None,
    steps: Annotated[str, typer.Option(help="Training steps, or plateau; default 2,000.")] = "",
    batch_size: Annotated[int | None, typer.Option(min=1, help="Rows a training step; default 256.")] = None,
    seeds: Annotated[int | None, typer.Option(min=1, max=10_000, help="Training seeds; default 1.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for the results; default runs/<name>-<time>.")] = None,
    device: Device = "auto",
    jobs: Jobs = None,
    resume: Annotated[bool, typer.Option("--resume", help="Finish the run that --out holds.")] = False,
    plot: Annotated[Path | None, typer.Option(help="Draw the curves into this .png, .pdf or .svg file.")] = None,
    curves: Annotated[bool, typer.Option("--curves", help="Also every step of the curves behind the advice.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Advice and steps as JSON on stdout.")] = False,
) -> None:
    """Choose, along the tilts of what learners say, the boldest policy that a log can vouch for.

    On a card or a task: trains DQN, CQL, IQL and SARSA, traces their tilts and that of their mean on episodes that no
    training saw, chooses, and scores the choice once on the test side. On the folder of a run: in each place the
    curves that its advice is of; on one of its models/: those of that training. What to act on comes first; with
    --curves all steps follow, where > marks the chosen one and nats are its distance from what is in service in a
    session. What stands against each is in frontier.csv.

    Exit code 0: done; 1: some jobs failed, and their rows say why; 2: wrong use.
    """
    from ..figures import image_format
    from ..plugins import LOADED
    from ..suite.frontier_request import frontier_request, stored_run

    plot_format = image_format(plot) if plot else None
    stored, failed = stored_run(target), False
    if stored is not None:
        of_run = (("data", data), ("steps", steps), ("batch-size", batch_size), ("seeds", seeds), ("out", out))
        _refuse([option for option, value in (*of_run, ("resume", resume)) if value not in (None, "", False)])
        folder, run_id = stored
    else:
        suite, folder = frontier_request(
            target, data, steps=steps, batch_size=batch_size, seeds=seeds, plugins=list(LOADED), out=out, resume=resume
        )
        failed, run_id = _run(suite, folder, device, jobs, resume), ""
    steps_of, advised = _read(folder, run_id)
    if as_json:
        _show_json(steps_of, advised)
    else:
        _show(folder, steps_of, advised, curves)
        if stored is None and (line := how_long(folder, target, data)):
            note(line)
    if plot and plot_format:
        _draw(steps_of, plot, plot_format)
    if failed:
        raise typer.Exit(1)


def _refuse(options: list[str]) -> None:
    if options:
        raise InputError(f"--{options[0]} needs a card or a task.", hint="A stored run is shown as it is.")


def _run(suite: Suite, folder: Path, device: str, jobs: int | None, resume: bool) -> bool:
    """Trace the frontiers of a suite; whether a job failed."""
    from ..suite.runner import run_suite
    from .render.finished_run import show_failures
    from .render.run_progress import RunProgress, announce
    from .run import resumable

    announce(suite, folder)
    line = ["rlbench", *sys.argv[1:]]
    with resumable(folder), RunProgress() as progress:
        finished = run_suite(
            suite, folder, device=device, workers=jobs, resume=resume, progress=progress, command_line=line
        )
    show_failures(finished)
    return bool(finished.failures)


def _read(folder: Path, run_id: str) -> tuple[pd.DataFrame, list[Advice]]:
    """Steps and advice of a run; of one training alone, where that is asked for."""
    from ..results.frontier import advise, load_frontier
    from ..results.packed import table_at

    if not table_at(folder / "frontier.csv").is_file():
        # All logs were of users' own choices.
        import pandas as pd

        from ..results.schema import FRONTIER

        return pd.DataFrame(columns=list(FRONTIER)), []
    runs, steps = load_frontier(folder)
    if run_id:
        runs, steps = (
            runs[(runs["run_id"] == run_id) | (runs["algorithm"] == "behaviour")],
            steps[steps["run_id"] == run_id],
        )
        if steps.empty:
            raise InputError("This run has no frontier.", where=run_id, hint="Give the folder of the whole run.")
    return steps, advise(runs, steps)


def _show(folder: Path, steps: pd.DataFrame, advised: list[Advice], curves: bool) -> None:
    from ..results.read import load_leaderboard
    from .render.console import stdout_console
    from .render.frontier import show_advice, show_answer, show_curves

    console, board = stdout_console(), load_leaderboard(folder / "leaderboard.csv")
    show_answer(console, advised, board, whole=curves)
    for advice in advised if curves else ():
        show_curves(console, steps, advice)
        show_advice(console, advice, board)
    if len(steps) and not curves:
        console.print(f"The {len(steps):,} steps behind it: --curves, or frontier.csv.", highlight=False, markup=False)
    console.print(f"Files: {folder}", highlight=False, markup=False, soft_wrap=True)


WEAK_AS_A_TABLE = (
    "`rlbench ope` calls the scored table weak at best: its weights are fitted, and a table does not carry the error "
    "of fitting them, which the run's own interval and verdict hold."
)
"""Of what is scored on a base that is known by its choices alone."""


def how_long(folder: Path, target: str, data: Path | None = None) -> str:
    """What to type to learn how long the advised policy has to be tested; empty where none is advised, or where the
    log lies elsewhere than its card says."""
    import shlex

    from ..training.stored_frontier import FILE, read_frontier

    if data is not None:
        return ""
    best = (path.parent for path in sorted((folder / "models").glob(f"*.frontier-best.*/{FILE}")))
    stored = ((model, read_frontier(model)) for model in best)
    model, frontier = next((each for each in stored if each[1].chosen is not None), (None, None))
    if frontier is None:
        return ""
    line = shlex.join(["rlbench", "score", str(model), target, "--form", "frontier", "--out", "scored.parquet"])
    said = f"For how long: {line}, and the command that it prints, with --plan 5%"
    return f"{WEAK_AS_A_TABLE}\n{said}" if frontier.base == "service" else said


def _show_json(steps: pd.DataFrame, advised: list[Advice]) -> None:
    shown = []
    for advice in advised:
        rows = steps[steps["run_id"] == advice.run_id].drop(columns="run_id")
        shown.append(advice.to_dict() | {"steps": json.loads(rows.to_json(orient="records"))})
    say(json.dumps(shown, indent=1))


def _draw(steps: pd.DataFrame, path: Path, format: Format) -> None:
    from ..results.plots.frontier import save_frontiers

    for written in save_frontiers(steps, path, format):
        note(f"Picture: {written}")
