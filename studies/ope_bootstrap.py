"""Does the bootstrap of groups of `rlbench_rec.ope` draw what that of every unit draws?

    OMP_NUM_THREADS=1 python studies/ope_bootstrap.py --out results/studies/ope_bootstrap.csv

Both resample the same log, the exact one every row of it, ten times with seeds (and groups) of their own. Their draws
of an estimator are compared by two-sample Kolmogorov-Smirnov tests, one for each time and one of all, by their spreads,
and by where their 95 % limits lie. `gaussian` is the contrast: no row is resampled, all is left to the central limit
theorem. A script, not an asv benchmark; it takes about two CPU minutes.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from rlbench_rec import ope
from rlbench_rec.ope.inference import Inference, MeasuredSample
from rlbench_rec.ope.inference.influence import LogParts, measure
from rlbench_rec.results.write import write_rows
from rlbench_rec.statistics import bootstrap

ESTIMATORS = ("ips", "snips", "dr")
FIELDS = (
    "setting",
    "rows",
    "method",
    "estimator",
    "draws",
    "ks",
    "p_value",
    "rejected",
    "spread",
    "low_apart",
    "high_apart",
)


def columns(n: int, deviation: float, share: float, seed: int = 0) -> ope.EvaluationLog:
    """Log-normal weights; rewards of 1 on a share of the rows, or exponential ones on all."""
    rng = np.random.default_rng(seed)
    weights = rng.lognormal(-(deviation**2) / 2, deviation, n)
    rewards = (rng.random(n) < share).astype(float) if share < 1 else rng.exponential(size=n)
    q = np.full(n, min(share, 1.0))
    return ope.EvaluationLog(rewards, np.full(n, 1e-9), weights * 1e-9, q, q)


SETTINGS: dict[str, tuple[int, Callable[[int], ope.EvaluationLog], int]] = {
    "clicks, deviation 1": (60_000, lambda n: columns(n, 1.0, 0.005), 10_000),
    "six clicks, deviation 1": (60_000, lambda n: columns(n, 1.0, 0.0001), 10_000),
    "clicks, deviation 2.5": (60_000, lambda n: columns(n, 2.5, 0.005), 10_000),
    "all rows skewed, deviation 1": (50_001, lambda n: columns(n, 1.0, 1.0), 10_000),
    "clicks, 300,000 rows": (300_000, lambda n: columns(n, 1.0, 0.005), 4_000),
    "clicks, 1M rows": (1_000_000, lambda n: columns(n, 1.0, 0.005), 3_000),
}
SEED, REPEATS = 20_261_123, 10


def gaussian_sums(units: list[np.ndarray], n_resamples: int, rng: np.random.Generator) -> list[np.ndarray]:
    """In place of resamples: sums over n draws by the central limit theorem alone."""
    columns = np.concatenate(units, axis=1)
    n, mean = len(columns), columns.mean(axis=0)
    # Of columns in units of their own spread; copies of each other must vary alike.
    spread = columns.std(axis=0) + (np.ptp(columns, axis=0) == 0)
    values, vectors = np.linalg.eigh(np.cov(((columns - mean) / spread).T, bias=True))
    root = (vectors * np.sqrt(np.maximum(values, 0.0))).T * spread
    sums = n * mean + np.sqrt(n) * rng.standard_normal((n_resamples, len(root))) @ root
    return np.split(sums, np.cumsum([table.shape[1] for table in units])[:-1], axis=1)


METHODS: dict[str, dict[str, Any]] = {
    "exact": {"EXACT_UNITS": 10**12},
    "groups": {},
    "gaussian": {"_resampled_sums": gaussian_sums},
}
"""What is replaced in the bootstrap."""


def draws(log: ope.EvaluationLog, count: int, seed: int, replaced: dict[str, Any]) -> list[np.ndarray]:
    """For each estimator: its values in resamples that are drawn with parts of the bootstrap replaced."""
    kept = {name: getattr(bootstrap, name) for name in replaced}
    for name, value in replaced.items():
        setattr(bootstrap, name, value)
    parts = LogParts(log, [ope.estimator(name) for name in ESTIMATORS])
    drawn = MeasuredSample(parts, measure(parts), Inference(n_resamples=count, seed=seed)).draws
    for name, value in kept.items():
        setattr(bootstrap, name, value)
    return drawn


def compared(name: str) -> list[dict[str, object]]:
    """Rows of the table of one setting."""
    from scipy.stats import ks_2samp

    n, make, count = SETTINGS[name]
    log = make(n)
    of_method = {
        method: [draws(log, count // REPEATS, SEED + 100 * at + time, replaced) for time in range(REPEATS)]
        for at, (method, replaced) in enumerate(METHODS.items())
    }
    rows = []
    for method in ("groups", "gaussian"):
        for at, estimator in enumerate(ESTIMATORS):
            unit = np.std(of_method["exact"][0][at])
            # Resamples that hold the same clicks are ties but for rounding.
            exact, other = ([np.round(one[at] / unit, 9) for one in of_method[which]] for which in ("exact", method))
            # Of ten tests at the level of 5 % half a one rejects where nothing differs.
            rejected = sum(ks_2samp(*pair, method="asymp").pvalue < 0.05 for pair in zip(exact, other, strict=True))
            exact, other = np.concatenate(exact), np.concatenate(other)
            test = ks_2samp(exact, other, method="asymp")
            apart = (np.quantile(other, (0.025, 0.975)) - np.quantile(exact, (0.025, 0.975))) / exact.std()
            figures = (test.statistic, test.pvalue, rejected, other.std() / exact.std(), *apart)
            values = (name, n, method, estimator, count, *(f"{one:.3g}" for one in figures))
            rows.append(dict(zip(FIELDS, values, strict=True)))
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--settings", nargs="*", choices=SETTINGS, default=list(SETTINGS))
    parser.add_argument("--out", type=Path, required=True, help="CSV")
    options = parser.parse_args()
    rows = []
    for name in options.settings:
        rows += compared(name)
        print(f"{name}: done", flush=True)
    write_rows(options.out, rows, FIELDS)


if __name__ == "__main__":
    main()
