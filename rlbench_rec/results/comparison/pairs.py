"""Runs of two sides, paired: what each row lost or gained in the same replicates, or on the same log with the same
seeds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...statistics.bootstrap import parts_of
from ...statistics.paired import PairedGain, paired_gain
from ...tolerances import ROUNDING
from ..metrics import METRICS
from ..schema import KEYS, VERDICTS
from .kinds import DIRECTION, higher_is_better
from .sides import Side

if TYPE_CHECKING:
    import pandas as pd

LEAST_PAIRS = 5
"""Pairs below which no statistical answer is given. Of n differences of no sign a test that assumes nothing but
symmetry can reach p = 2^-n at best: 6 % with four and 3 % with five, so with fewer every answer at 5 % would be one of
the normal distribution alone."""
UNITS = {"replicate": "replicates", "log": "logs", "seed": "seeds"}
"""Column of the unit of pairs -> what an interval of its differences covers."""


@dataclass(frozen=True)
class PairedRow:
    """A row of both sides.

    Attributes:
        key: the values of `KEYS`.
        old, new: means over pairs; where one side has no value, of the other's runs.
        gain: of the new side, in the metric's own sign; over units.
        differences: of each pair.
        unit: of `UNITS`.
        lost: old runs that have no value on the new side, though they were made or should have been.
        in_old, in_new: whether a side has a value.
        same: whether every run has the same value, bit for bit, on both sides.
        same_settings: whether every run was made with the same settings.
        verdict_old, verdict_new: the worst of the runs.
        identification: of the newer rows.
        higher_is_better: direction of the metric.
    """

    key: tuple[str, ...]
    old: float
    new: float
    gain: PairedGain
    differences: tuple[float, ...]
    unit: str
    lost: int
    in_old: bool
    in_new: bool
    same: bool
    same_settings: bool
    verdict_old: str
    verdict_new: str
    identification: str
    higher_is_better: bool


def paired_rows(both: pd.DataFrame, old: Side, new: Side, scales: np.ndarray) -> list[PairedRow]:
    """One for each row that is on either side; rows of runs that the new side did not ask for are left out.

    Args:
        both: the runs of both sides, joined by row, replicate, log and seed.
        old, new: the sides, which know what was asked.
        scales: (lines,) how large values of the line's metric are: what differs by less than rounding of it is equal.
    """
    columns = {name: both[name].to_numpy() for name in both.columns if name not in KEYS}
    places = both["dataset"].where(both["dataset"] != "", both["task"])
    asked = [*zip(places, both["replicate"], both["log"], both["seed"], strict=True)]
    known_places = {place for place, *_ in new.asked}
    columns["wanted"] = np.array([run in new.asked or run[0] not in known_places for run in asked], dtype=bool)
    columns["scale"] = scales
    numbers = both.groupby(list(KEYS), sort=False).ngroup().to_numpy()
    names = both[[*KEYS]].to_numpy()
    rows = [
        paired_row(tuple(map(str, names[lines[0]])), {name: column[lines] for name, column in columns.items()})
        for lines in (parts_of(numbers) if len(both) else [])
    ]
    return [row for row in rows if row is not None]


def paired_row(key: tuple[str, ...], lines: dict[str, np.ndarray]) -> PairedRow | None:
    """A row from its runs; None where the new side did not ask for any of them.

    Args:
        key: the values of `KEYS`.
        lines: arrays, a value a run of either side: `replicate`, `log`, `seed`; `value_old` and `value_new`, NaN where
            there is none; `verdict_old`, `verdict_new`, `identification_new`; `wanted`, whether the new side should
            have it; `scale`, how large values of the metric are; `config_hash_old`, `config_hash_new`,
            `higher_is_better_old` and `higher_is_better_new` where known.
    """
    old, new = lines["value_old"].astype(float), lines["value_new"].astype(float)
    in_old, in_new = np.isfinite(old), np.isfinite(new)
    lost = in_old & ~in_new & lines["wanted"]
    if not in_new.any() and in_old.any() and not lost.any():
        return None
    matched = in_old & in_new
    unit, units = _units(lines, in_old, in_new)
    # Where a unit has runs that both sides made, those alone: what one side has beside would not cancel.
    meant = matched | ~np.isin(units, units[matched])
    before, after = (_means(units[meant], values[meant]) for values in (old, new))
    common = sorted(before.keys() & after.keys())
    differences = np.array([after[number] - before[number] for number in common])
    differences[np.abs(differences) <= ROUNDING * float(lines["scale"].max(initial=0.0))] = 0.0
    same = bool((old[matched] == new[matched]).all()) and not (in_old & ~in_new & lines["wanted"]).any()
    said = [lines[f"config_hash_{side}"].astype(str) for side in ("old", "new")] if "config_hash_old" in lines else []
    return PairedRow(
        key=key,
        old=_mean(before, common),
        new=_mean(after, common),
        gain=paired_gain(differences),
        differences=tuple(differences.tolist()),
        unit=unit,
        lost=int(lost.sum()),
        in_old=bool(in_old.any()),
        in_new=bool(in_new.any()),
        same=same and (bool(matched.any()) or not (in_old.any() or in_new.any())),
        same_settings=bool(said) and bool((said[0][matched] == said[1][matched]).all()),
        verdict_old=_worst(lines["verdict_old"]),
        verdict_new=_worst(lines["verdict_new"]),
        identification=next((str(name) for name in lines["identification_new"] if isinstance(name, str)), ""),
        higher_is_better=_direction(key[4], lines),
    )


def _units(lines: dict[str, np.ndarray], in_old: np.ndarray, in_new: np.ndarray) -> tuple[str, np.ndarray]:
    """What varies between pairs, and the number of each run's: replicates, or logs of one replicate, or seeds of one
    log, whichever are the first that both sides have more than one of."""
    units = np.zeros(len(in_old), dtype=int)
    for name in UNITS:
        inside = np.column_stack([units, lines[name].astype(int)])
        units = np.unique(inside, axis=0, return_inverse=True)[1].reshape(-1)
        if len(set(units[in_old]) & set(units[in_new])) > 1:
            return name, units
    return "seed", units


def _direction(metric: str, lines: dict[str, np.ndarray]) -> bool:
    """Whether higher is better; of a metric that is not known here (a plugin's, elsewhere) as the runs say."""
    said = [value for side in ("new", "old") for value in lines.get(f"{DIRECTION}_{side}", ()) if value == value]
    return bool(said[0]) if said and metric not in METRICS else higher_is_better(metric)


def _means(units: np.ndarray, values: np.ndarray) -> dict[int, float]:
    """Unit -> the mean of its values, of those that are defined."""
    known = np.isfinite(values)
    numbers, codes = np.unique(units[known].astype(int), return_inverse=True)
    means = np.bincount(codes, values[known]) / np.bincount(codes) if len(numbers) else np.array([])
    return dict(zip(numbers.tolist(), means.tolist(), strict=True))


def _mean(by_unit: dict[int, float], common: list[int]) -> float:
    values = [by_unit[number] for number in common or by_unit]
    return float(np.mean(values)) if values else float("nan")


def _worst(verdicts: np.ndarray) -> str:
    said = [verdict for verdict in verdicts if isinstance(verdict, str) and verdict]
    known = [verdict for verdict in said if verdict in VERDICTS]
    return max(known, key=VERDICTS.index) if known else next(iter(said), "")
