"""The fit, drawn: held-out part, fitted part and simulated shop in four panels."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ...figures import image
from ...files import write_bytes
from ...terminal import printable
from .goodness_of_fit import LONGEST_SHOWN, Goodness, curve


def draw_fit(goodness: Goodness, path: Path) -> None:
    """Write a PNG."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 7), layout="constrained")
    lengths, events, popularity, following = figure.subplots(2, 2).ravel()
    styles = {"held out": ("black", "-"), "fitted": ("tab:gray", "--"), "simulated": ("tab:orange", "-")}
    for at, (name, visits) in enumerate(goodness.sides.items()):
        colour, line = styles[name]
        counts = np.bincount(visits.lengths.clip(max=LONGEST_SHOWN), minlength=LONGEST_SHOWN + 1)
        longer = 1.0 - np.cumsum(counts) / counts.sum()
        lengths.step(np.arange(1, LONGEST_SHOWN), longer[1:-1], where="post", color=colour, ls=line, label=name)
        shares = visits.events / visits.events.sum()
        events.bar(np.arange(3) + 0.27 * (at - 1), shares, 0.25, color=colour, label=name)
        ranks = np.arange(1, visits.item_count + 1)
        popularity.plot(ranks, curve(visits), color=colour, ls=line, label=name)
        stays = np.diag(goodness.next_groups(visits))
        following.bar(np.arange(len(stays)) + 0.27 * (at - 1), stays, 0.25, color=colour, label=name)
    lengths.set(xlabel="clicks", ylabel="sessions with more", yscale="log", title="Session length")
    events.set(xticks=range(3), xticklabels=["click", "cart", "purchase"], yscale="log", title="Event mix")
    popularity.set(xlabel="most popular items", ylabel="share of clicks", xscale="log", title="Popularity curve")
    following.set(xlabel="group of items", ylabel="next click in the same group", title="Next group")
    lengths.legend(frameon=False)
    title = f"A shop like {goodness.calibration.shop.source}: the log's held-out part and the simulation"
    # A dollar sign in a name does not begin a formula.
    figure.suptitle(printable(title), parse_math=False)
    write_bytes(path, image(figure))
