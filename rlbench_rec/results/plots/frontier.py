"""Frontiers as pictures: lift against distance from the behaviour policy. The same rows give the same bytes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...figure_style import INK, TEXT, VERDICT_STYLE, dress, finish, off_scale, plain
from ...figures import new_figure
from ..readable_names import readable_name
from ..row_names import FRONTIER_BEST_FORM, FRONTIER_FORM, NEGATED, SHUFFLED
from .save import place_path, save

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ...figures import Format

PANELS = {"": "", SHUFFLED: "control on shuffled rewards", NEGATED: "control on -Q"}
"""Last part of the variant -> what is said of the panel."""
MOST_CURVES = 8
"""Rows of panels in one picture."""
LINES = {"tilted": "solid", "constrained": (0, (5, 2)), "mixed": (0, (1, 1.5))}
TICKS = (0.01, 0.1, 1.0, 10.0, 100.0)
NOTES = (
    "Lifts on the validation episodes, with limits that hold for all steps of a panel at once; pale: not eligible.\n"
    "Controls: the same dial on a Q of shuffled rewards, and on -Q. Arrows: limits and lifts beyond the scale."
)
BEYOND = 3.0
"""Limits farther out than this many times the largest lift (or the widest eligible limit) are cut."""


def plot_frontiers(steps: pd.DataFrame, folder: Path, format: Format = "png") -> list[Path]:
    """`frontier-<place>.png` for each place, of its first seed: a row of panels for each learner and for all of them,
    the frontier itself beside its controls. A point is a step: its lift on the validation episodes with the limits that
    hold for all steps at once, the verdict by colour and marker, steps that may not be chosen paler; the chosen one is
    ringed, and its true lift, where known, a diamond.

    Args:
        steps: rows of frontier.csv.
        folder: an existing folder.
        format: of the files.

    Raises:
        OutputError: a file cannot be written.
    """
    paths: list[Path] = []
    for place, rows in _by_place(steps):
        path = place_path(folder, "frontier", place, paths, format)
        save(frontier_figure(place, rows), path, format)
        paths.append(path)
    return paths


def save_frontiers(steps: pd.DataFrame, path: Path, format: Format) -> list[Path]:
    """The same pictures in a format of one's choice: the file that is named for one place, else one for each, the place
    before its suffix.

    Args:
        steps: rows of frontier.csv.
        path: of the picture.
        format: of the file.

    Raises:
        OutputError: a file cannot be written.
    """
    places = list(_by_place(steps))
    paths: list[Path] = []
    for place, rows in places:
        named = path
        if len(places) > 1:
            named = place_path(path.parent, path.stem, place, paths, path.suffix[1:])
        paths.append(named)
        save(frontier_figure(place, rows), named, format)
    return paths


def _by_place(steps: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Rows of each place, of its first seed."""
    places = steps["dataset"].where(steps["dataset"] != "", steps["task"])
    for place, rows in steps.groupby(places, sort=True):
        yield str(place), rows[rows["seed"] == rows["seed"].min()]


def frontier_figure(place: str, rows: pd.DataFrame) -> Figure:
    """The picture of one place.

    Args:
        place: its title.
        rows: rows of frontier.csv of one seed.
    """
    rows = rows.assign(**dict(zip(("curve", "panel"), zip(*map(_parts, rows["variant"]), strict=True), strict=True)))
    curves = sorted(set(zip(rows["algorithm"], rows["curve"], strict=True)), key=_order)[:MOST_CURVES]
    columns = [panel for panel in PANELS if panel in set(rows["panel"])]
    figure = new_figure(3.2 * len(columns) + 0.6, 2.0 * len(curves) + 0.4)
    axes = figure.subplots(len(curves), len(columns), sharex=True, sharey="row", squeeze=False)
    for (algorithm, curve), line in zip(curves, axes, strict=True):
        of_curve = rows[(rows["algorithm"] == algorithm) & (rows["curve"] == curve)]
        low, high = _limits(of_curve)
        for panel, axis in zip(columns, line, strict=True):
            axis.set_ylim(low, high)
            _panel(axis, of_curve[of_curve["panel"] == panel])
            title = ", ".join(filter(None, (_name(algorithm, curve), PANELS[panel])))
            axis.set_title(title, loc="left", fontsize=TEXT)
        line[0].set_ylabel("lift an episode", fontsize=TEXT)
    reach = rows["divergence"].max()
    ticks = [tick for tick in TICKS if tick <= max(1.0, reach)]
    axes[0, 0].set_xticks(ticks, [plain(tick) for tick in ticks])
    axes[0, 0].minorticks_off()
    for axis in axes[-1]:
        axis.set_xlabel("nats a session from the behaviour policy", fontsize=TEXT)
    hidden = len(set(zip(rows["algorithm"], rows["curve"], strict=True))) - len(curves)
    more = f"\n{hidden} more are in frontier.csv." * bool(hidden)
    finish(figure, frontier_message(place, rows), f"{NOTES}{more}", columns=5)
    return figure


