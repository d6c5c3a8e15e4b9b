"""Pictures of how good estimators are: error against the size of the log, and estimate against truth."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from ...figure_style import INK, LABEL, MARKERS, TEXT, dress, finish, off_scale
from ...figures import PALETTE, new_figure
from .error_limits import error_limits
from .save import place_path, save

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ...figures import Format

GROUPS = ("matched", "mismatched")
MARKS = {"matched": "o", "mismatched": "x"}
SHOWN = 3.0
"""Estimates further from the truths' range than this many times its width are marked at the edge, and counted in the
title."""
APART = 1.02
"""Between the points of two estimators of one size, so that their limits can be told apart."""


def plot_errors(
    scores: pd.DataFrame, folder: Path, format: Format = "png", estimates: pd.DataFrame | None = None
) -> list[Path]:
    """`error-<task>.png` for each task: RMSE against the size of the log, both on log scales, a line per estimator, for
    matched and for mismatched policies, with limits where the estimates behind it are at hand.

    Args:
        scores: rows of estimators.csv.
        folder: an existing folder.
        format: of the files.
        estimates: rows of estimates.csv, for the limits.

    Raises:
        OutputError: a file cannot be written.
    """
    limits = None if estimates is None else error_limits(estimates)
    paths: list[Path] = []
    for task, rows in scores.groupby("task", sort=True):
        path = place_path(folder, "error", str(task), paths, format)
        save(errors_figure(str(task), rows, limits), path, format)
        paths.append(path)
    return paths


def errors_figure(task: str, rows: pd.DataFrame, limits: pd.DataFrame | None = None) -> Figure:
    """The picture of one task.

    Args:
        task: its title.
        rows: rows of estimators.csv.
        limits: see `error_limits`.
    """
    from matplotlib.ticker import LogLocator

    figure = new_figure(9.0, 3.5)
    axes = figure.subplots(1, 2, sharey=True)
    sizes = sorted(rows["n_episodes"].unique())
    for axis, group in zip(axes, GROUPS, strict=True):
        axis.set(xscale="log", yscale="log")
        lines = list(_named(rows[rows["policies"] == group]).groupby("name", sort=True))
        for number, (name, line) in enumerate(lines):
            at = line["n_episodes"].to_numpy(float) * APART ** (number - (len(lines) - 1) / 2)
            style: dict[str, Any] = {"color": PALETTE[number % len(PALETTE)], "linewidth": 1.3}
            if limits is not None:
                ends = line.merge(limits, how="left", on=[name for name in limits if name not in ("low", "high")])
                axis.vlines(at, ends["low"], ends["high"], alpha=0.7, **style)
            axis.plot(at, line["rmse"], label=name, marker=MARKERS[number % len(MARKERS)], markersize=5, **style)
        axis.set_title(f"{group} policies", loc="left", fontsize=LABEL)
        axis.set_xlabel("sessions in the log", fontsize=LABEL)
        dress(axis)
        axis.set_xticks(sizes, [f"{size:,}" for size in sizes])
        axis.xaxis.minorticks_off()
        axis.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes[0].set_ylabel("RMSE, share of the behaviour policy's value", fontsize=TEXT)
    notes = "" if limits is None else "Lines up and down: 95 % limits, by a bootstrap over logs."
    finish(figure, errors_message(task, rows), notes, columns=7)
    return figure


def errors_message(task: str, rows: pd.DataFrame) -> str:
    """Which estimator has the least error on the largest logs, for matched and for mismatched policies.

    Args:
        task: id.
        rows: rows of estimators.csv of the task.
    """
    size = rows["n_episodes"].max()
    largest = _named(rows[(rows["n_episodes"] == size) & rows["rmse"].notna()])
    best = {}
    for group in GROUPS:
        of_group = largest[largest["policies"] == group]
        if len(of_group):
            best[group] = str(of_group["name"].iloc[int(of_group["rmse"].to_numpy(float).argmin())])
    if not best:
        return str(task)
    if len(set(best.values())) == 1:
        who = f"{next(iter(best.values()))} is nearest the truth"
    else:
        who = f"{best['matched']} is nearest the truth for matched policies, {best['mismatched']} for mismatched ones"
    return f"{task}, logs of {size:,} sessions: {who}"


def plot_estimates(estimates: pd.DataFrame, folder: Path, format: Format = "png") -> list[Path]:
    """`estimates-<task>.png` for each task: each estimate of the largest log against the truth, a panel an estimator.

    Args:
        estimates: rows of estimates.csv.
        folder: an existing folder.
        format: of the files.

    Raises:
        OutputError: a file cannot be written.
    """
    paths: list[Path] = []
    for task, rows in estimates.groupby("task", sort=True):
        path = place_path(folder, "estimates", str(task), paths, format)
        save(estimates_figure(str(task), rows), path, format)
        paths.append(path)
    return paths


def estimates_figure(task: str, rows: pd.DataFrame) -> Figure:
    """The picture of one task.

    Args:
        task: its title.
        rows: rows of estimates.csv.
    """
    size = rows["n_episodes"].max()
    rows = _named(rows[rows["n_episodes"] == size])
    names = sorted(rows["name"].unique())
    columns = min(5, len(names))
    lines = -(-len(names) // columns)
    figure = new_figure(max(5.0, 2.4 * columns), 2.5 * lines)
    axes = figure.subplots(lines, columns, sharex=True, sharey=True, squeeze=False).ravel()
    low, high = rows["true_value"].min(), rows["true_value"].max()
    reach = SHOWN * ((high - low) or 1.0)
    inside = rows["value"].clip(low - reach, high + reach)
    margin = 0.05 * (inside.max() - inside.min()) or 1.0
    axes[0].set_ylim(inside.min() - margin, inside.max() + margin)
    for axis, name in zip(axes, names, strict=False):
        shown = rows[(rows["name"] == name) & rows["value"].notna()]
        beyond = _draw_estimates(axis, shown, (low - reach, high + reach))
        axis.set_title(f"{name} ({beyond} off the scale)" if beyond else name, loc="left", fontsize=LABEL)
        axis.set_xlabel("true value", fontsize=TEXT)
        dress(axis)
    for axis in axes[len(names) :]:
        axis.set_visible(False)
    # Panels of one column share their scale, whose numbers stand below the last of them.
    for axis in axes[max(0, len(names) - columns) : len(names)]:
        axis.tick_params(labelbottom=True)
    axes[0].set_ylabel("estimate", fontsize=TEXT)
    finish(figure, estimates_message(task, rows, size), "Each point: a policy on a log. Line: the truth.", columns=2)
    return figure


def estimates_message(task: str, rows: pd.DataFrame, size: int) -> str:
    """Which estimator lies nearest the truth, by the median of its absolute errors.

    Args:
        task: id.
        rows: rows of estimates.csv of one size, with `name`.
        size: sessions of their logs.
    """
    errors = (rows["value"] - rows["true_value"]).abs().groupby(rows["name"]).median().dropna()
    if errors.empty:
        return f"{task}, logs of {size:,} sessions"
    return f"{task}, logs of {size:,} sessions: the median estimate of {errors.idxmin()} is nearest the truth"


def _draw_estimates(axis: Axes, shown: pd.DataFrame, scale: tuple[float, float]) -> int:
    """Points by group, arrows at the edge for those beyond the scale, the farthest with its value; how many are."""
    middle = float(shown["true_value"].mean()) if len(shown) else 0.0
    axis.axline((middle, middle), slope=1.0, color=INK, linewidth=0.8)
    for group, colour in zip(GROUPS, PALETTE, strict=False):
        here = shown[(shown["policies"] == group) & shown["value"].between(*scale)]
        axis.plot(here["true_value"], here["value"], MARKS[group], color=colour, markersize=4, label=group, alpha=0.8)
    for side, beyond in (("bottom", shown["value"] < scale[0]), ("top", shown["value"] > scale[1])):
        edge = axis.get_ylim()[side == "top"]
        outside = shown[beyond].assign(far=lambda rows: rows["value"].abs())
        for place, row in enumerate(outside.sort_values("far", ascending=False).to_dict("records")):
            colour = PALETTE[GROUPS.index(row["policies"])]
            off_scale(axis, row["true_value"], edge, side, row["value"] if place == 0 else None, colour, ".3g")
    return int((~shown["value"].between(*scale)).sum())


def _named(rows: pd.DataFrame) -> pd.DataFrame:
    """With `name`: the estimator, and its q where an estimator has several."""
    if "q" not in rows or rows.groupby("estimator")["q"].nunique().max() < 2:
        return rows.assign(name=rows["estimator"])
    q = rows["q"].fillna("").astype(str)
    return rows.assign(
        name=[f"{estimator}, q {of}" if of else estimator for estimator, of in zip(rows["estimator"], q, strict=True)]
    )
