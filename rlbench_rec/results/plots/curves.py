"""Learning curves of a place as a picture. The same rows give the same bytes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from ...figure_style import DASHES, INK, LABEL, MARK, SOFT, dress, finish, plain
from ...figures import PALETTE, new_figure
from ..readable_names import readable_name, variant_parts
from .save import place_path, save

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ...figures import Format

PANELS = {
    "td_error": "held-out TD error",
    "unexplained": "TD error / variance of targets",
    "mean_q": "held-out mean Q",
}
"""Columns of curves.csv that are drawn."""
MUCH = 1.25
"""A Q of so many times what the log earned is the message of the picture."""
MEAN_RETURN = "mean return of the log"
SAME = 1e-3
"""Mean returns that differ by less than this share are one line."""


def plot_curves(curves: pd.DataFrame, runs: pd.DataFrame, folder: Path, format: Format = "png") -> list[Path]:
    """`curves-<place>.png` for each place that trained a Q function: held-out TD error, the same over the variance of
    its targets, and mean Q beside the log's mean return (dotted, and named) against training steps; mean over seeds,
    and a band from the lowest to the highest.

    Args:
        curves: rows of curves.csv.
        runs: rows of runs.csv, for the names of the curves.
        folder: an existing folder.
        format: of the files.

    Raises:
        OutputError: a file cannot be written.
    """
    named = runs.drop_duplicates("run_id")[["run_id", "dataset", "task", "algorithm", "variant"]]
    # Behaviour cloning has no Q; its log-loss is on another scale.
    points = curves[curves["td_error"].notna()].merge(named, on="run_id")
    points["place"] = points["dataset"].where(points["dataset"] != "", points["task"])
    policies = zip(points["algorithm"], points["variant"], strict=True)
    points["label"] = [readable_name(algorithm, variant_parts(variant).label, "") for algorithm, variant in policies]
    styles = {label: number for number, label in enumerate(sorted(points["label"].unique()))}
    paths: list[Path] = []
    for place, rows in points.groupby("place", sort=True):
        path = place_path(folder, "curves", str(place), paths, format)
        save(curves_figure(str(place), rows, styles), path, format)
        paths.append(path)
    return paths


def curves_figure(place: str, rows: pd.DataFrame, styles: dict[str, int]) -> Figure:
    """The picture of one place.

    Args:
        place: data set or task.
        rows: points of curves.csv with the `label` of their training.
        styles: label -> number of its colour and dashes.
    """
    panels = {column: title for column, title in PANELS.items() if rows[column].notna().any()}
    figure = new_figure(10.0, 2.7)
    axes = figure.subplots(1, len(panels), squeeze=False)[0]
    for axis, (column, title) in zip(axes, panels.items(), strict=True):
        for label, of_label in rows.groupby("label", sort=True):
            _draw_curve(axis, of_label.groupby("step")[column], str(label), styles[str(label)])
        if column == "mean_q":
            _draw_returns(axis, rows)
        axis.set_title(title, loc="left", fontsize=LABEL)
        axis.set_xlabel("training steps", fontsize=LABEL)
        dress(axis)
    notes = "Lines: means over seeds; bands: from the lowest seed to the highest."
    finish(figure, curves_message(place, rows), notes, columns=5)
    return figure


def curves_message(place: str, rows: pd.DataFrame) -> str:
    """How much the highest Q promises at the end of training, beside what the log earned.

    Args:
        place: data set or task.
        rows: points of curves.csv with the `label` of their training.
    """
    last = rows[rows["step"] == rows.groupby("run_id")["step"].transform("max")]
    promised = last.groupby("label")["overestimation"].mean().dropna()
    if promised.empty:
        return f"Learning curves in {place}"
    name = str(promised.idxmax())
    if promised[name] < MUCH:
        return f"No Q promises much more than the log earned in {place}"
    if last.loc[last["label"] == name, "mean_return"].mean() > 0:
        return f"The Q of {name} promises {plain(promised[name], '.2g')} times what the log earned in {place}"
    return f"The Q of {name} promises more than the log earned in {place}"


def _draw_curve(axis: Axes, by_step: Any, label: str, number: int) -> None:
    colour, dash = PALETTE[number % len(PALETTE)], DASHES[number % len(DASHES)]
    mean = by_step.mean()
    # Curves may coincide (DQN and Double DQN on one-step logs): thinner, broken ones lie on top of fuller ones.
    width = max(1.0, 3.0 - 0.5 * number)
    axis.fill_between(mean.index, by_step.min(), by_step.max(), color=colour, alpha=0.12, linewidth=0)
    axis.plot(mean.index, mean, color=colour, linestyle=dash, linewidth=width, label=label)


def _draw_returns(axis: Axes, rows: pd.DataFrame) -> None:
    """What the log itself earned from there on: a Q far above it promises too much. One that does not look ahead is
    held against what the log earned at once."""
    levels: dict[float, list[str]] = {}
    low, high = axis.get_ylim()
    for label, mean in rows.groupby("label", sort=True)["mean_return"].mean().dropna().items():
        level = next((known for known in levels if abs(known - mean) <= SAME * abs(known)), float(mean))
        levels.setdefault(level, []).append(str(label))
    # A Q that has hardly been trained lies below what the log earned: that line is to be seen too.
    top = max([high, *(level + 0.05 * (level - low) for level in levels)])
    # Names stand below their lines, away from a Q that promises more.
    axis.set_ylim(min([low, *(level - 0.1 * (top - level) for level in levels)]), top)
    for level, labels in levels.items():
        axis.axhline(level, color=INK, linestyle=":", linewidth=1.2)
        several = len(levels) > 1 and len(labels) < 3
        text = f"{MEAN_RETURN}, for {' and '.join(labels)}" if several else MEAN_RETURN
        style: dict[str, Any] = {"fontsize": MARK, "color": SOFT, "ha": "right", "va": "top"}
        box = {"facecolor": "white", "edgecolor": "none", "pad": 0.5, "alpha": 0.75}
        axis.annotate(
            text, (1.0, level), xycoords=axis.get_yaxis_transform(), xytext=(-2, -2), textcoords="offset points",
            bbox=box, **style,
        )  # fmt: skip
