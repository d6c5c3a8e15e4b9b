"""The values of a place as a picture: a row a policy. The same rows give the same bytes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ...figure_style import (
    FAINT,
    GAP,
    INK,
    LABEL,
    NOTE,
    VERDICT_STYLE,
    column,
    dress,
    finish,
    off_scale,
)
from ...figures import PALETTE, new_figure
from ..board_message import board_message, shown_rows
from ..headline import Headline, headlines
from ..leaderboard import ON_POLICY, RANKED
from ..readable_names import row_name
from ..row_names import TRUTH
from ..schema import KEYS, STATUSES
from .numbers import aligned
from .save import place_path, save

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ...figures import Format

BEHAVIOUR_COLOUR = PALETTE[0]
WIDE = 4.0
"""Intervals wider than all means lie apart, and than this many times the median one, are cut, with an arrow."""
NEAR = 0.3
"""Unreliable means are on the scale where it grows by this share of itself at most."""
ABOVE = 0.22
"""How far above its row a true value stands."""
MEANS = {
    TRUTH: "true values, played in the simulated shop",
    RANKED: "how users' own choices are ranked: imitation, not a value",
    ON_POLICY: "means of each policy's own log",
}
TRUE_VALUE, OTHER_LOG = "true value", "mean of the other policy's log"


def plot_values(board: pd.DataFrame, runs: pd.DataFrame, folder: Path, format: Format = "png") -> list[Path]:
    """`values-<place>.png` for each place: every policy's value with its interval, as picture and number; the verdict
    by colour and marker; the behaviour policy's value as a line with its interval as a band; the truth where it is
    known, which is the mean of the other policy's log where a log has a counterpart. Best checkpoints and controls of
    frontiers are left out.

    Args:
        board: leaderboard rows.
        runs: rows of runs.csv, for the true values.
        folder: an existing folder.
        format: of the files.

    Raises:
        OutputError: a file cannot be written.
    """
    paths: list[Path] = []
    for shown in headlines(board):
        path = place_path(folder, "values", shown.place, paths, format)
        save(values_figure(shown, board, runs), path, format)
        paths.append(path)
    return paths


def values_figure(shown: Headline, board: pd.DataFrame, runs: pd.DataFrame) -> Figure:
    """The picture of one place.

    Args:
        shown: what is drawn.
        board: leaderboard rows.
        runs: rows of runs.csv.
    """
    rows = shown_rows(shown)
    truths = true_values(rows, board, runs)
    figure = new_figure(10.5, 0.23 * len(rows) + 0.8)
    axis = figure.subplots()
    left, right = scale_limits(shown, rows, truths)
    axis.set(xlim=(left, right), ylim=(len(rows) - 0.4, -0.6))
    if shown.behaviour is not None:
        low, high = shown.behaviour["ci_low"], shown.behaviour["ci_high"]
        axis.axvspan(low, high, color=BEHAVIOUR_COLOUR, alpha=0.12, linewidth=0)
        label = "behaviour policy, with its interval"
        axis.axvline(shown.behaviour["mean"], color=BEHAVIOUR_COLOUR, linewidth=1.2, label=label)
    for verdict in VERDICT_STYLE:
        _draw_rows(axis, rows, verdict)
    _mark_off_scale(axis, rows, (left, right))
    _draw_truths(axis, truths)
    _write_rows(axis, rows)
    # Ranking metrics are means over decisions.
    axis.set_xlabel(shown.metric if shown.estimator == RANKED else f"{shown.metric} per episode", fontsize=LABEL)
    means = MEANS.get(shown.estimator, f"estimated from the log by {shown.estimator}")
    left_out = "\nBest checkpoints and controls of frontiers are in leaderboard.csv." * (len(rows) < len(shown.rows))
    finish(figure, board_message(shown), f"Points: {means}; lines: intervals.{left_out}", columns=6)
    return figure


def true_values(rows: pd.DataFrame, board: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    """`mean` of each row: its true value, where known, with `ci_low` and `ci_high` where it is the mean of the policy's
    own log.

    Args:
        rows: leaderboard rows.
        board: all rows of the leaderboard.
        runs: rows of runs.csv.
    """
    estimates = runs[runs["status"].isin(STATUSES) & (runs["estimator"] != TRUTH)]
    mean = rows[list(KEYS)].merge(
        estimates.groupby(list(KEYS), as_index=False)["true_value"].mean(), how="left", on=list(KEYS)
    )["true_value"]
    policy = ["dataset", "task", "algorithm", "metric"]
    own_log = board.loc[board["estimator"] == ON_POLICY, [*policy, "ci_low", "ci_high"]]
    ends = rows[policy].merge(own_log.drop_duplicates(policy), how="left", on=policy)[["ci_low", "ci_high"]]
    return ends.where(mean.notna()).assign(mean=mean).astype(float)


def scale_limits(shown: Headline, rows: pd.DataFrame, truths: pd.DataFrame) -> tuple[float, float]:
    """The scale: what is reliable (or everything, if nothing is), very wide intervals apart; means of unreliable rows
    where they are near.

    Args:
        shown: for the behaviour policy.
        rows: leaderboard rows.
        truths: see `true_values`.
    """
    rows = rows[rows["mean"].notna()]
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
    reach = NEAR * float(np.ptp(numbers))
    others = rows["mean"].to_numpy(float)
    near = others[(others >= numbers.min() - reach) & (others <= numbers.max() + reach)]
    left, right = (float(end) for end in (np.append(near, numbers.min()).min(), np.append(near, numbers.max()).max()))
    margin = 0.05 * (right - left) or 0.05 * abs(left) or 1.0
    return left - margin, right + margin


def _draw_rows(axis: Axes, rows: pd.DataFrame, verdict: str) -> None:
    here = (rows["verdict"] == verdict).to_numpy() & rows["mean"].notna().to_numpy()
    if not here.any():
        return
    colour, marker = VERDICT_STYLE[verdict]
    height = np.flatnonzero(here)
    mean, low, high = (rows.loc[here, name].to_numpy(float) for name in ("mean", "ci_low", "ci_high"))
    width, alpha = (1.0, 0.5) if verdict == "unreliable" else (1.8, None)
    axis.hlines(height, low, high, color=colour, linewidth=width, alpha=alpha)
    axis.plot(mean, height, linestyle="none", marker=marker, color=colour, markersize=5, label=verdict)


def _mark_off_scale(axis: Axes, rows: pd.DataFrame, limits: tuple[float, float]) -> None:
    """An arrow where a row leaves the scale, with the value itself where that is what lies beyond."""
    for side, edge, sign in (("left", limits[0], -1.0), ("right", limits[1], 1.0)):
        for height, row in enumerate(rows.to_dict("records")):
            end = row["ci_low" if side == "left" else "ci_high"]
            beyond = sign * np.array([row["mean"], end], dtype=float) > sign * edge
            if beyond.any():
                colour = VERDICT_STYLE[row["verdict"]][0]
                off_scale(axis, edge, height, side, row["mean"] if beyond[0] else end, colour, ".3g")


def _draw_truths(axis: Axes, truths: pd.DataFrame) -> None:
    known, own_log = truths["mean"].notna(), truths["ci_low"].notna()
    style: dict[str, Any] = {"linestyle": "none", "marker": "D", "markersize": 5, "markerfacecolor": "white"}
    for which, label in ((known & ~own_log, TRUE_VALUE), (known & own_log, OTHER_LOG)):
        if which.any():
            height = np.flatnonzero(which) - ABOVE
            axis.hlines(height, truths.loc[which, "ci_low"], truths.loc[which, "ci_high"], color=INK, linewidth=0.9)
            axis.plot(truths.loc[which, "mean"], height, color=INK, label=label, **style)


def _write_rows(axis: Axes, rows: pd.DataFrame) -> None:
    """Rank and name on the left; value, interval and what the tables call it on the right."""
    dress(axis, "x")
    axis.set_yticks([])
    names = [row_name(*policy) for policy in zip(rows["algorithm"], rows["variant"], strict=True)]
    colours = [FAINT if pd.isna(rank) else INK for rank in rows["rank"]]
    at = column(axis, names, "left", GAP, align="left", color=colours)
    column(axis, ["" if pd.isna(rank) else f"{int(rank)}." for rank in rows["rank"]], "left", at + GAP, color=colours)
    at = GAP
    for head, texts in zip(("value", "interval", ""), aligned(rows), strict=True):
        at = column(axis, texts, "right", at, head=head) + (GAP if head == "value" else 4.0)
    write_ids(axis, rows, at + GAP)


def write_ids(axis: Axes, rows: pd.DataFrame, at: float) -> None:
    """The key of the names: what the tables call each row.

    Args:
        axis: of the rows.
        rows: with the columns `algorithm` and `variant`.
        at: points from the axis.
    """
    written = [" ".join(policy) for policy in zip(rows["algorithm"], rows["variant"], strict=True)]
    column(axis, written, "right", at, align="left", head="in the tables", color=FAINT, fontsize=NOTE, most=200.0)
