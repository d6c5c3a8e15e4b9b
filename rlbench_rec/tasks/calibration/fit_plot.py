"""The fit, drawn: held-out part, fitted part and simulated shop in four panels."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...figure_style import INK, LABEL, TEXT, dress, finish
from ...figures import PALETTE, image, image_format, new_figure, show_as_written
from ...files import write_bytes
from .goodness_of_fit import LONGEST_SHOWN, Goodness, curve

if TYPE_CHECKING:
    from matplotlib.figure import Figure

STYLES: dict[str, tuple[str, Any]] = {
    "held out": (INK, "solid"),
    "fitted": ("0.6", (0, (5, 2))),
    "simulated": (PALETTE[1], "solid"),
}
"""Side -> colour and line."""
NOTES = (
    "Held out: the later part of the log, which the fit did not see. Fitted: the earlier part, as far from it as a "
    "perfect model of the past. Distances: 0 alike, 1 nothing in common."
)


def draw_fit(goodness: Goodness, path: Path) -> None:
    """Write the picture, in the format of its suffix.

    Raises:
        InputError: a suffix that is not of a picture.
        OutputError: the file cannot be written.
    """
    format = image_format(path)
    figure = fit_figure(goodness)
    show_as_written(figure)
    write_bytes(path, image(figure, format))


def fit_figure(goodness: Goodness) -> Figure:
    """The picture, before it is written.

    Args:
        goodness: the three sides.
    """
    figure = new_figure(9.6, 5.8)
    lengths, events, popularity, following = figure.subplots(2, 2).ravel()
    for at, (name, visits) in enumerate(goodness.sides.items()):
        colour, line = STYLES[name]
        counts = np.bincount(visits.lengths.clip(max=LONGEST_SHOWN), minlength=LONGEST_SHOWN + 1)
        longer = 1.0 - np.cumsum(counts) / counts.sum()
        lengths.step(np.arange(1, LONGEST_SHOWN), longer[1:-1], where="post", color=colour, ls=line, label=name)
        shares = visits.events / visits.events.sum()
        events.bar(np.arange(3) + 0.27 * (at - 1), shares, 0.25, color=colour)
        ranks = np.arange(1, visits.item_count + 1)
        popularity.plot(ranks, curve(visits), color=colour, ls=line)
        stays = np.diag(goodness.next_groups(visits))
        following.bar(np.arange(len(stays)) + 0.27 * (at - 1), stays, 0.25, color=colour)
    lengths.set(yscale="log")
    events.set(yscale="log")
    popularity.set(xscale="log")
    for axis, across, up, title in (
        (lengths, "clicks", "share of sessions with more", "session length"),
        (events, "", "share of events", "event mix"),
        (popularity, "most popular items", "share of clicks", "popularity curve"),
        (following, "group of items", "share of next clicks in the same", "next group"),
    ):
        axis.set_xlabel(across, fontsize=TEXT)
        axis.set_ylabel(up, fontsize=TEXT)
        axis.set_title(title, fontsize=LABEL, loc="left")
        dress(axis, "y" if axis in (events, following) else "both")
    events.set_xticks(range(3), ["click", "cart", "purchase"], fontsize=TEXT)
    finish(figure, fit_message(goodness), NOTES, columns=3)
    return figure


def fit_message(goodness: Goodness) -> str:
    """In what the shop differs from the held-out part of the log most, beyond what a perfect model of the past would.

    Args:
        goodness: the three sides.
    """
    worst = max(goodness.measures, key=lambda measure: measure.shop - measure.yardstick)
    distances = f"{worst.shop:.2f}, where the log's own past is at {worst.yardstick:.2f}"
    name = goodness.calibration.shop.source
    return f"A shop like {name} differs from the log most in the {worst.measure}: a distance of {distances}"
