"""`rlbench tasks list|show|calibrate|datasheet`: the simulated shops, and one like the user's own."""

from __future__ import annotations

import inspect
import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ..extras import require
from . import completion, datasheet
from .job_options import Jobs, Ray, cluster_of
from .json_option import Json
from .render.console import say

app = typer.Typer(help="Simulated shops with known policy values.", no_args_is_help=True)
app.command("datasheet")(datasheet.of_task)


@app.command("list")
def list_tasks(as_json: Json = False) -> None:
    """Every task, in one sentence."""
    from ..suite.listings import tasks
    from .render.tables import print_rows

    print_rows(tasks(), as_json=as_json)


@app.command("show")
def show_task(
    task: Annotated[
        str,
        typer.Argument(
            help="Task id, e.g. recommend-v1, or the file of a calibrated shop.", autocompletion=completion.tasks
        ),
    ],
    seed: Annotated[int, typer.Option(help="Fixes the shop.")] = 0,
    stratum: Annotated[str | None, typer.Option(help="A named set of parameters: easy, real, ...")] = None,
    as_json: Json = False,
) -> None:
    """One task: its model, its strata, its parameters and their values."""
    from pydantic_core import to_jsonable_python

    from ..suite.reference_policies.best_known import how_found
    from ..tasks import make

    made = make(task, seed=seed, stratum=stratum)
    what = inspect.getdoc(type(made)) or ""
    shown = {
        "actions": made.action_count,
        "gamma": made.gamma,
        "reference": how_found(made),
        "strata": {name: to_jsonable_python(values) for name, values in type(made).strata.items()},
        "config": made.config.model_dump(),
    }
    if as_json:
        say(json.dumps({"task": task, "what it is": what} | shown, indent=2))
        return
    say(what)
    say(json.dumps(shown, indent=2))


class Actions(StrEnum):
    """What an item of the shop is."""

    items = "items"
    categories = "categories"


@app.command("calibrate")
def calibrate_shop(
    card: Annotated[str, typer.Argument(help="Card id or path.", autocompletion=completion.cards)],
    out: Annotated[Path, typer.Option(help="New folder for the shop, its fit and the answers.")],
    data: Annotated[Path | None, typer.Option(help="File or folder of the raw log.")] = None,
    actions: Annotated[Actions, typer.Option(help="What an item of the shop is.")] = Actions.items,
    top_k: Annotated[int, typer.Option(help="How many items: the most frequent ones.")] = 100,
    click_rate: Annotated[
        float | None, typer.Option(help="Clicks per item shown, if measured; a choice log cannot tell. Default: drawn.")
    ] = None,
    groups: Annotated[int, typer.Option(min=2, max=50, help="Groups of items that users look for.")] = 8,
    answer: Annotated[
        bool,
        typer.Option(
            "--answer/--no-answer", help="Draw what the log cannot tell, and value fixed policies in the draws."
        ),
    ] = True,
    draws: Annotated[int, typer.Option(min=20, max=1_000, help="How many shops are drawn.")] = 40,
    estimators: Annotated[
        bool, typer.Option("--estimators", help="Ask which estimator to use, and how large a log must be.")
    ] = False,
    winners: Annotated[bool, typer.Option("--winners", help="Ask which algorithm wins: trains in 20 draws.")] = False,
    steps: Annotated[int, typer.Option(min=1, help="Training steps, for --winners.")] = 1_000,
    jobs: Jobs = None,
    ray: Ray = "",
    as_json: Json = False,
) -> None:
    """Fit a simulated shop to a log, compare it with the held-out part, and ask the shops that the log does not tell
    apart what fixed policies, estimators and algorithms do in them."""
    from ..suite.calibrated.build_shop import make_shop
    from ..suite.calibrated.open_questions import ask, plan
    from .render.calibrated_shop import announce, show
    from .render.run_progress import RunProgress

    if answer and (estimators or winners):
        # Before the log is read, which may take long.
        require("train", "--estimators and --winners, which train,")
    if answer:
        announce(draws, plan(draws, estimators=estimators, winners=winners, steps=steps))
    how_many = draws if answer else 0
    shop = make_shop(
        card, data, out, actions=actions.value, top_k=top_k, click_rate=click_rate, groups=groups, draws=how_many
    )
    answers = None
    if answer:
        with RunProgress() as progress:
            answers = ask(
                shop.config,
                shop.draws,
                shop.sessions,
                out,
                estimators=estimators,
                winners=winners,
                workers=jobs,
                cluster=cluster_of(ray),
                steps=steps,
                progress=progress,
            )
    show(shop, answers, as_json=as_json)
