"""The `rlbench` command: one file per subcommand, registered here, and errors turned into one message."""

from __future__ import annotations

import sys

import typer

from ..terminal import printable, say
from . import compare, data, doctor, export, listing, ope, perf, run, tasks
from .boundary import guarded

UsageError = typer.BadParameter.__base__
"""What typer raises where a command line does not fit; it has no public name."""

app = typer.Typer(
    name="rlbench",
    help="Benchmark offline reinforcement learning for e-commerce recommendation, with counterfactual evaluation.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("run")(run.command)
app.command("ope")(ope.command)
app.command("compare")(compare.command)
app.add_typer(data.app, name="data")
app.add_typer(tasks.app, name="tasks")
app.add_typer(listing.app, name="list")
app.command("export")(export.command)
app.add_typer(perf.app, name="perf")
app.command("doctor")(doctor.command)


@app.callback(invoke_without_command=True)
def version(
    show: bool = typer.Option(False, "--version", help="Print the version and stop."),
    debug: bool = typer.Option(
        False, "--debug", help="Write the traceback of an error into a file; anywhere in the command line."
    ),
    plugin: list[str] = typer.Option(  # noqa: B008
        [], "--plugin", help="Import a module that registers algorithms, policies, tasks, ... of your own; repeatable."
    ),
) -> None:
    """Benchmark offline reinforcement learning for e-commerce recommendation, with counterfactual evaluation."""
    if show:
        from .. import __version__

        say(f"rlbench-rec {__version__}")
        raise typer.Exit


def main() -> None:
    """Entry point. Exit codes: 0 fine, 1 a regression, a failed check or a policy that is worse, 2 wrong use, bad input
    or an error of any other kind, 3 cannot tell (`ope`) or nothing measured (`perf`), 130 interrupted, 143 ended by
    SIGTERM."""
    arguments, debug, plugins = _anywhere(sys.argv[1:])
    sys.exit(guarded(lambda: _run(arguments, plugins), debug=debug))


def _anywhere(line: list[str]) -> tuple[list[str], bool, list[str]]:
    """The arguments without --debug and --plugin, which may stand anywhere, since they are for every command."""
    arguments, debug, plugins = [], False, []
    words = iter(line)
    for word in words:
        if word == "--debug":
            debug = True
        elif word == "--plugin":
            plugins.append(next(words, ""))
        elif word.startswith("--plugin="):
            plugins.append(word.removeprefix("--plugin="))
        else:
            arguments.append(word)
    return arguments, debug, plugins


def _run(arguments: list[str], plugins: list[str]) -> int:
    if plugins:
        from ..plugins import load_plugins

        load_plugins(plugins)
    try:
        return app(args=arguments, standalone_mode=False) or 0
    except UsageError as error:
        error.message = printable(error.message)
        error.show()
        return error.exit_code
