"""`rlbench data list|show|init|get|check|build|datasheet`: data sets, by card."""

from __future__ import annotations

import typer

from .. import datasheet
from . import build, catalogue, check, get, init, show

app = typer.Typer(help="Data sets: their cards, licences, and whether a log loads.", no_args_is_help=True)
app.command("list")(catalogue.command)
app.command("show")(show.command)
app.command("init")(init.command)
app.command("get")(get.command)
app.command("check")(check.command)
app.command("build")(build.command)
app.command("datasheet")(datasheet.of_card)
