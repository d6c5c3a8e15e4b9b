"""A board over all tasks as pictures: interquartile means with their limits, and performance profiles."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ...figure_style import DASHES, GAP, INK, LABEL, column, dress, finish, off_scale
from ...figures import PALETTE, new_figure
from ..readable_names import row_name
from ..row_names import is_best
from .numbers import fixed
from .save import save
from .values import write_ids

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ...figures import Format

SHOWN = 8
"""Policies whose profiles have a colour: the first of summary.csv."""
LEFT = -150.0
"""The scale ends here; what lies beyond has a marker at the edge."""
SCALE = "0 = behaviour policy, 100 = reference policy"


NOTES = "Higher is better; where two lines cross, which policy is better depends on the score one needs. Bands: limits."


def plot_summary(summary: pd.DataFrame, path: Path, format: Format = "png") -> None:
    """Each policy's interquartile mean with its limits, its median as an open diamond, and in how many tasks it is
    useful, in the order of summary.csv. Best checkpoints are left out.

    Args:
        summary: rows of summary.csv.
        path: of the picture.
        format: of the file.

    Raises:
        OutputError: the file cannot be written.
    """
    save(summary_figure(summary), path, format)


def summary_figure(summary: pd.DataFrame) -> Figure:
    """The picture of interquartile means.

    Args:
        summary: rows of summary.csv.
    """
    rows = _last_checkpoints(summary)
    figure = new_figure(9.5, 0.9 + 0.25 * len(rows))
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
    axis.plot(rows["median"], heights, marker="D", color=INK, markerfacecolor="none", label="median", **style)
    for height, numbers in enumerate(rows[["iqm", "median", "iqm_low"]].to_numpy(float)):
        # The value that is farther in is the one that a reader looks for.
        beyond = numbers[numbers < left]
        if len(beyond):
            off_scale(axis, left, height, "left", float(beyond[0]), PALETTE[0], ".0f")
    _write_rows(axis, rows)
    axis.set_xlabel(f"normalised true value: {SCALE}", fontsize=LABEL)
    covers = rows["uncertainty"].iloc[0] if len(rows) else ""
    finish(
        figure,
        summary_message(rows),
        f"Lines: limits that cover {covers}.{_not_asked(rows)}" if covers else "",
        columns=2,
    )
    return figure


def _not_asked(rows: pd.DataFrame) -> str:
    """What an empty cell of "useful in" means, where some are empty and others are not."""
    empty = rows["useful_in"].isna()
    return " Of the floor it is not asked in how many tasks it is useful." if empty.any() and not empty.all() else ""


def summary_message(rows: pd.DataFrame) -> str:
    """Who has the highest interquartile mean, and who is useful in most tasks.

    Args:
        rows: rows of summary.csv without best checkpoints.
    """
    tasks = rows["n_tasks"].max()
    first = rows.iloc[int(rows["iqm"].to_numpy(float).argmax())]
    lead = f"{row_name(first['algorithm'], first['variant'])} has the highest interquartile mean"
    useful = rows["useful_in"].dropna()
    if useful.empty:
        return lead
    if not useful.max():
        return f"{lead}; no policy is useful in any of {tasks} tasks"
    most = rows[rows["useful_in"].eq(useful.max()).fillna(False).astype(bool)].iloc[0]
    whose = "it is" if most.name == first.name else f"{row_name(most['algorithm'], most['variant'])} is"
    return f"{lead}; {whose} useful in the most tasks, {useful.max()} of {tasks}"


def plot_profiles(profiles: pd.DataFrame, summary: pd.DataFrame, path: Path, format: Format = "png") -> None:
    """The share of tasks and replicates with a score above tau, against tau: with colour and limits for the first
    policies of summary.csv, grey for the others.

    Args:
        profiles: rows of profiles.csv.
        summary: rows of summary.csv.
        path: of the picture.
        format: of the file.

    Raises:
        OutputError: the file cannot be written.
    """
    save(profiles_figure(profiles, summary), path, format)


def profiles_figure(profiles: pd.DataFrame, summary: pd.DataFrame) -> Figure:
    """The picture of profiles.

    Args:
        profiles: rows of profiles.csv.
        summary: rows of summary.csv.
    """
    figure = new_figure(8.5, 4.2)
    axis = figure.subplots()
    order = list(_last_checkpoints(summary)[["algorithm", "variant"]].itertuples(index=False, name=None))
    curves = dict(list(profiles.groupby(["algorithm", "variant"])))
    for place, policy in enumerate(order):
        curve = curves[policy]
        if place >= SHOWN:
            label = "others" if place == SHOWN else None
            axis.plot(curve["tau"], curve["share"], color="0.8", linewidth=0.9, zorder=1, label=label)
            continue
        colour, dash = PALETTE[place % len(PALETTE)], DASHES[place % len(DASHES)]
        axis.fill_between(curve["tau"], curve["ci_low"], curve["ci_high"], color=colour, alpha=0.1, linewidth=0)
        axis.plot(curve["tau"], curve["share"], color=colour, linestyle=dash, label=row_name(*policy))
    for end in (0.0, 100.0):
        axis.axvline(end, color="0.6", linewidth=1.0)
    axis.set_xlabel(f"tau: {SCALE}", fontsize=LABEL)
    axis.set_ylabel("share of tasks and replicates above tau", fontsize=LABEL)
    axis.set(ylim=(-0.02, 1.02), xlim=(float(profiles["tau"].min()), float(profiles["tau"].max())))
    dress(axis)
    finish(figure, profiles_message({policy: curves[policy] for policy in order}), NOTES, columns=3)
    return figure


def profiles_message(curves: dict[tuple[str, str], pd.DataFrame]) -> str:
    """Who is most often above the behaviour policy.

    Args:
        curves: policy -> its rows of profiles.csv.
    """
    at_zero = {}
    for policy, curve in curves.items():
        nearest = int(curve["tau"].abs().to_numpy(float).argmin())
        at_zero[policy] = float(curve["share"].iloc[nearest])
    best = max(at_zero, key=lambda policy: at_zero[policy])
    level = sum(share == at_zero[best] for share in at_zero.values()) - 1
    others = f" (and {level} other{'s' * (level > 1)})" if level else ""
    share = f"{100 * at_zero[best]:.0f} % of tasks and replicates"
    return f"{row_name(*best)}{others} is most often above the behaviour policy: in {share}"


def _write_rows(axis: Axes, rows: pd.DataFrame) -> None:
    """Names on the left, numbers and what the tables call them on the right."""
    dress(axis, "x")
    axis.set_yticks([])
    names = [row_name(*policy) for policy in zip(rows["algorithm"], rows["variant"], strict=True)]
    column(axis, names, "left", GAP, align="left", color=INK)
    at = column(axis, [fixed(value, 0) for value in rows["iqm"]], "right", GAP, head="IQM")
    # Of all tasks of the board: one that lacks the hard ones is not useful there.
    tasks = rows["n_tasks"].max()
    useful = ["" if pd.isna(count) else f"{count} of {tasks}" for count in rows["useful_in"]]
    at = column(axis, useful, "right", at + GAP, head="useful in" if any(useful) else "")
    write_ids(axis, rows, at + GAP)


def _last_checkpoints(summary: pd.DataFrame) -> pd.DataFrame:
    return summary[~summary["variant"].map(is_best).astype(bool)].reset_index(drop=True)
