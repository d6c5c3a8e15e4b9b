"""One picture: every shop's true lift by task, beside what a trusted mixture would have given."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from rlbench_rec.figures import PALETTE, image, image_format, new_figure, show_as_written

from .bars import in_percent

SERIES = (("best", "logged"), ("best", "service"), ("mixed", "logged"), ("mode", "logged"), ("shuffled", "logged"))
NAMES = (
    "frontier, exact base",
    "frontier, what is in service",
    "greedy mixed in",
    "clone's mode mixed in",
    "shuffled Q",
)


def draw(answers: pd.DataFrame, path: Path) -> None:
    """A dot a shop, a bar at the median; 0 is the behaviour policy, where a frontier stays that finds nothing."""
    answers = in_percent(answers)
    tasks = sorted(answers["task"].unique())
    figure = new_figure(9.0, 4.2)
    axis = figure.subplots()
    for place, ((question, base), name) in enumerate(zip(SERIES, NAMES, strict=True)):
        of_series = answers[(answers["question"] == question) & (answers["base"] == base)]
        colour, offset = PALETTE[place], 0.15 * (place - 2)
        for at, task in enumerate(tasks):
            lifts = of_series.loc[of_series["task"] == task, "percent"].to_numpy()
            label = name if at == 0 else None
            axis.scatter(
                np.full(len(lifts), at + offset), lifts, s=9, color=colour, alpha=0.5, linewidths=0, label=label
            )
            axis.hlines(np.median(lifts), at + offset - 0.06, at + offset + 0.06, color=colour, linewidth=2)
    axis.axhline(0.0, color="black", linewidth=0.8)
    axis.set_xticks(
        range(len(tasks)), [task.removesuffix("-v1") for task in tasks], rotation=25, ha="right", fontsize=8
    )
    axis.set_ylabel("true lift, % of the behaviour policy's value", fontsize=9)
    axis.legend(fontsize=8, frameon=False, ncols=2)
    axis.spines[["top", "right"]].set_visible(False)
    show_as_written(figure)
    path.write_bytes(image(figure, image_format(path)))
