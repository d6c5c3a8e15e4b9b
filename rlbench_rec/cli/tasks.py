"""`rlbench tasks list|show`: the simulated shops."""

from __future__ import annotations

import inspect
import json
from typing import Annotated

import typer

app = typer.Typer(help="Simulated shops with known policy values.", no_args_is_help=True)


@app.command("list")
def list_tasks(as_json: Annotated[bool, typer.Option("--json", help="Machine-readable.")] = False) -> None:
    """Every task, with one sentence."""
    from ..tasks import TASKS
    from .tables import print_rows

    rows = [{"task": name, "what it is": _summary(TASKS[name])} for name in TASKS]
    print_rows(rows, as_json=as_json)


@app.command("show")
def show_task(
    task: Annotated[str, typer.Argument(help="Task id, e.g. recommend-v1.")],
    seed: Annotated[int, typer.Option(help="Fixes the shop.")] = 0,
) -> None:
    """One task: its model, its parameters and their defaults."""
    from ..tasks import TASKS, make

    made = make(task, seed=seed)
    typer.echo(inspect.getdoc(TASKS[task]))
    typer.echo(
        json.dumps({"actions": made.action_count, "gamma": made.gamma, "config": made.config.model_dump()}, indent=2)
    )


def _summary(task: type) -> str:
    return (task.__doc__ or "").strip().splitlines()[0]
