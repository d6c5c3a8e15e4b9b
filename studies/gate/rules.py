"""Rules that call an estimate `trusted`, replayed on stored figures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri


@dataclass(frozen=True)
class Thresholds:
    """Of `balanced`; the defaults are what was chosen.

    Attributes:
        weights: least ESS^3 / units^2.
        events: least f K T.
        equal_events: least f K of events whose largest sizes are alike, or bounded; of users: equal_events_of_users.
        largest: how many events near the largest make it no outlier.
        skewness: largest |skewness| of the units' influences.
        evenness: largest T of sizes, unless a known range shows more.
        quantile: moments are cut where this many of the events lie beyond.
        lift: f of lifts, unless the units are users.
        number: whether K is at most (sum e)^2 / sum e^2.
    """

    weights: float = 10.0
    events: float = 25.0
    equal_events: float = 16.0
    equal_events_of_users: float = 20.0
    largest: float = 20.0
    skewness: float = 0.25
    evenness: float = 0.33
    quantile: float = 0.3
    lift: float = 1.75
    number: bool = True


def balanced(rows: pd.DataFrame, of: Thresholds | None = None, varying: np.ndarray | bool = False) -> np.ndarray:
    """The rule of version 0.2 on rows of `cells`; `varying`: tis and sntis on sessions of several lengths."""
    g, r = of or Thresholds(), rows
    with np.errstate(all="ignore"):
        users = r["units"] < r["n"]
        factor = np.where(r["lift"] & ~users, g.lift, 1.0)
        share = r["k3"] * r["units_with"] / r["units"]
        count = np.sqrt(np.minimum(r["c3"], share) * share) * factor
        known = np.isfinite(r["limit"])
        bounded = np.nan_to_num(r["s2"] / (r["limit"] ** 2 * r["events"]))
        evenness = of_sizes(r, g.quantile)
        # A known range helps where sizes come near it; a whale within a wide one may be unseen all the same.
        evenness = np.maximum(np.minimum(evenness, g.evenness), bounded)
        number = r["s1"] ** 2 / r["s2"] * factor
        capped = np.minimum(count, number) if g.number else count
        least = np.where(users, g.equal_events_of_users, g.equal_events)
        equal = (r["near"] >= g.largest) & (count * np.minimum(r["e3"] / r["c3"], 1.0) >= least)
        equal |= known & (count * bounded >= least)
        good = overlap(r, g.weights) & ((capped * evenness >= g.events) | equal) & (np.abs(r["skew"]) <= g.skewness)
    return good.to_numpy() & ~np.asarray(varying)


def of_sizes(r: pd.DataFrame, quantile: float | None) -> np.ndarray:
    """T: how far the sizes of the events lower their effective number, as if they were log-normal."""
    number, halves = r["s1"] ** 2 / r["s2"], r["s0.5"] ** 2 / r["s1"]
    variance = np.maximum(4.0 / 3.0 * np.log(halves / number), 0.0).to_numpy()
    whole = np.exp(-3.0 * variance)
    if quantile is None:
        return whole
    sigma, z = np.sqrt(variance), ndtri(1.0 - np.minimum(quantile / np.maximum(r["events"].to_numpy(), 1.0), 0.5))
    return whole * ndtr(z - 2.0 * sigma) ** 3 / ndtr(z - 3.0 * sigma) ** 2


def overlap(r: pd.DataFrame, least: float) -> pd.Series:
    """What is asked of the weights, by unit."""
    z = np.where(np.abs(r["mean"] - 1) <= 1e-6, 0.0, np.abs(r["mean"] - 1) / r["mean_error"])
    unsupported = np.maximum(0.0, 1.0 - r["mean"] - 2.0 * r["mean_error"])
    good = (r["ess"] ** 3 / r["units"] ** 2 >= least) & ((r["units"] < r["n"]) | (r["ess"] >= 200))
    return good & (r["largest"] <= 0.05) & (z <= 3) & (unsupported <= 0.01) & r["mean"].between(0.5, 2.0)


def prototype(rows: pd.DataFrame) -> np.ndarray:
    """The rule that the study began with: whole moments of sizes, lifts as values, ten equal events."""
    r = rows
    with np.errstate(all="ignore"):
        count = np.minimum(r["c3"], r["k3_values"] * r["units_with"] / r["units"])
        events = (count * of_sizes(r, None) >= 30) | ((r["near"] >= 10) & (count >= 16))
        return (overlap(r, 30.0) & events & (np.abs(r["skew"]) <= 0.25)).to_numpy()


def version_01(table: pd.DataFrame, label: str) -> np.ndarray:
    """The rule of version 0.1, on a table of figures: sums over sessions, or rows, without regard to users."""
    lift, name = label.endswith("-lift"), label.removesuffix("-lift")
    events = "residual" if name in ("dr", "sndr") else "reward"
    t = table
    z = np.where(np.abs(t["mean"] - 1) <= 1e-6, 0.0, t["old_z"])
    unsupported = np.maximum(0.0, 1.0 - t["mean"] - 2.0 * t["old_error"])
    good = (t["old_ess"] >= 200) & (t["old_ess"] >= 0.05 * t["n"]) & (t["old_share"] <= 0.05) & (np.abs(z) <= 3)
    good &= t["mean"].between(0.5, 2.0) & (t[f"old_{events}"] >= 30) & (unsupported <= 0.01)
    if lift:
        apart = (t["old_ess_difference"] >= 200) & (t["old_ess_difference"] >= 0.05 * t["old_differ"])
        apart &= (t["old_share_difference"] <= 0.05) & (t[f"old_{events}_difference"] >= 30)
        good &= apart | (t["old_differ"] == 0)
    return (good & ((t["units"] == t["n"]) | (t["units"] >= 10))).to_numpy()
