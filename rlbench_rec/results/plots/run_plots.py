"""Pictures of a run, one of values and one of learning curves per place. The same rows give the same bytes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ...figures import PALETTE, new_figure
from ..headline import Headline, formatted, headlines
from ..leaderboard import ON_POLICY, RANKED
from ..schema import KEYS, STATUSES
from .save import save

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Okabe and Ito's colours, which the colour-blind can tell apart; markers say the same again.
VERDICT_STYLE = {"trusted": ("#009E73", "o"), "weak": ("#E69F00", "s"), "unreliable": ("#D55E00", "x")}
BEHAVIOUR_COLOUR = "#0072B2"
DASHES = ("solid", (0, (5, 2)), (0, (1, 1.5)), (0, (6, 2, 1, 2)))
PANELS = {
    "td_error": "held-out TD error",
    "unexplained": "TD error / variance of targets",
    "mean_q": "held-out mean Q, and mean return",
}
"""Columns of curves.csv that are drawn."""
WIDE = 4.0
"""Intervals wider than all means lie apart, and than this many times the median one, are cut, with an arrow."""
ABOVE = 0.22
"""How far above its row a true value stands."""


def plot_values(board: pd.DataFrame, runs: pd.DataFrame, folder: Path) -> list[Path]:
    """`values-<place>.png` for each place: every row's mean with its interval, as picture and as number; the verdict by
    colour and marker; the behaviour policy's value as a line with its interval as a band; the truth where it is known.

    Args:
        board: leaderboard rows.
        runs: rows of runs.csv, for the true values.
        folder: an existing folder.

    Raises:
        OutputError: a file cannot be written.
    """
    paths: list[Path] = []
    for shown in headlines(board):
        path = place_path(folder, "values", shown.place, paths)
        save(_values(shown, _truths(shown, board, runs)), path)
        paths.append(path)
    return paths


def plot_curves(curves: pd.DataFrame, runs: pd.DataFrame, folder: Path) -> list[Path]:
    """`curves-<place>.png` for each place that trained a Q function: held-out TD error, the same over the variance of
    its targets, and mean Q with the log's mean return (dotted) against training steps; the mean over seeds, and a band
    from the lowest to the highest.

    Args:
        curves: rows of curves.csv.
        runs: rows of runs.csv, for the names of the curves.
        folder: an existing folder.

    Raises:
        OutputError: a file cannot be written.
    """
    named = runs.drop_duplicates("run_id")[["run_id", "dataset", "task", "algorithm", "variant"]]
    # Behaviour cloning has no Q; its log-loss is on another scale.
    points = curves[curves["td_error"].notna()].merge(named, on="run_id")
    points["place"] = points["dataset"].where(points["dataset"] != "", points["task"])
    several = len(set(points["variant"].str.split("/").str[0])) > 1
    points["label"] = points["algorithm"] + points["variant"].map(lambda variant: _label(variant, several))
    styles = {label: number for number, label in enumerate(sorted(points["label"].unique()))}
    paths: list[Path] = []
    for place, rows in points.groupby("place", sort=True):
        path = place_path(folder, "curves", str(place), paths)
        save(_curves(str(place), rows, styles), path)
        paths.append(path)
    return paths


def _truths(shown: Headline, board: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    """True value of each row, where known; with an interval where it is the mean of the policy's own log."""
    estimates = runs[runs["status"].isin(STATUSES) & (runs["estimator"] != "truth")]
    mean = shown.rows[list(KEYS)].merge(
        estimates.groupby(list(KEYS), as_index=False)["true_value"].mean(), how="left", on=list(KEYS)
    )["true_value"]
    policy = ["dataset", "task", "algorithm", "metric"]
    own_log = board.loc[board["estimator"] == ON_POLICY, [*policy, "ci_low", "ci_high"]]
    ends = shown.rows[policy].merge(own_log.drop_duplicates(policy), how="left", on=policy)[["ci_low", "ci_high"]]
    return ends.where(mean.notna()).assign(mean=mean).astype(float)


def _values(shown: Headline, truths: pd.DataFrame) -> Figure:
    rows = shown.rows
    figure = new_figure(9.0, 0.23 * len(rows) + 1.35)
    axis = figure.subplots()
    left, right = _limits(shown, truths)
    axis.set(xlim=(left, right), ylim=(len(rows) - 0.4, -0.6))
    if shown.behaviour is not None:
        low, high = shown.behaviour["ci_low"], shown.behaviour["ci_high"]
        axis.axvline(shown.behaviour["mean"], color=BEHAVIOUR_COLOUR, linewidth=1.2, label="behaviour policy")
        axis.axvspan(low, high, color=BEHAVIOUR_COLOUR, alpha=0.12, linewidth=0, label="its interval")
    height = np.arange(len(rows))
    for verdict, (colour, marker) in VERDICT_STYLE.items():
        here = (rows["verdict"] == verdict).to_numpy() & rows["mean"].notna().to_numpy()
        if here.any():
            mean, low, high = (rows.loc[here, name].to_numpy(float) for name in ("mean", "ci_low", "ci_high"))
            width, alpha = (1.0, 0.5) if verdict == "unreliable" else (1.8, None)
            axis.hlines(height[here], low, high, color=colour, linewidth=width, alpha=alpha)
            axis.plot(mean, height[here], linestyle="none", marker=marker, color=colour, markersize=5, label=verdict)
            for edge, beyond, arrow in ((left, low < left, "<"), (right, high > right, ">")):
                for cut in height[here][beyond]:
                    axis.plot(edge, cut, marker=arrow, color=colour, markersize=5, clip_on=False)
    known = truths["mean"].notna().to_numpy()
    if known.any():
        mean, low, high = (truths.loc[known, name].to_numpy(float) for name in ("mean", "ci_low", "ci_high"))
        style: dict[str, Any] = {"linestyle": "none", "marker": "D", "markersize": 5, "markerfacecolor": "white"}
        axis.hlines(height[known] - ABOVE, low, high, color="black", linewidth=0.9)
        axis.plot(mean, height[known] - ABOVE, color="black", label="true value", **style)
    _name_rows(axis, rows)
    # Ranking metrics are means over decisions.
    unit = "" if shown.estimator == RANKED else " per episode"
    how = f"{shown.estimator}, imitation" if shown.estimator == RANKED else shown.estimator
    axis.set_xlabel(f"{shown.metric}{unit} ({how}), with intervals", fontsize=9)
    axis.set_title(shown.place, loc="left", fontsize=11, fontweight="bold")
    figure.legend(loc="outside lower center", ncols=6, fontsize=8, frameon=False)
    return figure


