"""How often does `rlbench compare` raise a false alarm, and how often does it see a drop that is there?

    OMP_NUM_THREADS=1 python -m studies.compare_alarms [--out FILE]

Pairs of boards are drawn from one pool (`compare_pool`: shops of three tasks, two trainings in each): some
of the shops of every task, and of each shop one training for the old board and the other for the new one, by a coin. So
nothing got worse, and both boards have the noise of a training that ends elsewhere. Then one policy of one task,
another in every pair, loses a share of its true value in every shop, by rollouts and by SNIPS.

A row of `results/studies/compare_alarms.csv` is 200 pairs with so many replicates and such a drop:

- `alarms`: pairs in which any row but the injected one is `worse beyond` (5 % of 200 are 10; more than 16 have a chance
  of 2 % there);
- `found`: pairs in which the true value of the injected policy is;
- `alarms_by_margin`, `found_by_margin`: the same of the two leaderboards alone, whose intervals count as independent;
- `dispersion`: the median over rows of the standard deviation of a paired difference, as a share of the value.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from rlbench_rec.results.comparison.judge import MinEffect, judge_pairs
from rlbench_rec.results.comparison.pairs import paired_row
from rlbench_rec.results.schema import RUNS, SCHEMA_VERSION, VERDICTS
from rlbench_rec.statistics.student import student_quantile
from studies.compare_pool import FILE as POOL
from studies.resumable import add_rows, made_already, read_rows

FILE = Path(__file__).resolve().parents[1] / "results" / "studies" / "compare_alarms.csv"
PAIRS = 200
REPLICATES = (5, 10, 20)
EFFECTS = (0.0, 0.1, 0.2, 0.3)
ROW = ("task", "algorithm", "variant")


def runs_of(pool: pd.DataFrame, shops: dict[str, np.ndarray], trainings: dict[str, np.ndarray]) -> pd.DataFrame:
    """The pool's rows of some shops of each task as runs.csv, each shop a replicate with one training.

    Args:
        pool: rows of the pool.
        shops: of every task.
        trainings: of every task, as many.
    """
    parts = []
    for task, numbers in shops.items():
        chosen = pd.DataFrame(
            {"task": task, "shop": numbers, "training": trainings[task], "replicate": range(len(numbers))}
        )
        parts.append(pool.merge(chosen, on=["task", "shop", "training"]))
    rows = pd.concat(parts, ignore_index=True)
    rows = rows.assign(dataset_sha256=rows["shop"].astype(str), seed=rows["replicate"], status="ok", metric="reward")
    text = dict.fromkeys((name for name, (kind, _) in RUNS.items() if kind == "text" and name not in rows), "")
    cells = {"schema_version": SCHEMA_VERSION, "run_id": "pool", "log": 0, "higher_is_better": True}
    return rows.assign(**text | cells | {"identification": "identified"}).reindex(columns=list(RUNS))


@dataclass(frozen=True)
class Draw:
    """Which shops of every task a pair of boards has, and which training of each is the old board's.

    Attributes:
        shops, first: task -> (replicates,).
    """

    shops: dict[str, np.ndarray]
    first: dict[str, np.ndarray]

    @classmethod
    def of(cls, tasks: Sequence[str], n_shops: int, replicates: int, rng: np.random.Generator) -> Draw:
        """Shops without replacement, trainings by a coin."""
        shops = {task: rng.permutation(n_shops)[:replicates] for task in sorted(tasks)}
        return cls(shops, {task: rng.integers(0, 2, replicates) for task in sorted(tasks)})

    def tables(self, pool: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Both boards as runs.csv."""
        second = {task: 1 - trainings for task, trainings in self.first.items()}
        return runs_of(pool, self.shops, self.first), runs_of(pool, self.shops, second)


@dataclass(frozen=True)
class Pool:
    """The pool as arrays.

    Attributes:
        keys: (rows,) names, as `schema.KEYS`.
        values, verdicts: (rows, shops, trainings); verdicts as places in `VERDICTS`.
        levels: (rows,) mean values.
        dispersion: see the top of the file.
    """

    keys: list[tuple[str, ...]]
    values: np.ndarray
    verdicts: np.ndarray
    levels: np.ndarray
    dispersion: float

    @classmethod
    def of(cls, table: pd.DataFrame) -> Pool:
        """From the rows of the file."""
        table = table.assign(verdict=table["verdict"].map(VERDICTS.index))
        wide = table.pivot_table(index=[*ROW, "estimator"], columns=["shop", "training"], values=["value", "verdict"])
        keys = [("", *map(str, key[:3]), "reward", str(key[3]), "") for key in wide.index]
        values, verdicts = (wide[name].to_numpy().reshape(len(keys), -1, 2) for name in ("value", "verdict"))
        truths = values[[key[5] == "truth" for key in keys]]
        spread = (truths[:, :, 1] - truths[:, :, 0]).std(axis=1, ddof=1) / np.abs(truths.mean(axis=(1, 2)))
        return cls(keys, values, verdicts, values.mean(axis=(1, 2)), float(np.median(spread)))

    @property
    def n_shops(self) -> int:
        """Shops of every task."""
        return int(self.verdicts.shape[1])

    def boards(self, drawn: Draw) -> Boards:
        """A pair of boards."""
        sides: list[list[np.ndarray]] = [[], []]
        worst: list[list[str]] = [[], []]
        for number, key in enumerate(self.keys):
            shops, first = drawn.shops[key[1]], drawn.first[key[1]]
            for side, training in enumerate((first, 1 - first)):
                sides[side].append(self.values[number, shops, training])
                worst[side].append(VERDICTS[int(self.verdicts[number, shops, training].max())])
        return Boards(self.keys, np.array(sides[0]), np.array(sides[1]), (worst[0], worst[1]))


