"""The `rlbench` command: one file per subcommand, registered here, and errors turned into one message."""

from __future__ import annotations

import sys
import warnings

import typer

from ..errors import DataWarning, RlbenchError
from . import compare, data, doctor, export, listing, ope, run, tasks

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
app.command("doctor")(doctor.command)


@app.callback(invoke_without_command=True)
def version(show: bool = typer.Option(False, "--version", help="Print the version and stop.")) -> None:
    """Benchmark offline reinforcement learning for e-commerce recommendation, with counterfactual evaluation."""
    if show:
        from .. import __version__

        typer.echo(f"rlbench-rec {__version__}")
        raise typer.Exit


def main() -> None:
    """Entry point. Exit codes: 0 fine; 1 a regression, a failed check, a policy shown to be worse or a broken
    guardrail; 2 wrong use or bad input; 3 a log that cannot tell (`rlbench ope`); 130 interrupted."""
    usual = warnings.formatwarning
    warnings.formatwarning = lambda message, category, *place: (
        f"rlbench: {message}\n" if issubclass(category, DataWarning) else usual(message, category, *place)
    )
    try:
        app()
    except RlbenchError as error:
        typer.echo(f"rlbench: {error}", err=True)
        sys.exit(2)
    except BrokenPipeError:
        # The reader of stdout (head, say) has seen enough; nothing is wrong.
        sys.stderr.close()
        sys.exit(0)
    finally:
        warnings.formatwarning = usual
