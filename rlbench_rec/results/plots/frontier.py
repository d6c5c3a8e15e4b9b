"""Frontiers as pictures: lift against distance from the behaviour policy. The same rows give the same bytes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...figures import new_figure
from ..row_names import FRONTIER_BEST_FORM, FRONTIER_FORM, NEGATED, SHUFFLED
from .run_plots import VERDICT_STYLE, place_path
from .save import save

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from ...figures import Format

PANELS = {"": "", SHUFFLED: "shuffled rewards", NEGATED: "-Q"}
"""Last part of the variant -> what is said of the panel."""
MOST_CURVES = 8
"""Rows of panels in one picture."""
LINES = {"tilted": "solid", "constrained": (0, (5, 2)), "mixed": (0, (1, 1.5))}
TICKS = (0.01, 0.1, 1.0)
BEYOND = 3.0
"""Limits farther out than this many times the largest lift (or the widest eligible limit) are cut."""


def plot_frontiers(steps: pd.DataFrame, folder: Path) -> list[Path]:
    """`frontier-<place>.png` for each place, of its first seed: a row of panels for each learner and for all of them,
    the frontier itself beside its controls. A point is a step: its lift on the validation episodes with the limits that
    hold for all steps at once, the verdict by colour and marker, steps that may not be chosen paler; the chosen one is
    ringed, and its true lift, where known, a diamond.

    Args:
        steps: rows of frontier.csv.
        folder: an existing folder.

    Raises:
        OutputError: a file cannot be written.
    """
    paths: list[Path] = []
    for place, rows in _by_place(steps):
        path = place_path(folder, "frontier", place, paths)
        save(frontier_figure(place, rows), path)
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
            named = place_path(path.parent, path.stem, place, paths).with_suffix(path.suffix)
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
    figure = new_figure(3.2 * len(columns) + 0.6, 2.2 * len(curves) + 0.9)
    axes = figure.subplots(len(curves), len(columns), sharex=True, sharey="row", squeeze=False)
    for (algorithm, curve), line in zip(curves, axes, strict=True):
        of_curve = rows[(rows["algorithm"] == algorithm) & (rows["curve"] == curve)]
        low, high = _limits(of_curve)
        for panel, axis in zip(columns, line, strict=True):
            _panel(axis, of_curve[of_curve["panel"] == panel])
            said = ", ".join(filter(None, (_name(algorithm, curve), PANELS[panel])))
            axis.set_title(said, loc="left", fontsize=8)
            axis.set_ylim(low, high)
        line[0].set_ylabel("lift an episode", fontsize=8)
    for axis in axes[-1]:
        axis.set_xlabel("nats a session from the behaviour policy", fontsize=8)
    figure.suptitle(f"{place}: frontiers on the validation episodes", x=0.01, ha="left", fontsize=11, fontweight="bold")
    handles = {
        label: handle for axis in axes.flat for handle, label in zip(*axis.get_legend_handles_labels(), strict=True)
    }
    figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=5, fontsize=8, frameon=False)
    return figure


def _panel(axis: Any, rows: pd.DataFrame) -> None:
    axis.axhline(0.0, color="black", linewidth=0.8)
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
    style = {"linestyle": "none", "markerfacecolor": "none", "color": "black"}
    if len(chosen):
        axis.plot(chosen["divergence"], chosen["lift"], marker="o", markersize=10, label="chosen", **style)
        known = chosen[chosen["true_lift"].notna()]
        if len(known):
            axis.plot(known["divergence"], known["true_lift"], marker="D", markersize=5, label="true lift", **style)
    axis.set_xticks(TICKS, [f"{tick:g}" for tick in TICKS])
    axis.minorticks_off()
    axis.tick_params(labelsize=7)
    axis.grid(color="0.9", linewidth=0.8)
    axis.set_axisbelow(True)
    axis.spines[["top", "right"]].set_visible(False)


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
    return algorithm if curve == FRONTIER_BEST_FORM else f"{algorithm} {curve.removesuffix(f'/{FRONTIER_FORM}')}"
