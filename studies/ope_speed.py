"""Is `rlbench_rec.ope` as fast and as lean as docs/performance.md says, and does its cost grow with the rows alone?

    OMP_NUM_THREADS=1 python -m studies.ope_speed --out results/studies

Writes ope_speed.csv (the limits, CPU seconds of one thread, extra memory) and ope_growth.csv with its plot. A script,
not an asv benchmark: its largest log has 10M rows and takes 3 GB of memory.
"""

from __future__ import annotations

import argparse
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.bench_ope import ONE_STEP, columns
from rlbench_rec import ope
from rlbench_rec.figure_style import LABEL, MARKERS, dress, finish
from rlbench_rec.figures import PALETTE, image, image_format, new_figure, show_as_written
from rlbench_rec.results.write import write_rows

SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
MILLION = 1_000_000


def seconds(work: Callable[[], object], repeats: int = 7) -> float:
    """CPU seconds, the least of several runs: other work on the machine, in the shared caches, only adds to them."""
    taken = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return min(taken)


def megabytes(work: Callable[[], object]) -> float:
    """Memory that the work takes at its peak, its results included, inputs not."""
    tracemalloc.start()
    work()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 1e6


def ten(given: dict[str, np.ndarray], **settings: object) -> list[ope.Estimate]:
    """The ten one-step estimators with standard errors and verdicts."""
    return ope.estimate_all(ope.EvaluationLog(**given), ONE_STEP, **({"interval": "none"} | settings))


def episodes(n_rows: int, steps: int = 10) -> dict[str, np.ndarray]:
    """Columns of a log of episodes."""
    return columns(n_rows) | {"episode_starts": np.arange(0, n_rows, steps), "gamma": 0.9}


def four(given: dict[str, np.ndarray]) -> list[ope.Estimate]:
    """Four estimators of episodes."""
    return ope.estimate_all(ope.EvaluationLog(**given), ["ips", "tis", "dr", "sndr"], interval="none")


def dense(dtype: str = "float64", actions: int = 80) -> Callable[[], object]:
    """1M rows of whole policy and q matrices: slicing, checking, estimating."""
    rng = np.random.default_rng(0)
    policy = rng.random((MILLION, actions), dtype=np.float32).astype(dtype)
    policy /= policy.sum(axis=1, keepdims=True)
    q = rng.random((MILLION, actions), dtype=np.float32).astype(dtype)
    taken, rewards = rng.integers(0, actions, MILLION), (rng.random(MILLION) < 0.05).astype(float)
    propensities = np.full(MILLION, 1 / actions)

    def work() -> None:
        log = ope.EvaluationLog.from_arrays(taken, rewards, propensities, policy, q)
        ope.estimate_all(log, ONE_STEP, interval="none")

    return work


def limits() -> list[dict[str, object]]:
    """Every limit with what was measured."""
    given = columns(MILLION)
    rows = [
        ("ten one-step estimators, 1M rows", "CPU s", 0.2, seconds(lambda: ten(given))),
        (
            "10,000 joint bootstrap resamples of the ten, 1M rows",
            "CPU s",
            15,
            seconds(lambda: ten(given, interval="bootstrap", n_resamples=10_000), 3),
        ),
    ]
    of_episodes = episodes(MILLION)
    rows.append(("ips, tis, dr, sndr on 100,000 episodes x 10", "CPU s", 0.2, seconds(lambda: four(of_episodes))))
    work = dense()
    rows.append(("the ten from dense 1M x 80 float64", "CPU s", 0.8, seconds(work)))
    rows.append(("extra memory of that", "MB", 64, megabytes(work)))
    return [
        {"what": what, "unit": unit, "limit": limit, "measured": f"{found:.3g}"} for what, unit, limit, found in rows
    ]


def growth(sizes: tuple[int, ...]) -> list[dict[str, object]]:
    """CPU seconds of several works as logs grow."""
    rows = []
    for n in sizes:
        given, of_episodes, repeats = columns(n), episodes(n), 3 if n <= MILLION else 1
        bounded = given | {"reward_range": (0, 1), "weight_bound": 100.0}
        works = {
            "ten estimators": lambda given=given: ten(given),
            "bootstrap, 1,000 resamples": lambda given=given: ten(given, interval="bootstrap", n_resamples=1_000),
            "episodes of 10 steps, four estimators": lambda given=of_episodes: four(given),
            "sensitivity band": lambda given=given: ope.analysis.sensitivity(ope.EvaluationLog(**given), (1.5,)),
            "lower bound": lambda given=given: ope.inference.lower_bound(ope.EvaluationLog(**given)),
            "betting interval": lambda given=bounded: ope.estimate(
                ope.EvaluationLog(**given), "ips", interval="betting"
            ),
        }
        for work, run in works.items():
            rows.append({"work": work, "rows": n, "cpu_s": f"{seconds(run, repeats):.4g}"})
    return rows


def plot(rows: list[dict[str, object]], path: Path) -> None:
    """Seconds over rows, both logarithmic, beside a line that grows with the rows."""
    figure = new_figure(7.5, 4.2)
    axis = figure.subplots()
    works = list(dict.fromkeys(str(row["work"]) for row in rows))
    for number, work in enumerate(works):
        at = [(float(row["rows"]), float(row["cpu_s"])) for row in rows if row["work"] == work]
        colour, marker = PALETTE[number % len(PALETTE)], MARKERS[number % len(MARKERS)]
        axis.loglog(*zip(*at, strict=True), marker=marker, markersize=4, color=colour, label=work)
    sizes = sorted({float(row["rows"]) for row in rows})
    axis.loglog(sizes, [size * 1e-7 for size in sizes], color="grey", linestyle=":", label="0.1 µs a row")
    axis.set_xlabel("rows", fontsize=LABEL)
    axis.set_ylabel("CPU seconds, one thread", fontsize=LABEL)
    dress(axis)
    finish(figure, growth_message(rows, works), columns=3)
    show_as_written(figure)
    path.write_bytes(image(figure, image_format(path)))


def growth_message(rows: list[dict[str, object]], works: list[str]) -> str:
    """How fast the works grow: times the seconds for ten times the rows, from the second largest log to the largest."""
    factors = []
    for work in works:
        at = sorted((float(row["rows"]), float(row["cpu_s"])) for row in rows if row["work"] == work)
        if len(at) > 1:
            (fewer, less), (more, longer) = at[-2:]
            factors.append(10 ** (np.log(longer / less) / np.log(more / fewer)))
    if not factors:
        return "CPU seconds over rows"
    return f"Ten times the rows take {min(factors):.0f} to {max(factors):.0f} times the CPU seconds"


def write(path: Path, rows: list[dict[str, object]]) -> None:
    """A CSV of rows."""
    write_rows(path, rows, list(rows[0]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--largest", type=int, default=SIZES[-1], help="rows of the largest log")
    parser.add_argument("--out", type=Path, required=True, help="folder for the tables and the plot")
    options = parser.parse_args()
    write(options.out / "ope_speed.csv", limits())
    rows = growth(tuple(size for size in SIZES if size <= options.largest))
    write(options.out / "ope_growth.csv", rows)
    plot(rows, options.out / "ope_growth.svg")


if __name__ == "__main__":
    main()
