"""Is a commit slower than another? Both are measured in turn, and what looks slower is measured again."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InputError
from ..extras import require
from ..files import scratch_folder
from ..statistics.hypotheses import holm
from .ratios import FEWEST_PAIRS, p_value, pairs_needed, ratio
from .repository import Repository
from .side import Benchmark, BenchmarkFailed, Side, usable

FACTOR, ROUNDS = 1.1, FEWEST_PAIRS
ALPHA = 0.01
"""Chance that a comparison calls anything slower where nothing is, over all its benchmarks."""
CONFIRMATIONS = 3
"""How often a suspect is measured again at most, each time with twice the rounds."""
OUTCOMES = ("slower", "failed", "unclear", "faster", "same", "skipped", "only new", "only old")
"""Of a benchmark, the gravest first."""
Measurement = Callable[[], tuple[float, float]]
"""One round: a pair (old, new)."""


@dataclass(frozen=True)
class BenchmarkRow:
    """A benchmark's answer.

    Attributes:
        benchmark: its name and parameters.
        outcome: `slower`: beyond the factor, confirmed by fresh rounds. `faster`: the interval is below 1 / factor.
            `same`: the interval stays below the factor. `unclear`: it reaches beyond, without confirmation: too noisy.
            `failed`: an error or a timeout on a side. `skipped`: it skips itself, or measures nothing above 0.
            `only new`, `only old`: the other side has no such benchmark.
        unit: of old and new.
        old, new: medians over rounds.
        ratio: median over rounds of new / old; with low and high, its interval of 95 %.
        rounds: that these figures rest on; a suspect's are those of its last confirmation.
        note: anything else worth knowing.
    """

    benchmark: str
    outcome: str
    unit: str = ""
    old: float = math.nan
    new: float = math.nan
    ratio: float = math.nan
    low: float = math.nan
    high: float = math.nan
    rounds: int = 0
    note: str = ""


@dataclass(frozen=True)
class SpeedComparison:
    """All answers of a comparison, sorted by benchmark."""

    rows: tuple[BenchmarkRow, ...]

    @property
    def counts(self) -> dict[str, int]:
        """Outcome -> number of benchmarks."""
        return {name: count for name in OUTCOMES if (count := sum(row.outcome == name for row in self.rows))}

    @property
    def exit_code(self) -> int:
        """2: a benchmark failed; 1: one is slower; 3: none was measured on both sides; 0: else."""
        if self.counts.get("failed"):
            return 2
        if self.counts.get("slower"):
            return 1
        return 0 if any(self.counts.get(name) for name in ("unclear", "faster", "same")) else 3

    def to_dict(self) -> dict[str, Any]:
        """For JSON: missing figures are None."""
        rows = [{key: None if value != value else value for key, value in asdict(row).items()} for row in self.rows]
        return {"exit_code": self.exit_code, "counts": self.counts, "rows": rows}


def compare(
    repository: Repository,
    old: str,
    new: str,
    *,
    bench: str = "",
    factor: float = FACTOR,
    rounds: int = ROUNDS,
    progress: Callable[[str], None] = lambda text: None,
) -> SpeedComparison:
    """Measure the benchmarks of two commits against each other in the present environment.

    Each commit runs its own benchmark files on its own package. See `judged` for how a verdict comes about.

    Args:
        repository: holds both commits. Where one of them is HEAD, no tracked file may be changed.
        old, new: branches, tags or hashes.
        bench: regular expression; only benchmarks whose name with parameters matches it.
        factor: how many times as slow is too slow; at least 1.
        rounds: pairs of processes for each benchmark, at least 6; suspects get more, anew.
        progress: gets a line for each step.

    Raises:
        InputError: an unknown commit, a changed file, a bad option, or a commit whose benchmarks cannot be imported.
        MissingExtraError: asv is not installed.
    """
    require("perf", "Measuring speed")
    if not (math.isfinite(factor) and factor >= 1):
        raise InputError(f"It is {factor:g}, and must be a number of at least 1.", where="factor")
    if rounds < FEWEST_PAIRS:
        hint = "Fewer cannot give an interval of 95 %."
        raise InputError(f"It is {rounds}, and must be at least {FEWEST_PAIRS}.", where="rounds", hint=hint)
    wanted = pattern(bench)
    commits = [repository.commit(old), repository.commit(new)]
    if repository.commit("HEAD") in commits:
        repository.refuse_changes()
    with scratch_folder() as folder:
        sides = [
            _side(repository, name, commit, Path(folder, label))
            for name, commit, label in zip((old, new), commits, ("old", "new"), strict=True)
        ]
        before, after = (
            {label: benchmark for label, benchmark in side.benchmarks.items() if wanted.search(label)} for side in sides
        )
        rows = [BenchmarkRow(label, "only new") for label in after if label not in before]
        rows += [BenchmarkRow(label, "only old") for label in before if label not in after]
        both = {label: (before[label], after[label]) for label in before if label in after}
        measurements = {label: _paired(sides, pair) for label, pair in both.items()}
        rows += [_noted(row, *both[row.benchmark]) for row in judged(measurements, factor, rounds, progress)]
    return SpeedComparison(tuple(sorted(rows, key=lambda row: row.benchmark)))


def judged(
    measurements: Mapping[str, Measurement], factor: float, rounds: int, progress: Callable[[str], None]
) -> list[BenchmarkRow]:
    """Measure all benchmarks, and those that look slower again.

    A benchmark whose ratio exceeds the factor is a suspect. Suspects are measured anew with twice the rounds (more
    where there are many). One is `slower` where the sign test of "at most `factor` times as slow" rejects on these
    fresh rounds alone; else it stays a suspect if its new ratio exceeds the factor too, up to `CONFIRMATIONS` times.
    Each test is at the level `ALPHA / CONFIRMATIONS`, by Holm's method over suspects. So the chance of any false alarm
    in a comparison is at most `ALPHA`, however many benchmarks there are.
    """
    rows = {}
    for place, (label, measurement) in enumerate(measurements.items(), 1):
        rows[label], _ = _measured(label, measurement, factor, rounds)
        progress(f"{place}/{len(measurements)} {_short(rows[label])}")
    suspects = [label for label, row in rows.items() if row.ratio > factor]
    again, level = rounds, ALPHA / CONFIRMATIONS
    for _ in range(CONFIRMATIONS):
        if not suspects:
            break
        again = max(2 * again, pairs_needed(len(suspects), level))
        p_values = []
        for place, label in enumerate(suspects, 1):
            earlier = f"{rows[label].ratio:.3g} in {rows[label].rounds} earlier rounds"
            rows[label], p = _measured(label, measurements[label], factor, again, note=earlier)
            p_values.append(p)
            progress(f"again {place}/{len(suspects)} {_short(rows[label])}")
        for label, p in zip(suspects, holm(np.array(p_values)), strict=True):
            if p <= level:
                rows[label] = replace(rows[label], outcome="slower")
        suspects = [label for label in suspects if rows[label].outcome != "slower" and rows[label].ratio > factor]
    return list(rows.values())


def pattern(bench: str) -> re.Pattern[str]:
    """The expression that chooses benchmarks.

    Raises:
        InputError: it is not a regular expression.
    """
    try:
        return re.compile(bench)
    except re.error as error:
        raise InputError(f"'{bench}' is not a regular expression: {error}.", where="bench") from error


def _side(repository: Repository, name: str, commit: str, folder: Path) -> Side:
    folder.mkdir()
    repository.write_tree(commit, folder / "tree")
    (folder / "scratch").mkdir()
    return Side(name, folder / "tree", folder / "scratch")


def _paired(sides: list[Side], benchmarks: tuple[Benchmark, Benchmark]) -> Measurement:
    """Rounds in the order old, new, new, old, old, new, ...: what drifts meets both sides alike."""
    order = [0, 1]

    def measure() -> tuple[float, float]:
        values = {}
        for side in order:
            try:
                values[side] = sides[side].measure(benchmarks[side])
            except BenchmarkFailed as error:
                raise BenchmarkFailed(f"at {sides[side].name}: {error}") from error
        order.reverse()
        return values[0], values[1]

    return measure


def _measured(
    label: str, measurement: Measurement, factor: float, rounds: int, note: str = ""
) -> tuple[BenchmarkRow, float]:
    """The row without confirmation, and the p of the hypothesis that it is not slower than the factor."""
    pairs = []
    for _ in range(rounds):
        try:
            pair = measurement()
        except BenchmarkFailed as error:
            return BenchmarkRow(label, "failed", note=str(error)), math.nan
        if not all(map(usable, pair)):
            why = "" if any(map(math.isnan, pair)) else f"{pair[0]:g} and {pair[1]:g} have no ratio"
            return BenchmarkRow(label, "skipped", note=why), math.nan
        pairs.append(pair)
    old, new = np.array(pairs).T
    result = ratio(old, new)
    outcome = "unclear" if result.high > factor else "faster" if result.high < 1 / factor else "same"
    row = BenchmarkRow(
        label,
        outcome,
        old=float(np.median(old)),
        new=float(np.median(new)),
        ratio=result.median,
        low=result.low,
        high=result.high,
        rounds=rounds,
        note=note,
    )
    return row, p_value(old, new, factor)


def _noted(row: BenchmarkRow, old: Benchmark, new: Benchmark) -> BenchmarkRow:
    changed = "the benchmark's own code differs" if old.version != new.version else ""
    return replace(row, unit=new.unit, note="; ".join(filter(None, (row.note, changed))))


def _short(row: BenchmarkRow) -> str:
    figure = "" if row.ratio != row.ratio else f" {row.ratio:.3f} ({row.low:.3f} to {row.high:.3f})"
    return f"{row.benchmark}{figure or ' ' + row.outcome}"