def _limits(shown: Headline, truths: pd.DataFrame) -> tuple[float, float]:
    """The scale: what is reliable (or everything, if nothing is), very wide intervals apart."""
    rows = shown.rows[shown.rows["mean"].notna()]
    counted = rows[rows["verdict"] != "unreliable"]
    counted = rows if counted.empty else counted
    width = counted["ci_high"] - counted["ci_low"]
    apart = counted["mean"].max() - counted["mean"].min()
    narrow = counted[width <= max(WIDE * width.median(), apart)]
    ends = [counted["mean"], narrow["ci_low"], narrow["ci_high"], *(truths[name] for name in truths)]
    if shown.behaviour is not None:
        ends.append(shown.behaviour[["ci_low", "ci_high"]])
    numbers = np.concatenate([np.asarray(end, dtype=float) for end in ends])
    numbers = numbers[np.isfinite(numbers)]
    if not len(numbers):
        return 0.0, 1.0
    left, right = numbers.min(), numbers.max()
    margin = 0.05 * (right - left) or 0.05 * abs(left) or 1.0
    return left - margin, right + margin


def _name_rows(axis: Any, rows: pd.DataFrame) -> None:
    """Names on the left, ranked ones with their rank; numbers on the right."""
    labels = []
    for height, row in enumerate(rows.to_dict("records")):
        rank = "" if pd.isna(row["rank"]) else f"{int(row['rank'])}.  "
        labels.append(f"{rank}{row['algorithm']}  {row['variant']}")
        value, interval = formatted(row)
        text = f"{value}  {interval}" if value else "not defined"
        axis.text(1.02, height, text, transform=axis.get_yaxis_transform(), va="center", fontsize=8, color="0.25")
    axis.set_yticks(np.arange(len(rows)), labels, fontsize=8)
    for label, unranked in zip(axis.get_yticklabels(), rows["rank"].isna(), strict=True):
        label.set_color("0.5" if unranked else "black")
    axis.tick_params(axis="x", labelsize=8)
    axis.tick_params(axis="y", length=0)
    _light(axis, "x")


def _curves(place: str, rows: pd.DataFrame, styles: dict[str, int]) -> Figure:
    panels = {column: title for column, title in PANELS.items() if rows[column].notna().any()}
    figure = new_figure(10.0, 3.1)
    axes = figure.subplots(1, len(panels), squeeze=False)[0]
    for axis, (column, title) in zip(axes, panels.items(), strict=True):
        for label, of_label in rows.groupby("label", sort=True):
            number = styles[str(label)]
            colour, dash = PALETTE[number % len(PALETTE)], DASHES[number % len(DASHES)]
            by_step = of_label.groupby("step")[column]
            mean = by_step.mean()
            # Curves may coincide (DQN and Double DQN on one-step logs): thinner, broken ones lie on top of fuller ones.
            width = max(1.0, 3.0 - 0.5 * number)
            axis.fill_between(mean.index, by_step.min(), by_step.max(), color=colour, alpha=0.12, linewidth=0)
            axis.plot(mean.index, mean, color=colour, linestyle=dash, linewidth=width, label=str(label))
            if column == "mean_q":
                # What the log itself earned from there on: a Q far above it promises too much.
                earned = of_label.groupby("step")["mean_return"].mean()
                axis.plot(earned.index, earned, color=colour, linestyle=":", linewidth=1.2)
        axis.set_title(title, loc="left", fontsize=9)
        axis.set_xlabel("training steps", fontsize=9)
        axis.tick_params(labelsize=8)
        _light(axis, "both")
    figure.suptitle(place, x=0.01, ha="left", fontsize=11, fontweight="bold")
    handles, labels = axis.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=6, fontsize=8, frameon=False)
    return figure


def _light(axis: Any, grid: str) -> None:
    axis.grid(axis=grid, color="0.9", linewidth=0.8)
    axis.set_axisbelow(True)
    axis.spines[["top", "right"]].set_visible(False)


def _label(variant: str, with_encoder: bool) -> str:
    """What follows the algorithm's name: of `encoder/label/form`, the label, and the encoder if there are several."""
    encoder, *parts = variant.split("/")
    shown = [encoder] * with_encoder + [part for part in parts[:-1] if part != "best"]
    return "".join(f" {part}" for part in shown)


def place_path(folder: Path, kind: str, place: str, taken: list[Path]) -> Path:
    """A safe file name; places that differ in other signs only (`a/b`, `a-b`) are numbered."""
    stem = f"{kind}-" + "".join(c if c.isalnum() or c in "-._" else "-" for c in place)
    number, path = 1, folder / f"{stem}.png"
    while path in taken:
        number += 1
        path = folder / f"{stem}-{number}.png"
    return path
