"""The normalised scale as one picture: policies by tasks. The same table gives the same bytes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from ...figure_style import GAP, INK, LABEL, TEXT, column, finish
from ...figures import new_figure
from ..normalised import matrix
from ..readable_names import row_name
from ..summary import CLIP
from .numbers import fixed
from .save import save
from .values import write_ids

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ...figures import Format

PALE = 65
"""On colours of larger numbers text is white."""
CLIPPED = "\N{BLACK DOWN-POINTING TRIANGLE}", "\N{BLACK UP-POINTING TRIANGLE}"
"""Stand beside numbers below and above the ends of the colours."""


def plot_normalised(table: pd.DataFrame, path: Path, format: Format = "png") -> None:
    """A field for each policy and task: its truth as number and as colour, blue above the behaviour policy, red below
    it. Colours end at CLIP, the numbers do not: those beyond have a triangle. The policies with the highest median over
    tasks stand first; best checkpoints, which repeat the last ones' story, are left out.

    Args:
        table: rows of normalised.csv.
        path: of the picture.
        format: of the file.

    Raises:
        OutputError: the file cannot be written.
    """
    save(normalised_figure(table), path, format)


def normalised_figure(table: pd.DataFrame) -> Figure:
    """The picture.

    Args:
        table: rows of normalised.csv.
    """
    values = matrix(table)
    values = values.loc[values.median(axis=1).sort_values(ascending=False, kind="stable").index]
    figure = new_figure(max(8.0, 5.2 + 0.72 * values.shape[1]), 1.0 + 0.24 * len(values))
    axis = figure.subplots()
    axis.imshow(values, cmap="RdBu", vmin=CLIP, vmax=-CLIP, aspect="auto")
    for row, numbers in enumerate(values.to_numpy()):
        for place, number in enumerate(numbers):
            colour = "white" if abs(number) > PALE else INK
            axis.text(place, row, _cell(number), ha="center", va="center", fontsize=TEXT, color=colour)
    names = [str(task).removesuffix("-v1") for task in values]
    axis.set_xticks(range(len(names)), names, fontsize=TEXT, rotation=35, ha="left", rotation_mode="anchor")
    axis.xaxis.tick_top()
    axis.set_yticks([])
    axis.tick_params(length=0)
    axis.spines[:].set_visible(False)
    column(axis, [row_name(*policy) for policy in values.index], "left", GAP, align="left", color=INK)
    write_ids(axis, values.index.to_frame(index=False).set_axis(["algorithm", "variant"], axis=1), GAP)
    axis.set_xlabel("true value: 0 = behaviour policy, 100 = reference policy", fontsize=LABEL)
    beyond = f"{CLIPPED[0]} below {fixed(CLIP, 0)}, {CLIPPED[1]} above {fixed(-CLIP, 0)}, where colours end."
    clipped = bool((values.abs() > -CLIP).any(axis=None))
    finish(figure, normalised_message(values), beyond if clipped else "")
    return figure


def normalised_message(values: pd.DataFrame) -> str:
    """Who has the highest median, and where it is above the behaviour policy.

    Args:
        values: policies by tasks, the highest median first.
    """
    first = values.iloc[0].dropna()
    name, above, tasks = row_name(*values.index[0]), int((first > 0).sum()), len(first)
    where = f"in all {tasks} tasks" if above == tasks > 1 else f"in {above} of {tasks} task{'s' * (tasks > 1)}"
    worst = str(first.idxmin()).removesuffix("-v1")
    low = f"; in {worst} it is at {fixed(first.min(), 0)}" if first.min() < 0 else ""
    return f"{name} has the highest median over tasks, and is above the behaviour policy {where}{low}"


def _cell(number: float) -> str:
    if pd.isna(number):
        return ""
    beyond = CLIPPED[0] if number < CLIP else CLIPPED[1] if number > -CLIP else ""
    return f"{fixed(number, 0)} {beyond}".rstrip()
