"""Every figure that a rule may look at, of many logs at once."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from .settings import Setting
from .simulate import Rows

ONE_STEP = ("ips", "snips", "dr", "sndr")
SEVERAL = ("ips", "snips", "dr", "sndr", "tis", "sntis")
POWERS = (0.5, 1.0, 2.0)
"""Of the sizes of events, whose sums are kept."""


def estimators(setting: Setting) -> tuple[str, ...]:
    """Those that are valued in a setting."""
    return SEVERAL if setting.steps > 1 else ONE_STEP


class Sums:
    """Sums of values by log, values being sorted by log."""

    def __init__(self, logs: int, log: np.ndarray, count: np.ndarray | None = None):
        self.logs, self.log, self.count = logs, log, count

    def __call__(self, values: np.ndarray) -> np.ndarray:
        return np.bincount(self.log, values if self.count is None else values * self.count, self.logs)

    def largest(self, values: np.ndarray) -> np.ndarray:
        found = np.zeros(self.logs)
        if len(values):
            first = np.flatnonzero(np.diff(self.log, prepend=-1))
            found[self.log[first]] = np.maximum.reduceat(values, first)
        return found


class Episodes:
    """Rows put together by session, and by unit."""

    def __init__(self, rows: Rows, gamma: float):
        self.rows = rows
        if rows.start is None:
            self.first = None
            self.step = np.zeros(len(rows.log), int)
            self.weight = self.discounted = rows.ratio
            self.before = self.discount = np.ones(len(rows.log))
        else:
            self.first = np.flatnonzero(rows.start)
            lengths = np.diff(self.first, append=len(rows.log))
            self.step = np.arange(len(rows.log)) - np.repeat(self.first, lengths)
            weight, before = rows.ratio.copy(), np.ones(len(rows.log))
            for t in range(1, int(self.step.max()) + 1):
                at = np.flatnonzero(self.step == t)
                before[at] = weight[at - 1]
                weight[at] *= weight[at - 1]
            self.weight, self.before, self.discount = weight, before, float(gamma) ** self.step
            self.discounted = weight * self.discount
            self.last = np.append(self.first[1:], len(weight)) - 1
        self.log = rows.log if self.first is None else rows.log[self.first]
        self.count = rows.count if self.first is None else np.ones(len(self.first), int)
        unit = rows.unit if rows.unit is None or self.first is None else rows.unit[self.first]
        self.sums = Sums(rows.logs, self.log, self.count)
        self.n = self.sums(np.ones(len(self.log)))
        self.unit = unit
        if unit is None:
            self.units = self.sums
        else:
            starts = np.flatnonzero(np.diff(unit, prepend=-1))
            self.units = Sums(rows.logs, self.log[starts])

    def summed(self, values: np.ndarray) -> np.ndarray:
        """Rows -> episodes."""
        return values if self.first is None else np.add.reduceat(values, self.first)

    def final(self, values: np.ndarray) -> np.ndarray:
        """Rows -> last rows of episodes."""
        return values if self.first is None else values[self.last]

    def by_unit(self, values: np.ndarray) -> np.ndarray:
        """Episodes -> units."""
        return values if self.unit is None else np.bincount(self.unit, values * self.count)

    @property
    def row_unit(self) -> np.ndarray:
        """Of each row: the place of its unit."""
        if self.rows.unit is not None:
            return self.rows.unit
        return np.arange(len(self.log)) if self.first is None else np.cumsum(self.rows.start) - 1


def figures(setting: Setting, rows: Rows) -> dict[str, np.ndarray]:
    """(logs,) each; those of an estimator are called `snips.value`, those of its lift `snips-lift.value`."""
    e = Episodes(rows, setting.gamma)
    found = _weights(e) | _events(e)
    returns = e.summed(e.discount * rows.reward)
    own = e.sums(returns) / e.n
    for name in estimators(setting):
        value, psi = _influence(name, e)
        for label, of, influence in ((name, value, psi), (f"{name}-lift", value - own, psi - (returns - own[e.log]))):
            found |= {f"{label}.{key}": figure for key, figure in _estimate(e, of, influence).items()}
    return found | _old(e)


def _estimate(e: Episodes, value: np.ndarray, psi: np.ndarray) -> dict[str, np.ndarray]:
    psi, units = e.by_unit(psi), e.units(np.ones(len(e.units.log)))
    squares = e.units(psi**2)
    error = np.sqrt(squares * units / (units - 1)) / e.n
    with np.errstate(divide="ignore", invalid="ignore"):
        return {
            "value": value,
            "error": error,
            "skew": np.nan_to_num(e.units(psi**3) / squares**1.5),
        }


def _influence(name: str, e: Episodes) -> tuple[np.ndarray, np.ndarray]:
    """(logs,) value, and (episodes,) psi."""
    rows, mean = e.rows, lambda values: e.sums(values) / e.n
    residual = rows.reward - rows.q
    if name == "ips":
        return _mean(e, e.summed(e.discounted * rows.reward))
    if name == "tis":
        return _mean(e, e.final(e.weight) * e.summed(e.discount * rows.reward))
    if name == "dr":
        return _mean(e, e.summed(e.discounted * residual + e.discount * e.before * rows.v))
    if name == "sntis":
        weight, gained = e.final(e.weight), e.summed(e.discount * rows.reward)
        value = mean(weight * gained) / mean(weight)
        return value, weight * (gained - value[e.log]) / mean(weight)[e.log]
    if name == "snips":
        return _normalised(e, rows.reward, 0)
    value, psi = _normalised(e, residual, 0)
    of_v, psi_v = _normalised(e, rows.v, 1)
    return value + of_v, psi + psi_v


def _mean(e: Episodes, terms: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    value = e.sums(terms) / e.n
    return value, terms - value[e.log]


def _normalised(e: Episodes, values: np.ndarray, lag: int) -> tuple[np.ndarray, np.ndarray]:
    """sum_t mean W_(t - lag) values_t / mean W_min(t - lag, last)."""
    if e.first is None:
        if lag:
            return _mean(e, values)
        total = e.sums(e.weight)
        value = e.sums(e.weight * values) / total
        return value, e.weight * (values - value[e.log]) * (e.n / total)[e.log]
    psi, value = np.zeros(len(e.log)), np.zeros(len(e.n))
    carried = np.ones(len(e.log))
    episode = np.cumsum(e.rows.start) - 1
    for t in range(int(e.step.max()) + 1):
        at = np.flatnonzero(e.step == t)
        x = np.zeros(len(e.log))
        weight = (e.before if lag else e.weight)[at]
        x[episode[at]] = weight * e.discount[at] * values[at]
        carried[episode[at]] = weight
        if lag and t:
            # An episode that ended a step ago keeps its last weight.
            ended = np.flatnonzero(e.step[e.last] == t - 1)
            carried[ended] = e.weight[e.last[ended]]
        total = e.sums(carried)
        ratio = e.sums(x) / total
        value += ratio
        psi += (x - carried * ratio[e.log]) * (e.n / total)[e.log]
    return value, psi


def _weights(e: Episodes) -> dict[str, np.ndarray]:
    final = e.final(e.weight)
    weight, episodes = e.by_unit(final), e.by_unit(np.ones(len(e.log)))
    units, total = e.units(np.ones(len(weight))), e.units(weight)
    mean = total / e.n
    apart = weight - mean[e.units.log] * episodes
    error = np.sqrt(e.units(apart**2) * units / (units - 1)) / e.n
    lifts = np.abs(weight - episodes)
    return {
        "n": e.n,
        "units": units,
        "mean": mean,
        "mean_error": error,
        "ess": total**2 / e.units(weight**2),
        "largest": e.units.largest(weight) / total,
        "k3": _third(e.units, weight),
        "k3_lift": _third(e.units, lifts),
    }


def _third(sums: Sums, values: np.ndarray) -> np.ndarray:
    """(sum x^2)^3 / (sum |x|^3)^2."""
    values = np.abs(values)
    return _ratio(sums(values**2) ** 3, sums(values**3) ** 2)


def _ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(below > 0, above / below, 0.0)


def _events(e: Episodes) -> dict[str, np.ndarray]:
    """Of rows whose reward differs from the median."""
    rows = e.rows
    if rows.event is None:
        ends = [*np.flatnonzero(np.diff(rows.log, prepend=-1)), len(rows.log)]
        median = np.array([_median(rows.reward[a:b]) for a, b in pairwise(ends)])
        size = np.abs(rows.reward - median[rows.log])
        at = np.flatnonzero(size)
    else:
        median = np.full(rows.logs, (rows.reward[~rows.event][:1] if (~rows.event).any() else [0.0])[0])
        at = np.flatnonzero(rows.event)
        size = np.abs(rows.reward - median[rows.log])
    size, log = size[at], rows.log[at]
    sums = Sums(rows.logs, log)
    count, largest = sums(np.ones(len(at))), sums.largest(size)
    found = {f"s{power:g}": sums(size**power) for power in POWERS}
    found |= {"events": count, "median": median, "near": sums(size >= 0.95 * largest[log])}
    unit, discount = e.row_unit[at], e.discount[at]
    # Units are in order, so that those of one unit are neighbours.
    begins = np.diff(unit, prepend=-1) != 0
    place = np.cumsum(begins) - 1
    units = Sums(rows.logs, log[begins])
    found["units_with"] = units(np.ones(int(begins.sum())))
    weights = {"": e.discounted[at], "_lift": e.discounted[at] - discount}
    if e.first is not None:
        # What tis and sntis multiply with.
        final = e.final(e.weight)[np.cumsum(e.rows.start)[at] - 1] * discount
        weights |= {"_final": final, "_final_lift": final - discount}
    for suffix, weight in weights.items():
        counted, sized = np.bincount(place, weight), np.bincount(place, weight * size)
        found |= {f"c3{suffix}": _third(units, counted), f"e3{suffix}": _third(units, sized)}
    return found


def _median(values: np.ndarray) -> float:
    """The lower of the two in the middle, as the package has it."""
    middle = (len(values) - 1) // 2
    return float(np.partition(values, middle)[middle])


def _old(e: Episodes) -> dict[str, np.ndarray]:
    """What version 0.1 looks at: by session, or by row where there are none."""
    rows, final = e.rows, e.final(e.weight)
    n, total = e.n, e.sums(final)
    variance = np.maximum(e.sums((final - 1.0) ** 2) - (total - n) ** 2 / n, 0.0) / (n - 1)
    error = np.sqrt(variance / n)
    found = {
        "old_ess": total**2 / e.sums(final**2),
        "old_share": e.sums.largest(final) / total,
        "old_z": (total / n - 1.0) / error,
        "old_error": error,
    }
    apart = np.abs(final - 1.0) * (np.abs(final - 1.0) > 1e-6)
    found["old_ess_difference"] = _ratio(e.sums(apart) ** 2, e.sums(apart**2))
    found["old_differ"] = e.sums(apart > 0)
    found["old_share_difference"] = _ratio(e.sums.largest(apart), e.sums(apart))
    for kind, values in (("reward", rows.reward), ("residual", rows.reward - rows.q)):
        sized = e.summed(e.discounted * np.abs(values))
        found[f"old_{kind}"] = _ratio(e.sums(sized) ** 2, e.sums(sized**2))
        differing = apart * e.summed(e.discount * np.abs(values))
        found[f"old_{kind}_difference"] = _ratio(e.sums(differing) ** 2, e.sums(differing**2))
    return found
