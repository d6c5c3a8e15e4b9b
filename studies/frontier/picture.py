"""One picture: every shop's true lift by task, beside what a trusted mixture would have given."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from rlbench_rec.figure_style import INK, LABEL, dress, finish, off_scale
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


MARKERS = ("o", "s", "^", "v", "D")
BEYOND = " Arrows: shops beyond the scale, with the farthest."
WIDE = 60.0
"""Lifts beyond so many per cent have a marker at the edge: most lie within a tenth of it."""


def draw(answers: pd.DataFrame, path: Path) -> None:
    """A dot a shop, a bar at the median; 0 is the behaviour policy, where a frontier stays that finds nothing."""
    answers = in_percent(answers)
    tasks = sorted(answers["task"].unique())
    figure = new_figure(9.6, 3.8)
    axis = figure.subplots()
    low, high = _limits(answers["percent"])
    axis.set_ylim(low, high)
    for place, ((question, base), name) in enumerate(zip(SERIES, NAMES, strict=True)):
        of_series = answers[(answers["question"] == question) & (answers["base"] == base)]
        colour, offset = PALETTE[place], 0.15 * (place - 2)
        for at, task in enumerate(tasks):
            lifts = of_series.loc[of_series["task"] == task, "percent"].to_numpy()
            inside = lifts[(lifts >= low) & (lifts <= high)]
            style: dict[str, Any] = {"marker": MARKERS[place], "s": 10, "color": colour, "alpha": 0.55, "linewidths": 0}
            axis.scatter(np.full(len(inside), at + offset), inside, label=name if at == 0 else None, **style)
            if len(lifts):
                axis.hlines(np.median(lifts), at + offset - 0.06, at + offset + 0.06, color=colour, linewidth=2)
            for side, beyond, edge in (("bottom", lifts[lifts < low], low), ("top", lifts[lifts > high], high)):
                if len(beyond):
                    farthest = float(beyond[np.abs(beyond).argmax()])
                    off_scale(axis, at + offset, edge, side, farthest, colour, ".0f")
    axis.axhline(0.0, color=INK, linewidth=0.8)
    axis.set_ylabel("true lift, % of the behaviour policy's value", fontsize=LABEL)
    dress(axis, "y")
    axis.set_xticks(range(len(tasks)), [task.removesuffix("-v1") for task in tasks], rotation=25, ha="right")
    notes = "A mark: a shop; a bar: their median; 0: the frontier stays at the behaviour policy."
    if answers["percent"].abs().max() > WIDE:
        notes += BEYOND
    finish(figure, _message(answers), notes, columns=3)
    show_as_written(figure)
    path.write_bytes(image(figure, image_format(path)))


def _message(answers: pd.DataFrame) -> str:
    """In how many shops the frontier is truly above the behaviour policy, and below it."""
    best = answers[(answers["question"] == "best") & (answers["base"] == "logged")]
    lifts = best["percent"].dropna()
    above, below = int((lifts > 0).sum()), int((lifts < 0).sum())
    where = f"in {above} of {len(lifts)} shops, and below it in {below or 'none'}"
    return f"The frontier is truly above the behaviour policy {where}"


def _limits(percent: pd.Series) -> tuple[float, float]:
    numbers = percent.dropna().clip(-WIDE, WIDE)
    low, high = min(0.0, float(numbers.min())), max(0.0, float(numbers.max()))
    margin = 0.05 * (high - low) or 1.0
    return low - margin, high + margin