@dataclass(frozen=True)
class Boards:
    """A pair of boards as arrays, which are quick; `tests/studies` shows that `compare` says the same of tables.

    Attributes:
        keys: (rows,) names, as `schema.KEYS`.
        old, new: (rows, replicates).
        verdicts: (old, new), the worst of each row.
    """

    keys: list[tuple[str, ...]]
    old: np.ndarray
    new: np.ndarray
    verdicts: tuple[list[str], list[str]]

    def with_drop(self, row: tuple[str, ...], loss: float) -> Boards:
        """The same where a policy earns so much less in every shop of its task."""
        is_row = np.array([key[1:4] == row for key in self.keys])
        return replace(self, new=self.new - loss * is_row[:, None])

    def worse_by_pairs(self) -> np.ndarray:
        """(rows,) whether `compare` of the runs says so."""
        replicates = np.arange(self.old.shape[1])
        zeros = np.zeros_like(replicates)
        rows = []
        for number, key in enumerate(self.keys):
            verdicts = (np.repeat(said[number], len(zeros)) for said in self.verdicts)
            lines = {"replicate": replicates, "log": zeros, "seed": zeros, "scale": np.abs(self.old[number])}
            lines |= dict(zip(("verdict_old", "verdict_new"), verdicts, strict=True))
            lines |= {"value_old": self.old[number], "value_new": self.new[number], "wanted": zeros == 0}
            rows.append(paired_row(key, lines | {"identification_new": np.repeat("identified", len(zeros))}))
        headline = frozenset(("", key[1], "reward", "truth") for key in self.keys)
        judged = judge_pairs([row for row in rows if row], headline, MinEffect(), must_repeat=False)
        return np.array([row.change == "worse beyond" for row in judged])

    def worse_by_margin(self) -> np.ndarray:
        """(rows,) whether `compare` of the leaderboards says so, whose intervals are mean -+ t s / sqrt(R)."""
        size = self.old.shape[1]
        quantile = student_quantile(0.975, size - 1) / np.sqrt(size)
        margin = quantile * np.hypot(*(values.std(axis=1, ddof=1) for values in (self.old, self.new)))
        claimed = [not a == b == "unreliable" for a, b in zip(*self.verdicts, strict=True)]
        return (self.old.mean(axis=1) - self.new.mean(axis=1) > margin) & np.array(claimed)


def measure(pool: Pool, replicates: int, effects: Sequence[float]) -> pd.DataFrame:
    """The rows of the table with so many replicates. Pairs are the same for every effect."""
    rng = np.random.default_rng([replicates, PAIRS])
    counts = np.zeros((len(effects), 4), dtype=int)
    is_truth = np.array([key[5] == "truth" for key in pool.keys])
    tasks = {key[1] for key in pool.keys}
    for _ in range(PAIRS):
        boards = pool.boards(Draw.of(sorted(tasks), pool.n_shops, replicates, rng))
        injected = int(rng.choice(np.flatnonzero(is_truth)))
        row = pool.keys[injected][1:4]
        is_row = np.array([key[1:4] == row for key in pool.keys])
        for number, effect in enumerate(effects):
            dropped = boards.with_drop(row, effect * abs(float(pool.levels[injected])))
            for place, worse in enumerate((dropped.worse_by_pairs(), dropped.worse_by_margin())):
                # Without a drop no row is left out of the alarms.
                alarm, found = worse & ~(is_row & (effect > 0)), worse & is_row & is_truth & (effect > 0)
                counts[number, 2 * place : 2 * place + 2] += [alarm.any(), found.any()]
    table = pd.DataFrame(counts, columns=["alarms", "found", "alarms_by_margin", "found_by_margin"])
    table = table.assign(replicates=replicates, effect=effects, pairs=PAIRS, dispersion=pool.dispersion)
    return table[["replicates", "effect", "pairs", *table.columns[:4], "dispersion"]]


def main() -> None:
    """Measure every design that the table lacks."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, default=FILE)
    out: Path = parser.parse_args().out
    pool = Pool.of(read_rows(POOL))
    there = made_already(out, ["replicates"])
    for replicates in REPLICATES:
        if (str(replicates),) not in there:
            add_rows(out, measure(pool, replicates, EFFECTS), digits=4)
    print(read_rows(out).to_string(index=False))


if __name__ == "__main__":
    main()
