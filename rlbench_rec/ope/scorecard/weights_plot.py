"""The weights of a log as a picture: how large they are, and how few of them carry the estimate."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...figure_style import INK, LABEL, TEXT, dress, finish, plain
from ...figures import PALETTE, Format, image, new_figure, show_as_written
from .scoring import Report

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOUR, FAINT = PALETTE[:2]
BINS = 60


def picture(report: Report, format: Format = "png") -> bytes:
    """Left: the share of decisions, and the share of the sum of weights, by size of the weight. Right: the share of the
    sum that the k largest weights carry. The same log gives the same bytes."""
    figure = weights_figure(report)
    show_as_written(figure)
    return image(figure, format)


def weights_figure(report: Report) -> Figure:
    """The picture, before it is written.

    Args:
        report: of a scored table.
    """
    weights = report.log.times_weights(report.log.scaled_final_weights)
    figure = new_figure(9.6, 3.2)
    left, right = figure.subplots(1, 2)
    _sizes(left, weights)
    _concentration(right, weights, report.diagnostics.ess)
    for axis in (left, right):
        dress(axis)
        if axis.get_legend_handles_labels()[0]:
            axis.legend(fontsize=TEXT, frameon=False)
    none = 100 * (1 - np.count_nonzero(weights > 0) / len(weights))
    notes = f"Dotted on the left: a weight of 1. {none:.1f} % of the weights are 0."
    finish(figure, _message(report, weights), notes)
    return figure


def _message(report: Report, weights: np.ndarray) -> str:
    """Whether the estimate is to be believed, and how few decisions carry it."""
    diagnostics = report.diagnostics
    size = f"effective sample size {plain(diagnostics.ess)} of {diagnostics.units:,}"
    said = f"{report.table.path}: {diagnostics.verdict}, {size}"
    if not weights.sum() > 0:
        return said
    half = int(np.searchsorted(np.cumsum(np.sort(weights)[::-1]), weights.sum() / 2)) + 1
    return f"{said}; {half:,} of {len(weights):,} weights carry half of their sum"


def _sizes(axis: Axes, weights: np.ndarray) -> None:
    positive = weights[weights > 0]
    axis.set_title("size of weights", fontsize=LABEL, loc="left")
    axis.set_xlabel("weight", fontsize=LABEL)
    axis.set_ylabel("share", fontsize=LABEL)
    if not len(positive):
        return
    low, high = positive.min() / 1.1, positive.max() * 1.1
    edges = np.geomspace(low, high, BINS + 1)
    counts = np.histogram(positive, edges)[0] / len(weights)
    carried = np.histogram(positive, edges, weights=positive)[0] / positive.sum()
    axis.stairs(counts, edges, fill=True, color=COLOUR, alpha=0.5, label="of decisions")
    axis.stairs(carried, edges, color=FAINT, linewidth=1.5, label="of the sum of weights")
    axis.axvline(1.0, color="0.5", linewidth=0.8, linestyle="dotted")
    axis.set_xscale("log")


def _concentration(axis: Axes, weights: np.ndarray, ess: float) -> None:
    ordered = np.sort(weights)[::-1]
    axis.set_title("the largest weights together", fontsize=LABEL, loc="left")
    axis.set_xlabel("how many", fontsize=LABEL)
    axis.set_ylabel("share of the sum", fontsize=LABEL)
    axis.set_ylim(0, 1.02)
    if ordered[0] <= 0:
        return
    shares = np.cumsum(ordered) / ordered.sum()
    # A few hundred points draw the same line as a million.
    at = np.unique(np.geomspace(1, len(shares), 400).astype(int)) - 1
    axis.step(at + 1, shares[at], where="post", color=COLOUR, label="this log")
    axis.plot(at + 1, (at + 1) / len(shares), color=INK, linewidth=1, linestyle="dotted", label="all weights alike")
    axis.axvline(max(ess, 1.0), color=FAINT, linewidth=1.2, linestyle="dashed", label="effective sample size")
    axis.set_xscale("log")
