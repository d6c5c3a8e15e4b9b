"""`rlbench list algorithms|encoders|…`: what is registered."""

from __future__ import annotations

from collections.abc import Callable

import typer

from .json_option import Json
from .render.tables import print_rows

LISTS = {
    "algorithms": "Algorithms and policies that a suite can name.",
    "datasets": "Data sets: every card that comes with the package.",
    "encoders": "Networks that read a state.",
    "estimators": "Off-policy estimators.",
    "loops": "Training loops, for --loop.",
    "metrics": "Metrics of a leaderboard.",
    "policies": "Policies that need no training: baselines, with their settings.",
    "suites": "Suites that come with the package.",
    "tasks": "Simulated shops with known policy values.",
}
"""Each is the function of that name in `suite.listings`, and what it lists."""

app = typer.Typer(help=f"What is registered: {', '.join(LISTS)}.", no_args_is_help=True)


def _command(name: str) -> Callable[[bool], None]:
    def show(as_json: Json = False) -> None:
        from ..suite import listings

        print_rows(getattr(listings, name)(), as_json=as_json)

    return show


for _name, _what in LISTS.items():
    app.command(_name, help=_what)(_command(_name))
