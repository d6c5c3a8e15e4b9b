"""`rlbench list algorithms|estimators|metrics|suites`: what is registered."""

from __future__ import annotations

from typing import Annotated

import typer

from .tables import print_rows

app = typer.Typer(help="What is registered: algorithms, estimators, metrics, suites.", no_args_is_help=True)
Json = Annotated[bool, typer.Option("--json", help="Machine-readable.")]


@app.command()
def algorithms(as_json: Json = False) -> None:
    """Algorithms and policies that a suite can name."""
    from ..suite.catalogue import algorithms

    print_rows(algorithms(), as_json=as_json)


@app.command()
def estimators(as_json: Json = False) -> None:
    """Off-policy estimators."""
    from ..suite.catalogue import estimators

    print_rows(estimators(), as_json=as_json)


@app.command()
def metrics(as_json: Json = False) -> None:
    """Metrics of a leaderboard."""
    from ..suite.catalogue import metrics

    print_rows(metrics(), as_json=as_json)


@app.command()
def suites(as_json: Json = False) -> None:
    """Suites that come with the package."""
    from ..suite.catalogue import suites

    print_rows(suites(), as_json=as_json)
