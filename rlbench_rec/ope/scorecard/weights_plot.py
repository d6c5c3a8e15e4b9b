"""The weights of a log as a picture: how large they are, and how few of them carry the estimate."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...figures import PALETTE, Format, image, new_figure
from ...terminal import printable
from .scoring import Report

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOUR, FAINT = PALETTE[:2]
BINS = 60


def picture(report: Report, format: Format = "png") -> bytes:
    """Left: the share of decisions, and the share of the sum of weights, by size of the weight. Right: the share of the
    sum that the k largest weights carry. The same log gives the same bytes."""
    weights = report.log.times_weights(report.log.scaled_final_weights)
    figure = new_figure(9.6, 3.8)
    diagnostics = report.diagnostics
    size = f"effective sample size {diagnostics.ess:,.4g} of {diagnostics.units:,}"
    title = f"{report.table.path}: {diagnostics.verdict}, {size}"
    figure.suptitle(printable(title), fontsize=10, parse_math=False)
    left, right = figure.subplots(1, 2)
    _sizes(left, weights)
    _concentration(right, weights, diagnostics.ess)
    for axis in (left, right):
        axis.spines[["top", "right"]].set_visible(False)
        axis.tick_params(labelsize=8)
    return image(figure, format)


def _sizes(axis: Axes, weights: np.ndarray) -> None:
    positive = weights[weights > 0]
    axis.set_title(f"size of weights ({1 - len(positive) / len(weights):.1%} are 0)", fontsize=9, loc="left")
    axis.set_xlabel("weight", fontsize=8)
    axis.set_ylabel("share", fontsize=8)
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
    axis.legend(fontsize=8, frameon=False)


def _concentration(axis: Axes, weights: np.ndarray, ess: float) -> None:
    ordered = np.sort(weights)[::-1]
    axis.set_title("the largest weights together", fontsize=9, loc="left")
    axis.set_xlabel("how many", fontsize=8)
    axis.set_ylabel("share of the sum", fontsize=8)
    axis.set_ylim(0, 1.02)
    if ordered[0] <= 0:
        return
    shares = np.cumsum(ordered) / ordered.sum()
    # A few hundred points draw the same line as a million.
    at = np.unique(np.geomspace(1, len(shares), 400).astype(int)) - 1
    axis.step(at + 1, shares[at], where="post", color=COLOUR, label="this log")
    axis.plot(at + 1, (at + 1) / len(shares), color="0.6", linewidth=1, linestyle="dotted", label="all weights alike")
    axis.axvline(max(ess, 1.0), color=FAINT, linewidth=1.2, label="effective sample size")
    axis.set_xscale("log")
    axis.legend(fontsize=8, frameon=False)
