"""`rlbench compare OLD.csv NEW.csv`: did anything get worse?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer


def command(
    old: Annotated[Path, typer.Argument(help="leaderboard.csv or runs.csv to compare with.")],
    new: Annotated[Path, typer.Argument(help="The same kind of file, from the change.")],
    show_all: Annotated[bool, typer.Option("--all", help="Also rows that are identical or within intervals.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable.")] = False,
) -> None:
    """Join two result files on their keys and judge every row.

    Exit code 0: nothing worse beyond the intervals; 1: a regression or a missing row; 2: a file that cannot be used.
    """
    from ..results.compare import CHANGES, compare
    from .tables import print_rows

    comparison = compare(old, new)
    if as_json:
        typer.echo(json.dumps(comparison.to_dict(), indent=1))
    else:
        hidden = () if show_all else ("identical", "worse within", "better within")
        rows = comparison.rows[~comparison.rows["change"].isin(hidden)]
        if len(rows):
            print_rows(rows.to_dict("records"))
        counts = ", ".join(f"{comparison.counts.get(change, 0)} {change}" for change in CHANGES)
        typer.echo(f"{len(comparison.rows)} rows: {counts}.")
    raise typer.Exit(1 if comparison.regressed else 0)