def frontier_message(place: str, rows: pd.DataFrame) -> str:
    """What the frontiers of a place chose, and whether a control promises as much.

    Args:
        place: data set or task.
        rows: rows of frontier.csv of one seed, with the columns `curve` and `panel`.
    """
    plain_rows = rows["panel"] == ""
    chosen = rows[rows["chosen"] & plain_rows].sort_values("ci_low", kind="stable")
    controls = rows[rows["chosen"] & ~plain_rows]
    if chosen.empty:
        return f"No frontier leaves the behaviour policy in {place}"
    best_of_all = chosen[chosen["curve"] == FRONTIER_BEST_FORM]
    step = (chosen if best_of_all.empty else best_of_all).iloc[-1]
    whose = "all learners" if len(best_of_all) else _name(step["algorithm"], step["curve"])
    lift, low, high = (plain(step[name], ".2g") for name in ("lift", "ci_low", "ci_high"))
    message = f"The frontier of {whose} promises {lift} [{low}, {high}] an episode in {place}"
    as_good = controls[controls["ci_low"] >= step["ci_low"]]
    return message + ", and so does a control" * bool(len(as_good))


def _panel(axis: Axes, rows: pd.DataFrame) -> None:
    axis.axhline(0.0, color=INK, linewidth=0.8)
    axis.set_xscale("log")
    for (_, dial), line in rows.groupby(["contender", "dial"], sort=True):
        line = line.sort_values("divergence")
        axis.plot(line["divergence"], line["lift"], color="0.7", linewidth=0.9, linestyle=LINES[str(dial)], zorder=1)
    for verdict, (colour, marker) in VERDICT_STYLE.items():
        for eligible, alpha in ((True, 1.0), (False, 0.35)):
            here = rows[(rows["verdict"] == verdict) & (rows["eligible"] == eligible) & rows["lift"].notna()]
            if len(here):
                axis.vlines(
                    here["divergence"], here["ci_low"], here["ci_high"], color=colour, linewidth=1.1, alpha=alpha
                )
                label = verdict if eligible else f"{verdict}, not eligible"
                style: dict[str, Any] = {"linestyle": "none", "marker": marker, "markersize": 4, "alpha": alpha}
                axis.plot(here["divergence"], here["lift"], color=colour, label=label, zorder=2, **style)
    chosen = rows[rows["chosen"]]
    style = {"linestyle": "none", "markerfacecolor": "none", "color": INK}
    if len(chosen):
        axis.plot(chosen["divergence"], chosen["lift"], marker="o", markersize=10, label="chosen", **style)
        known = chosen[chosen["true_lift"].notna()]
        if len(known):
            axis.plot(known["divergence"], known["true_lift"], marker="D", markersize=5, label="true lift", **style)
    dress(axis)
    _mark_off_scale(axis, rows)


def _mark_off_scale(axis: Axes, rows: pd.DataFrame) -> None:
    """Limits beyond the scale have an arrow; lifts their value too."""
    low, high = axis.get_ylim()
    for row in rows[rows["lift"].notna()].to_dict("records"):
        colour = VERDICT_STYLE[row["verdict"]][0]
        for side, edge, sign, end in (("bottom", low, -1.0, "ci_low"), ("top", high, 1.0, "ci_high")):
            value = row["lift"] if sign * row["lift"] > sign * edge else None
            if value is not None or sign * row[end] > sign * edge:
                off_scale(axis, row["divergence"], edge, side, value, colour, ".2g")


def _limits(rows: pd.DataFrame) -> tuple[float, float]:
    """The scale of a row of panels: all lifts, and limits as far as they are not far out."""
    counted = rows[rows["eligible"]]
    counted = rows if counted.empty else counted
    numbers = np.concatenate(
        [rows["lift"].to_numpy(float), *(counted[end].to_numpy(float) for end in ("ci_low", "ci_high"))]
    )
    numbers = np.append(numbers[np.isfinite(numbers)], [0.0, *rows["true_lift"].dropna()])
    reach = BEYOND * np.nanmax(np.abs(counted[["ci_low", "ci_high"]].to_numpy(float)), initial=0.0)
    if reach > 0:
        numbers = numbers.clip(-reach, reach)
    margin = 0.08 * float(np.ptp(numbers)) or 1.0
    return float(numbers.min()) - margin, float(numbers.max()) + margin


def _parts(variant: str) -> tuple[str, str]:
    """`mlp/frontier/shuffled` -> `mlp/frontier` and `shuffled`."""
    head, _, last = variant.rpartition("/")
    return (head, last) if last in (SHUFFLED, NEGATED) else (variant, "")


def _order(curve: tuple[str, str]) -> tuple[bool, str, str]:
    """All learners first."""
    return curve[1] != FRONTIER_BEST_FORM, *curve


def _name(algorithm: str, curve: str) -> str:
    label = "" if curve == FRONTIER_BEST_FORM else curve.removesuffix(f"/{FRONTIER_FORM}")
    return readable_name(algorithm, label, "")
