"""The normalised scale as one picture: policies by tasks. The same table gives the same bytes."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from ...figures import new_figure
from ..normalised import matrix
from ..summary import CLIP
from .save import save


def plot_normalised(table: pd.DataFrame, path: Path) -> None:
    """A field for each policy and task: its truth as number and as colour, blue above the behaviour policy, red below
    it; colours end at CLIP, the numbers do not. The policies with the highest median over tasks stand first; best
    checkpoints, which repeat the last ones' story, are left out.

    Args:
        table: rows of normalised.csv.
        path: of the PNG.

    Raises:
        OutputError: the file cannot be written.
    """
    values = matrix(table)
    values = values.loc[values.median(axis=1).sort_values(ascending=False, kind="stable").index]
    figure = new_figure(max(6.5, 2.6 + 0.72 * values.shape[1]), 1.6 + 0.24 * len(values))
    axis = figure.subplots()
    axis.imshow(values, cmap="RdBu", vmin=CLIP, vmax=-CLIP, aspect="auto")
    for row, numbers in enumerate(values.to_numpy()):
        for column, number in enumerate(numbers):
            colour = "white" if abs(number) > 65 else "black"
            text = "" if pd.isna(number) else str(round(number))
            axis.text(column, row, text, ha="center", va="center", fontsize=8, color=colour)
    names = [str(task).removesuffix("-v1") for task in values]
    axis.set_xticks(range(len(names)), names, fontsize=8, rotation=35, ha="left", rotation_mode="anchor")
    axis.xaxis.tick_top()
    axis.set_yticks(range(len(values)), ["  ".join(name) for name in values.index], fontsize=8)
    axis.tick_params(length=0)
    axis.spines[:].set_visible(False)
    axis.set_xlabel("true value: 0 = behaviour policy, 100 = reference policy", fontsize=9)
    save(figure, path)
