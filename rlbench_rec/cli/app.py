"""The `rlbench` command: one file per subcommand, registered here, and errors turned into one message."""

from __future__ import annotations

import sys
from typing import Protocol, runtime_checkable

import typer
from typer.core import TyperGroup

from ..errors import InputError
from ..terminal import printable
from . import (
    check_plugin,
    compare,
    data,
    doctor,
    export,
    frontier,
    leaderboard,
    listing,
    merge,
    ope,
    perf,
    plot,
    report,
    run,
    score,
    submit,
    table,
    tasks,
    tune,
    verify,
)
from .boundary import guarded
from .command_tree import command_of, command_tree, refuse_unknown_names
from .global_options import GlobalOptions, split
from .log_output import log_output
from .option_names import option_of
from .render.console import OUTPUT, say


@runtime_checkable
class CommandLineError(Protocol):
    """What typer raises for a wrong command line; its class has no public name."""

    message: str
    exit_code: int

    def show(self) -> None:
        """Print the message, and how the command is used."""


app = typer.Typer(
    name="rlbench",
    help="Benchmark offline reinforcement learning for e-commerce recommendation, with counterfactual evaluation.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
MARKUP = app.rich_markup_mode
app.command("run")(run.command)
app.command("ope")(ope.command)
app.command("frontier")(frontier.command)
app.command("tune")(tune.command)
app.command("compare")(compare.command)
app.command("report")(report.command)
app.command("plot")(plot.command)
app.command("table")(table.command)
app.command("merge")(merge.command)
app.command("verify")(verify.command)
app.command("submit")(submit.command)
app.add_typer(leaderboard.app, name="leaderboard")
app.add_typer(data.app, name="data")
app.add_typer(tasks.app, name="tasks")
app.add_typer(listing.app, name="list")
app.command("check-plugin")(check_plugin.command)
app.command("export")(export.command)
app.command("score")(score.command)
app.add_typer(perf.app, name="perf")
app.command("doctor")(doctor.command)


@app.callback(invoke_without_command=True)
def options(
    version: bool = typer.Option(False, "--version", help="Print the version and stop."),
    quiet: bool = typer.Option(False, "--quiet", help="Only errors on stderr; anywhere in the command line."),
    verbose: bool = typer.Option(False, "--verbose", help="Also what the package logs; anywhere."),
    no_color: bool = typer.Option(
        False, "--no-color", help="No escape codes: no colours, no moving bars; anywhere. So does NO_COLOR=1."
    ),
    debug: bool = typer.Option(False, "--debug", help="Write the traceback of an error into a file; anywhere."),
    plugin: list[str] = typer.Option(  # noqa: B008
        [],
        "--plugin",
        metavar="MODULE",
        help="Import a module that registers algorithms, policies, tasks, ... of your own; repeatable.",
    ),
) -> None:
    """Benchmark offline reinforcement learning for e-commerce recommendation, with counterfactual evaluation."""
    # `global_options` takes all but --version out of the command line; they stand here for --help.
    if version:
        from .. import __version__

        say(f"rlbench-rec {__version__}")
        raise typer.Exit


def main() -> None:
    """Entry point. Exit codes: 0 fine, 1 a regression, a failed check or a policy that is worse, 2 wrong use, bad input
    or an error of any other kind, 3 cannot tell (`ope`) or nothing measured (`perf`), 130 interrupted, 143 ended by
    SIGTERM."""
    arguments, chosen = split(sys.argv[1:])
    OUTPUT.quiet, OUTPUT.plain = chosen.quiet, chosen.no_color
    with log_output(chosen):
        code = guarded(lambda: _run(arguments, chosen), debug=chosen.debug)
    sys.exit(code)


def _run(arguments: list[str], chosen: GlobalOptions) -> int:
    chosen.check()
    if chosen.plugins:
        from ..plugins import load_plugins

        load_plugins(chosen.plugins)
    # Typer writes help in colours by rich, or plainly.
    app.rich_markup_mode = None if chosen.no_color else MARKUP
    tree = command_tree(app)
    command, name = command_of(tree, arguments)
    if isinstance(command, TyperGroup) and arguments == name:
        # A question, not a mistake.
        arguments = [*name, "--help"]
    try:
        return tree(args=arguments, standalone_mode=False) or 0
    except InputError as error:
        option = option_of(error.where, app, arguments)
        if option is None:
            raise
        raise InputError(error.what.removeprefix(f"{error.where} is "), where=option, hint=error.hint) from error
    except Exception as error:
        if not isinstance(error, CommandLineError):
            raise
        refuse_unknown_names(tree, arguments)
        from ..model_errors import reworded

        error.message = printable(reworded(error.message))
        error.show()
        return error.exit_code
