"""A board over all tasks as pictures: interquartile means with their limits, and performance profiles."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ...figures import PALETTE, new_figure
from ..row_names import is_best
from .save import save

DASHES = ("solid", (0, (5, 2)), (0, (1, 1.5)), (0, (6, 2, 1, 2)))
SHOWN = 8
"""Policies whose profiles have a colour: the first of summary.csv."""
LEFT = -150.0
"""Intervals are cut here, with an arrow."""


def plot_summary(summary: pd.DataFrame, path: Path) -> None:
    """Each policy's interquartile mean with its limits, its median as an open diamond, and in how many tasks it is
    useful, in the order of summary.csv. Best checkpoints are left out.

    Args:
        summary: rows of summary.csv.
        path: of the PNG.

    Raises:
        OutputError: the file cannot be written.
    """
    rows = _last_checkpoints(summary)
    figure = new_figure(8.0, 1.3 + 0.25 * len(rows))
    axis = figure.subplots()
    heights = np.arange(len(rows))
    right = float(np.nanmax([*rows["iqm_high"], *rows["iqm"], *rows["median"], 105.0]))
    lowest = float(np.nanmin([*rows["iqm_low"], *rows["iqm"], *rows["median"], 0.0]))
    left = max(LEFT, lowest - 5.0)
    axis.set(xlim=(left, right + 3.0), ylim=(len(rows) - 0.4, -0.6))
    for end in (0.0, 100.0):
        axis.axvline(end, color="0.6", linewidth=1.0)
    axis.hlines(heights, rows["iqm_low"].clip(lower=left), rows["iqm_high"], color=PALETTE[0], linewidth=1.8)
    style: dict[str, Any] = {"linestyle": "none", "markersize": 5}
    axis.plot(rows["iqm"], heights, marker="o", color=PALETTE[0], label="interquartile mean", **style)
    axis.plot(rows["median"], heights, marker="D", color="black", markerfacecolor="none", label="median", **style)
    for height in heights[(rows[["iqm_low", "iqm", "median"]].min(axis=1) < left).to_numpy()]:
        axis.plot(left, height, marker="<", color=PALETTE[0], clip_on=False, **style)
    _name_rows(axis, rows)
    covers = rows["uncertainty"].iloc[0] if len(rows) else ""
    axis.set_xlabel(f"0 = behaviour policy, 100 = reference policy; limits cover {covers}", fontsize=9)
    figure.legend(loc="outside lower center", ncols=2, fontsize=8, frameon=False)
    save(figure, path)


def plot_profiles(profiles: pd.DataFrame, summary: pd.DataFrame, path: Path) -> None:
    """The share of tasks and replicates with a score above tau, against tau: with colour and limits for the first
    policies of summary.csv, grey for the others.

    Args:
        profiles: rows of profiles.csv.
        summary: rows of summary.csv.
        path: of the PNG.

    Raises:
        OutputError: the file cannot be written.
    """
    figure = new_figure(8.0, 4.6)
    axis = figure.subplots()
    order = _last_checkpoints(summary)[["algorithm", "variant"]]
    curves = dict(list(profiles.groupby(["algorithm", "variant"])))
    for place, policy in enumerate(order.itertuples(index=False, name=None)):
        curve = curves[policy]
        if place >= SHOWN:
            axis.plot(curve["tau"], curve["share"], color="0.8", linewidth=0.9, zorder=1)
            continue
        colour, dash = PALETTE[place % len(PALETTE)], DASHES[place % len(DASHES)]
        axis.fill_between(curve["tau"], curve["ci_low"], curve["ci_high"], color=colour, alpha=0.1, linewidth=0)
        axis.plot(curve["tau"], curve["share"], color=colour, linestyle=dash, label="  ".join(policy))
    axis.axvline(0.0, color="0.6", linewidth=1.0)
    axis.axvline(100.0, color="0.6", linewidth=1.0)
    axis.set_xlabel("tau: 0 = behaviour policy, 100 = reference policy", fontsize=9)
    axis.set_ylabel("share of tasks and replicates above tau", fontsize=9)
    axis.set(ylim=(-0.02, 1.02), xlim=(float(profiles["tau"].min()), float(profiles["tau"].max())))
    axis.tick_params(labelsize=8)
    axis.grid(color="0.9", linewidth=0.8)
    axis.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside lower center", ncols=2, fontsize=8, frameon=False)
    save(figure, path)


def _name_rows(axis: Any, rows: pd.DataFrame) -> None:
    """Names on the left, numbers on the right."""
    axis.set_yticks(range(len(rows)), [f"{a}  {v}" for a, v in zip(rows["algorithm"], rows["variant"], strict=True)])
    # Of all tasks of the board: one that lacks the hard ones is not useful there.
    tasks = rows["n_tasks"].max()
    for height, row in enumerate(rows.to_dict("records")):
        useful = "" if pd.isna(row["useful_in"]) else f"   useful in {row['useful_in']} of {tasks}"
        axis.text(
            1.02,
            height,
            f"{row['iqm']:.0f}{useful}",
            transform=axis.get_yaxis_transform(),
            va="center",
            fontsize=8,
            color="0.25",
        )
    axis.tick_params(axis="both", labelsize=8)
    axis.tick_params(axis="y", length=0)
    axis.grid(axis="x", color="0.9", linewidth=0.8)
    axis.set_axisbelow(True)
    axis.spines[["top", "right"]].set_visible(False)


def _last_checkpoints(summary: pd.DataFrame) -> pd.DataFrame:
    return summary[~summary["variant"].map(is_best).astype(bool)].reset_index(drop=True)
