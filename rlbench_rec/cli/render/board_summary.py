"""A board over all tasks on a terminal: useful in how many tasks first, then interquartile means."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from ...results.row_names import floor_lacks, is_best
from ...results.whole_points import whole_limits, whole_points

if TYPE_CHECKING:
    from rich.console import Console

TITLE = "All tasks: 0 = behaviour policy, 100 = reference policy (truth)"


def show_summary(console: Console, folder: Path) -> None:
    """summary.csv of a run, with each policy's worst task, and what its limits cover; nothing where the run has none.

    Args:
        console: where to.
        folder: of the run.
    """
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from ...results.normalised import matrix
    from ...results.read import read_table
    from ...results.schema import NORMALISED, NORMALISED_KEYS, SUMMARY, SUMMARY_KEYS

    file = folder / "summary.csv"
    if not file.is_file():
        return
    summary = read_table(file, SUMMARY, SUMMARY_KEYS)
    summary = summary[~summary["variant"].map(is_best).astype(bool)]
    by_task = matrix(read_table(folder / "normalised.csv", NORMALISED, NORMALISED_KEYS))
    if summary.empty:
        return
    console.print(Text(TITLE, style="bold"), soft_wrap=True)
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    asked = bool(summary["useful_in"].notna().any())
    right = (*["useful in"] * asked, "IQM", "limits", "median", "worst")
    for name in ("algorithm", "variant", *right, "in"):
        table.add_column(name, justify="right" if name in right else "left", overflow="fold", no_wrap=name in right)
    for row in summary.to_dict("records"):
        of_tasks = by_task.loc[(row["algorithm"], row["variant"])]
        useful = [f"{row['useful_in']} of {by_task.shape[1]}" if pd.notna(row["useful_in"]) else ""] * asked
        limits = whole_limits(row["iqm_low"], row["iqm_high"])
        numbers = [whole_points(row["iqm"]), limits, whole_points(row["median"])]
        worst = [whole_points(of_tasks.min()), str(of_tasks.idxmin())]
        table.add_row(*map(Text, (row["algorithm"], row["variant"], *useful, *numbers, *worst)))
    console.print(table)
    for sentence in _sentences(summary):
        console.print(Text(sentence))


def _sentences(summary: pd.DataFrame) -> list[str]:
    first = summary.iloc[0]
    if first["uncertainty"] == "replicates":
        covers = f"Limits (95 %) cover {first['n_replicates']} replicates a task: shops, logs and training seeds."
    else:
        covers = (
            "Limits cover training seeds alone: one shop and one log a task. "
            "With `replicates = 10` they would cover shops and logs too."
        )
    sentences = [covers]
    if summary["detectable"].notna().any():
        sentences.append(
            f"A true IQM below {summary['detectable'].median():.0f} would be missed by one in five such boards or more "
            "(median over rows)."
        )
    lacking = floor_lacks(zip(summary["algorithm"], summary["variant"], strict=True))
    lacking = [name for name in lacking if name != "behaviour"]
    if summary["useful_in"].isna().all():
        why = f"the floor lacks {', '.join(lacking)}" if lacking else "there is one replicate"
        sentences.append(f"Which are useful is not tested: {why}.")
    return sentences
