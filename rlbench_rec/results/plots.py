"""Pictures of a run: values with intervals, and learning curves. The same rows give the same bytes."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from .write import write_bytes

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Okabe and Ito's colours, which the colour-blind can tell apart; markers say the same again.
VERDICT_STYLE = {"trusted": ("#009E73", "o"), "weak": ("#E69F00", "s"), "unreliable": ("#D55E00", "x")}
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
PLOTTED = ("truth", "snips", "ranking")
"""One panel per place: the truth where it is known, else the headline estimator."""


def plot_values(board: pd.DataFrame, runs: pd.DataFrame, path: Path) -> None:
    """A panel per place: each row's mean with its interval, verdict by colour and marker, the logging policy's value as
    a line."""
    panels = [panel for _, rows in board.groupby(["dataset", "task"], sort=True) if (panel := _panel(rows)) is not None]
    if not panels:
        return
    heights = [0.32 * len(rows) + 1.1 for _, rows, _ in panels]
    figure = _figure(9.0, sum(heights))
    axes = figure.subplots(len(panels), 1, squeeze=False, gridspec_kw={"height_ratios": heights})[:, 0]
    for axis, (title, rows, behaviour) in zip(axes, panels, strict=True):
        _dots(axis, rows)
        if behaviour is not None:
            axis.axvline(behaviour, color="0.4", linewidth=1, linestyle="--", label="logging policy")
        axis.set_title(title, loc="left", fontsize=10)
    handles = {label: handle for axis in axes for handle, label in zip(*axis.get_legend_handles_labels(), strict=True)}
    figure.legend(handles.values(), handles.keys(), loc="outside upper right", ncols=4, fontsize=8, frameon=False)
    _save(figure, path)


def plot_curves(curves: pd.DataFrame, runs: pd.DataFrame, path: Path) -> None:
    """A row of panels per place: held-out TD error and mean Q against training steps; mean over seeds, band from the
    lowest to the highest."""
    named = runs.drop_duplicates("run_id")[["run_id", "dataset", "task", "algorithm", "variant"]]
    points = curves.merge(named, on="run_id")
    points["place"] = points["dataset"].where(points["dataset"] != "", points["task"])
    # Behaviour cloning has no Q; its log-loss is on another scale.
    points = points[points["td_error"].notna()]
    if points.empty:
        return
    points["label"] = points["algorithm"] + points["variant"].map(_control)
    places = sorted(points["place"].unique())
    figure = _figure(9.0, 2.1 * len(places) + 0.6)
    axes = figure.subplots(len(places), 2, squeeze=False)
    for place, (left, right) in zip(places, axes, strict=True):
        rows = points[points["place"] == place]
        for axis, column, title in ((left, "td_error", "held-out TD error"), (right, "mean_q", "mean Q")):
            _lines(axis, rows, column)
            axis.set_title(f"{place}: {title}", loc="left", fontsize=9)
            axis.set_xlabel("training steps", fontsize=8)
            axis.tick_params(labelsize=8)
    handles = {
        label: handle for axis in axes.flat for handle, label in zip(*axis.get_legend_handles_labels(), strict=True)
    }
    figure.legend(handles.values(), handles.keys(), loc="outside upper center", ncols=6, fontsize=8, frameon=False)
    _save(figure, path)


def _panel(rows: pd.DataFrame) -> tuple[str, pd.DataFrame, float | None] | None:
    outcome = rows[rows["metric"].isin(["reward", "NDCG@10"])]
    for estimator in PLOTTED:
        shown = outcome[(outcome["estimator"] == estimator) & outcome["mean"].notna()]
        if estimator != "truth" and (outcome["identification"] == "not-identified").any() and estimator != "ranking":
            continue
        if len(shown):
            first = shown.iloc[0]
            measured = outcome[(outcome["algorithm"] == "behaviour") & (outcome["metric"] == first["metric"])]
            behaviour = float(measured["mean"].iloc[0]) if len(measured) else None
            ordered = shown.sort_values(["mean", "algorithm", "variant"], ignore_index=True)
            return f"{first['dataset'] or first['task']}: {first['metric']} ({estimator})", ordered, behaviour
    return None


def _dots(axis: Any, rows: pd.DataFrame) -> None:
    height = np.arange(len(rows))
    for verdict, (colour, marker) in VERDICT_STYLE.items():
        here = (rows["verdict"] == verdict).to_numpy()
        if here.any():
            x, low, high = (rows.loc[here, name].to_numpy(float) for name in ("mean", "ci_low", "ci_high"))
            axis.hlines(height[here], low, high, color=colour, linewidth=1.5)
            axis.plot(x, height[here], linestyle="none", marker=marker, color=colour, markersize=5, label=verdict)
    axis.set_yticks(height, rows["algorithm"] + "  " + rows["variant"], fontsize=8)
    axis.tick_params(axis="x", labelsize=8)
    axis.margins(y=0.06)
    axis.grid(axis="x", color="0.9", linewidth=0.8)
    axis.set_axisbelow(True)


def _lines(axis: Any, rows: pd.DataFrame, column: str) -> None:
    labels = sorted(rows["label"].unique())
    for label, colour in zip(labels, (PALETTE * (1 + len(labels) // len(PALETTE)))[: len(labels)], strict=True):
        by_step = rows[rows["label"] == label].groupby("step")[column]
        mean = by_step.mean()
        axis.plot(mean.index, mean, color=colour, linewidth=1.4, label=label)
        axis.fill_between(mean.index, by_step.min(), by_step.max(), color=colour, alpha=0.15, linewidth=0)
    axis.grid(color="0.92", linewidth=0.8)


def _control(variant: str) -> str:
    """` gamma-0` for the control's variant; nothing for plain ones: encoder/form."""
    parts = variant.split("/")
    return "".join(f" {part}" for part in parts[1:-1] if part != "best")


def _figure(width: float, height: float) -> Figure:
    from matplotlib.figure import Figure

    # Not through pyplot: no global state, no display, nothing to close.
    return Figure(figsize=(width, height), layout="constrained", dpi=120)


def _save(figure: Figure, path: Path) -> None:
    buffer = io.BytesIO()
    # The default metadata holds the version of matplotlib; without it equal pictures are equal bytes.
    figure.savefig(buffer, format="png", metadata={"Software": None})
    write_bytes(path, buffer.getvalue())
