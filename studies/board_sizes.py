"""How often do a board's limits hold the truth, and how often does it tell apart what is equal?

    OMP_NUM_THREADS=1 python -m studies.board_sizes

Boards are drawn, not run: four policies that are equally good, in tasks of different levels, with shops that differ by
20 for all policies and by 15 for one. Of `normal` scores that is all; `disasters` take 300 off one score in ten, as
greedy policies of diverging Qs do. A row of `results/studies/board_sizes.csv` is one kind of board:

- `iqm_covered`: share of the limits of interquartile means that hold that of infinitely many replicates of the tasks;
- `told_apart`: share of boards on which some pair lies beyond its critical difference (5 % wanted);
- `useful`: share of policies called useful that are no better than the best of the floor (5 % at most), of one task;
- `useful_by_luck`: the same of a policy that gains 30 more in nine shops of ten, and 270 less in the tenth, so that
  nothing is gained on average;
- `best_left_out`: share of boards on which tie group `a` leaves out a policy that is as good as any (5 % at most).
"""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd

from rlbench_rec.results.scores import Scores
from rlbench_rec.results.summary import Board, pairwise_table, summary_table
from rlbench_rec.results.ties import tie_groups
from rlbench_rec.statistics.aggregates import interquartile_mean
from rlbench_rec.statistics.paired import LEVEL, paired_gain
from studies.resumable import add_rows, made_already, read_rows

FILE = Path(__file__).resolve().parents[1] / "results" / "studies" / "board_sizes.csv"
POLICIES = tuple((name, "mlp/greedy") for name in ("bc", "cql", "dqn", "iql"))
KINDS = ("normal", "disasters")
DESIGNS = ((11, 10), (11, 5), (11, 3), (3, 10))
"""Tasks and replicates."""
BOARDS = 600
SHOPS, NOISE, DISASTER, SHARE = 20.0, 15.0, 300.0, 0.1


def draw(rng: np.random.Generator, kind: str, levels: np.ndarray, replicates: int) -> np.ndarray:
    """(policies, tasks, replicates) scores."""
    shape = (len(POLICIES), len(levels), replicates)
    scores = levels[:, None] + rng.normal(scale=SHOPS, size=shape[1:]) + rng.normal(scale=NOISE, size=shape)
    return scores - DISASTER * (rng.random(shape) < SHARE) * (kind == "disasters")


def measure(kind: str, tasks: int, replicates: int) -> dict[str, object]:
    """The row of one kind of board."""
    rng, levels = np.random.default_rng([tasks, replicates, KINDS.index(kind)]), np.linspace(0.0, 80.0, tasks)
    truth = float(interquartile_mean(draw(rng, kind, levels, 40_000)[0]))
    counts = dict.fromkeys(("iqm_covered", "told_apart", "useful", "useful_by_luck", "best_left_out"), 0.0)
    for _ in range(BOARDS):
        scores = draw(rng, kind, levels, replicates)
        board = board_of(scores)
        summary, pairs = summary_table(board, {}), pairwise_table(board)
        counts["iqm_covered"] += ((summary["iqm_low"] <= truth) & (truth <= summary["iqm_high"])).mean()
        counts["told_apart"] += (pairs["iqm_difference"].abs() > pairs["critical_difference"]).any()
        # The second is as good as the first, the others of the floor are far below.
        counts["useful"] += paired_gain(scores[0, 0] - scores[1, 0]).p < LEVEL
        lost = rng.random(replicates) < SHARE
        counts["useful_by_luck"] += paired_gain(scores[0, 0] - scores[1, 0] + DISASTER * (SHARE - lost)).p < LEVEL
        counts["best_left_out"] += first_left_out(scores[:, 0])
    return {"scores": kind, "tasks": tasks, "replicates": replicates} | {
        name: count / BOARDS for name, count in counts.items()
    }


def board_of(scores: np.ndarray) -> Board:
    """A board of drawn scores."""
    tasks = tuple(f"task-{number}" for number in range(scores.shape[1]))
    by_policy = dict(zip(POLICIES, scores, strict=True))
    return Board(Scores(by_policy, tasks, (scores.shape[2],) * len(tasks), "replicates"), n_resamples=500)


def first_left_out(scores: np.ndarray) -> bool:
    """Whether `a` leaves out the first of (policies, replicates) scores."""
    rows = pd.DataFrame(POLICIES, columns=["algorithm", "variant"]).assign(mean=scores.mean(axis=1))
    rows["units"] = [dict(enumerate(of)) for of in scores.tolist()]
    rows["numbers"] = [tuple(of) for of in scores.tolist()]
    rows = rows.assign(higher_is_better=True).sort_values("mean", ascending=False)
    letters = dict(zip(rows["algorithm"], tie_groups(rows), strict=True))
    return letters[POLICIES[0][0]] != "a"


def main() -> None:
    """Measure every kind of board that the table lacks."""
    there = made_already(FILE, ["scores", "tasks", "replicates"])
    for kind, design in product(KINDS, DESIGNS):
        if (kind, *map(str, design)) not in there:
            add_rows(FILE, pd.DataFrame([measure(kind, *design)]), digits=4)
    print(read_rows(FILE).to_string(index=False))


if __name__ == "__main__":
    main()
