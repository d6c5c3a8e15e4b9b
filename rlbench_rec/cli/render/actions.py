"""What to act on after a run, on a terminal: one table for all places, a key of its names, and a line that exports."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from ...policies.forms import FRONTIER_FORMS
from ...results.actions import USERS_CHOSE, Action
from ...results.readable_names import key_of_names, row_name
from ...results.row_names import is_best
from ...what_to_log import WHAT_TO_LOG

if TYPE_CHECKING:
    from rich.console import Console

    from ...results.frontier import Advice
    from ...results.headline import Headline

TITLE = "What to act on"
COLOURS = {"A/B test": "green", "log more": "yellow", "cannot be told": "red"}
EXPORTED = ("greedy", "tilted", "mixed", "constrained")
"""Forms that one file can hold, beside a frontier that was stored."""


def show_actions(console: Console, actions: Sequence[Action]) -> None:
    """The table, without columns that say nothing, and what its names are called in the files.

    Args:
        console: where to.
        actions: one for each place.
    """
    from rich import box
    from rich.table import Table
    from rich.text import Text

    if not actions:
        return
    console.print()
    console.print(Text(f"{TITLE} (gain: over what is in service)", style="bold"), soft_wrap=True)
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    rows = [_cells(each) for each in actions]
    columns = [name for name in rows[0] if any(row[name] for row in rows)]
    for name in columns:
        right, whole = name in ("gain", "interval"), name in ("do", "gain", "interval")
        table.add_column(name, justify="right" if right else "left", no_wrap=whole, overflow="fold")
    for row in rows:
        table.add_row(*(Text(row[name], style=COLOURS.get(row[name], "")) for name in columns))
    console.print(table)
    if any(each.why == USERS_CHOSE for each in actions):
        console.print(Text(WHAT_TO_LOG))
    named = pd.DataFrame([(each.algorithm, each.variant) for each in actions if each.algorithm])
    if len(named):
        key = key_of_names(named.set_axis(["algorithm", "variant"], axis=1))
        console.print(Text("In the files: " + "; ".join(f"{name} = {row}" for name, row in key) + "."))


def _cells(action: Action) -> dict[str, str]:
    policy = row_name(action.algorithm, action.variant) if action.algorithm else ""
    return {
        "place": action.place,
        "do": action.what,
        "policy": policy,
        "gain": action.gain,
        "interval": action.interval,
        "why": action.why,
    }


def export_line(
    folder: Path, shown: Sequence[Headline], advised: Mapping[str, Advice], runs: Sequence[Mapping[str, Any]]
) -> str:
    """A command that writes a policy of this run as one file: the first frontier that is to be tested; else the best
    learner of a place whose training is stored, which nothing vouches for. Empty where there is none.

    Args:
        folder: of the run.
        shown: rows of every place, best first.
        advised: what the frontiers advise, by place.
        runs: what stands in runs.csv, a row each.
    """
    for advice in advised.values():
        stored = folder / "models" / advice.run_id
        if advice.step and advice.lift.shown and (stored / "frontier.json").is_file():
            return f"As one file to serve: {_line(stored, 'frontier')}"
    for place in shown:
        for row in place.rows[place.rows["rank"].notna()].to_dict("records"):
            form = str(row["variant"]).split("/")[-1]
            if form in FRONTIER_FORMS or form.split("-")[0] not in EXPORTED or is_best(row["variant"]):
                continue
            wanted = {"algorithm": row["algorithm"], "variant": row["variant"]}
            same = (run for run in runs if all(run.get(name) == value for name, value in wanted.items()))
            trained = (
                folder / "models" / run["run_id"] for run in same if place.place in (run["dataset"], run["task"])
            )
            if there := [path for path in trained if path.is_dir()]:
                return f"A trained policy as one file: {_line(there[0], form)}"
    return ""


def _line(stored: Path, form: str) -> str:
    return f"rlbench export {shlex.quote(str(stored))}" + ("" if form == "greedy" else f" --form {form}")
