"""What a person sees at the end of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from .answers import needs_rl

if TYPE_CHECKING:
    from .runner import Finished

COLOURS = {"trusted": "green", "weak": "yellow", "unreliable": "red"}
HEADLINE = ("truth", "snips", "ranking", "on-policy")
"""Estimators on the screen; the files have all of them."""


def show(finished: Finished, *, as_json: bool = False) -> None:
    """The board with intervals and verdicts, and where the files are; on stdout. Failures go to stderr."""
    from rich.console import Console
    from rich.markup import escape

    from ..results.schema import read_leaderboard

    board = read_leaderboard(finished.folder / "leaderboard.csv")
    if as_json:
        print(board.to_json(orient="records", indent=1))
        return
    console = Console()
    for place, rows in board.groupby(["dataset", "task"], sort=False, dropna=False):
        _show_place(console, next(str(name) for name in place if name and name == name), rows)
    for sentence in needs_rl(board):
        console.print(sentence, highlight=False)
    console.print(f"Files: {escape(str(finished.folder))}  ({finished.seconds:.0f} s)", highlight=False, soft_wrap=True)
    errors = Console(stderr=True)
    for failure in finished.failures:
        status = next(row["status"] for row in failure.rows if row["status"] != "ok")
        errors.print(f"{failure.run_id}: {status}", style="red", markup=False, soft_wrap=True)


def _show_place(console, title: str, rows: pd.DataFrame) -> None:
    from rich.table import Table
    from rich.text import Text

    shown = rows[rows["estimator"].isin(HEADLINE) & rows["metric"].isin(["reward", "NDCG@10", "HR@10"])]
    table = Table(title=title, title_justify="left", header_style="bold")
    for name in ("rank", "algorithm", "variant", "metric", "estimator", "value", "interval", "verdict"):
        table.add_column(name, justify="right" if name in ("rank", "value") else "left", no_wrap=name != "variant")
    for row in shown.to_dict("records"):
        rank = "" if pd.isna(row["rank"]) else f"{int(row['rank'])}"
        interval = "" if pd.isna(row["ci_low"]) else f"[{row['ci_low']:.4g}, {row['ci_high']:.4g}]"
        value = "" if pd.isna(row["mean"]) else f"{row['mean']:.4g}"
        verdict = "" if pd.isna(row["verdict"]) else str(row["verdict"])
        label = (
            verdict if row["identification"] in ("identified", "imitation") else f"{verdict}, {row['identification']}"
        )
        names = (row["algorithm"], row["variant"], row["metric"], row["estimator"])
        cells = [Text(cell) for cell in (rank, *map(str, names), value, interval)]
        table.add_row(*cells, Text(label, style=COLOURS.get(verdict, "")))
    console.print(table)
