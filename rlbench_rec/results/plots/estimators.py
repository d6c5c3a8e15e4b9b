"""Pictures of how good estimators are: error against the size of the log, and estimate against truth."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...figures import PALETTE, new_figure
from .save import save

if TYPE_CHECKING:
    import pandas as pd

GROUPS = ("matched", "mismatched")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
MARKS = {"matched": "o", "mismatched": "x"}
SHOWN = 3.0
"""Estimates further from the truths' range than this many times its width are cut, and counted in the title."""


def plot_errors(scores: pd.DataFrame, folder: Path) -> list[Path]:
    """`error-<task>.png` for each task: RMSE against the size of the log, both on log scales, a line per estimator, for
    matched and for mismatched policies.

    Args:
        scores: rows of estimators.csv.
        folder: an existing folder.

    Raises:
        OutputError: a file cannot be written.
    """
    from matplotlib.ticker import LogLocator

    paths = []
    for task, rows in scores.groupby("task", sort=True):
        figure = new_figure(9.0, 4.2)
        axes = figure.subplots(1, 2, sharey=True)
        for axis, group in zip(axes, GROUPS, strict=True):
            for i, (estimator, line) in enumerate(rows[rows["policies"] == group].groupby("estimator", sort=True)):
                style = {"color": PALETTE[i % len(PALETTE)], "marker": MARKERS[i % len(MARKERS)], "markersize": 5}
                axis.plot(line["n_episodes"], line["rmse"], label=estimator if group == GROUPS[0] else None, **style)
            axis.set(xscale="log", yscale="log", xlabel="sessions in the log")
            axis.set_title(f"{group} policies", fontsize=10)
            sizes = sorted(rows["n_episodes"].unique())
            axis.set_xticks(sizes, [f"{size:,}" for size in sizes])
            axis.xaxis.minorticks_off()
            # Plain numbers: the figure's texts are shown as written, so powers of ten would not be typeset.
            axis.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
            axis.yaxis.set_major_formatter("{x:g}")
            axis.yaxis.set_minor_formatter("")
            _light(axis)
        axes[0].set_ylabel("RMSE, share of the logging value")
        figure.suptitle(str(task), fontsize=11, fontweight="bold")
        figure.legend(loc="outside lower center", ncols=7, fontsize=8, frameon=False)
        path = folder / f"error-{task}.png"
        save(figure, path)
        paths.append(path)
    return paths


def plot_estimates(estimates: pd.DataFrame, folder: Path) -> list[Path]:
    """`estimates-<task>.png` for each task: each estimate of the largest log against the truth, a panel an estimator.

    Args:
        estimates: rows of estimates.csv.
        folder: an existing folder.

    Raises:
        OutputError: a file cannot be written.
    """
    paths = []
    for task, rows in estimates.groupby("task", sort=True):
        size = rows["n_episodes"].max()
        rows = rows[rows["n_episodes"] == size]
        names = sorted(rows["estimator"].unique())
        figure = new_figure(2.6 * len(names), 3.2)
        low, high = rows["true_value"].min(), rows["true_value"].max()
        margin = (high - low) or 1.0
        for axis, name in zip(
            figure.subplots(1, len(names), sharex=True, sharey=True, squeeze=False)[0], names, strict=True
        ):
            shown = rows[(rows["estimator"] == name) & rows["value"].notna()]
            cut = shown["value"].clip(low - SHOWN * margin, high + SHOWN * margin)
            axis.axline((low, low), slope=1.0, color="black", linewidth=0.8)
            for group, colour in zip(GROUPS, PALETTE, strict=False):
                here = (shown["policies"] == group).to_numpy()
                axis.plot(shown["true_value"][here], cut[here], MARKS[group], color=colour, markersize=4, label=group)
            beyond = int(np.sum(cut.to_numpy() != shown["value"].to_numpy()))
            axis.set_title(f"{name} ({beyond} cut)" if beyond else name, fontsize=9)
            axis.set_xlabel("true value", fontsize=9)
            _light(axis)
        figure.axes[0].set_ylabel("estimate", fontsize=9)
        figure.suptitle(f"{task}, logs of {size:,} sessions", fontsize=11, fontweight="bold")
        handles, labels = figure.axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=2, fontsize=8, frameon=False)
        path = folder / f"estimates-{task}.png"
        save(figure, path)
        paths.append(path)
    return paths


def _light(axis: Any) -> None:
    axis.grid(True, color="0.9")
    axis.tick_params(labelsize=8)
    axis.spines[["top", "right"]].set_visible(False)
