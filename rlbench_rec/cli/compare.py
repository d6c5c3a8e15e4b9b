"""`rlbench compare OLD.csv NEW.csv`: did anything get worse?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .json_option import Json
from .render.console import say

if TYPE_CHECKING:
    from ..results.schema import TableRow


def command(
    old: Annotated[Path, typer.Argument(help="leaderboard.csv or runs.csv to compare with.")],
    new: Annotated[Path, typer.Argument(help="The same kind of file, from the change.")],
    show_all: Annotated[bool, typer.Option("--all", help="Also rows that are identical or within intervals.")] = False,
    as_json: Json = False,
) -> None:
    """Join two result files on their keys and judge every row.

    Exit code 0: nothing is worse beyond the intervals; 1: a regression or a missing row; 2: a file that cannot be used.
    """
    from ..results.compare import CHANGES, compare

    comparison = compare(old, new)
    if as_json:
        say(json.dumps(comparison.to_dict(), indent=1))
    else:
        hidden = () if show_all else ("identical", "worse within", "better within")
        for row in comparison.rows.to_dict("records"):
            if row["change"] not in hidden:
                say(_line(row))
        counts = ", ".join(f"{comparison.counts.get(change, 0)} {change}" for change in CHANGES)
        unknown = f" Whether both are of the same data is not known: {comparison.unchecked}."
        say(f"{len(comparison.rows)} rows: {counts}.{unknown if comparison.unchecked else ''}")
    raise typer.Exit(1 if comparison.regressed else 0)


def _line(row: TableRow) -> str:
    """`worse beyond   shop-v1  dqn mlp/greedy  reward snips  4.2 -> 3.1 (-1.1, margin 0.4)  weak`: one row, one line,
    so that grep works and no terminal is too narrow."""
    from ..results.leaderboard import RANKED

    seed = "".join(f" {name} {row[name]}" for name in ("replicate", "log") if row.get(name))
    seed += f" seed {row['seed']}" if "seed" in row else ""
    place = " ".join(name for name in (row["dataset"], row["task"]) if name)
    q = f" (q: {row['q']})" if row["q"] else ""
    kind = " (imitation)" if row["estimator"] == RANKED else ""
    names = f"{place}  {row['algorithm']} {row['variant']}{seed}  {row['metric']} {row['estimator']}{q}{kind}"
    values = f"{_number(row['old'])} -> {_number(row['new'])}"
    if row["difference"] == row["difference"]:
        values += f" ({row['difference']:+.4g}, margin {_number(row['margin'])})"
    return f"{row['change']:<13}  {names}  {values}  {row['verdict']}".rstrip()


def _number(value: float) -> str:
    return "none" if value != value else f"{value:.4g}"
