"""How far off are the parts of `rlbench_rec.ope` that choose or estimate something themselves, where truth is known?

    OMP_NUM_THREADS=1 python studies/ope_accuracy.py --out results/studies/ope_accuracy.csv

Bandwidths of kernels on eight shops with prices or bids, linear combinations on 16 kinds of logs, ratios of states in
sessions of up to 30 steps. The constants behind them (`HALF_WIDTH`, `SHRINKAGE`) were set on other seeds than these. A
script, not an asv benchmark; all of it takes about ten CPU minutes.
"""

from __future__ import annotations

import argparse
import csv
import itertools
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from rlbench_rec import ope
from rlbench_rec.ope.density import kernels
from rlbench_rec.results.write import write_rows

SEED = 20_261_123
"""First of all seeds."""
FIELDS = ("part", "setting", "method", "logs", "mean_error", "standard_error", "rmse", "over_best", "coverage")
Found = dict[str, list[float]]
"""For each method: its error on every log."""


def value(log: ope.EvaluationLog, name: str | ope.Estimator) -> float:
    return ope.estimate(log, name, interval="none").value


# --- bandwidths ---
CONTEXTS = np.array([-1.0, -0.5, 0.0, 0.5, 1.0])


@dataclass(frozen=True)
class Shop:
    """Prices or bids.

    Attributes:
        draw: (rng, contexts) -> (n,) actions and their densities.
        mean: (actions, contexts) -> (n,) mean rewards.
        target: contexts -> (n,) what the target policy asks.
        noise: standard deviation of the rewards; 0: rewards are the action, or the margin, if it is taken.
        bounds: of the actions.
    """

    draw: Callable[[np.random.Generator, np.ndarray], tuple[np.ndarray, np.ndarray]]
    mean: Callable[[np.ndarray, np.ndarray], np.ndarray]
    target: Callable[[np.ndarray], np.ndarray]
    noise: float
    bounds: tuple[float | None, float | None] = (None, None)

    @property
    def truth(self) -> float:
        return float(self.mean(self.target(CONTEXTS), CONTEXTS).mean())

    def columns(self, seed: int, n: int = 5_000) -> tuple[np.ndarray, ...]:
        """Rewards, actions, densities and target actions of a log."""
        rng = np.random.default_rng(seed)
        x = rng.choice(CONTEXTS, n)
        actions, densities = self.draw(rng, x)
        rewards = self.mean(actions, x) + self.noise * rng.normal(size=n)
        return rewards, actions, densities, self.target(x)


def uniform(low: float, high: float) -> Callable:
    return lambda rng, x: (rng.uniform(low, high, len(x)), np.full(len(x), 1 / (high - low)))


def humped(rng: np.random.Generator, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Beta(2, 2) stretched over [1, 5]."""
    share = rng.beta(2, 2, len(x))
    return 1 + 4 * share, 6 * share * (1 - share) / 4


def lognormal(rng: np.random.Generator, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Bids without an upper bound."""
    z = rng.normal(size=len(x))
    actions = np.exp(0.5 * x + 0.75 * z)
    return actions, np.exp(-0.5 * z**2) / (np.sqrt(2 * np.pi) * 0.75 * actions)


def heavy(rng: np.random.Generator, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Logarithms of bids, Student's t of 2 degrees of freedom: no bound on either side, and a heavy tail."""
    t = rng.standard_t(2, len(x))
    return x + t, 1 / (2 + t**2) ** 1.5


def curved(a: np.ndarray, x: np.ndarray) -> np.ndarray:
    return 10 - (a - 2.5 - x) ** 2


SHOPS = {
    "prices, curved": Shop(uniform(1, 5), curved, lambda x: 3 + 0.3 * x, 0.5, (1, 5)),
    "prices, curved and noisy": Shop(uniform(1, 5), curved, lambda x: 3 + 0.3 * x, 5.0, (1, 5)),
    "prices, wavy": Shop(uniform(0, 10), lambda a, x: np.sin(2 * a), lambda x: 4 + x, 1.0, (0, 10)),
    "prices, steep demand": Shop(
        uniform(1, 5), lambda a, x: a / (1 + np.exp(4 * (a - 3 - x))), lambda x: 2.5 + 0.5 * x, 1.0, (1, 5)
    ),
    "prices, at the bound": Shop(uniform(1, 5), curved, lambda x: np.full(len(x), 1.1), 0.5, (1, 5)),
    "prices, rarely asked": Shop(humped, curved, lambda x: np.full(len(x), 4.5), 1.0, (1, 5)),
    "bids, lognormal": Shop(
        lognormal, lambda a, x: (1 - np.exp(-a)) * (3 + x - a), lambda x: 1 + 0.3 * x, 1.0, (0, None)
    ),
    "bids, heavy tail": Shop(heavy, lambda a, x: np.tanh(2 * (a - x)), lambda x: 0.5 + 0.5 * x, 0.5),
}


def bandwidths(logs: int) -> Iterator[tuple[str, Found]]:
    """Errors of `snips` by every fixed bandwidth and by those that SLOPE chose with two half widths."""
    for number, (name, shop) in enumerate(SHOPS.items()):
        first = shop.columns(SEED)
        bounds = kernels._known(shop.bounds)
        grid, found = kernels._grid(first[1], *bounds), defaultdict(list)
        for seed in range(logs):
            columns = shop.columns(SEED + 1_000 * number + seed)
            for width in grid:
                found[f"{width:g}"].append(value(ope.density.kernel_log(*columns, width, bounds=shop.bounds), "snips"))
            for half in (1.0, 2.0):
                kernels.HALF_WIDTH = half
                log = ope.density.kernel_log(*columns, bounds=shop.bounds, grid=grid)
                found[f"slope, half width {half:g}"].append(value(log, "snips"))
        yield name, {method: [one - shop.truth for one in values] for method, values in found.items()}


# --- combinations ---
PARTS = ("ips", "snips", "dr", "sndr")


def weighted_log(seed: int, n: int, deviation: float, related: bool, model: float) -> tuple[ope.EvaluationLog, float]:
    """Log-normal weights; rewards that may go with them, and a model that knows a share of how."""
    rng = np.random.default_rng(seed)
    logs = rng.normal(-(deviation**2) / 2, deviation, n)
    slope, weights = (0.3 if related else 0.0), np.exp(logs)
    q, v = model * (1 + slope * logs), model * (1 + slope * deviation**2 / 2)
    rewards = 1 + slope * logs + 0.5 * rng.normal(size=n)
    log = ope.EvaluationLog(rewards, np.full(n, 1e-6), weights * 1e-6, q, np.full(n, v))
    return log, 1 + slope * deviation**2 / 2


def combinations(logs: int) -> Iterator[tuple[str, Found]]:
    """Errors of four estimators and of their combination, and its misses under `missed`."""
    kinds = itertools.product((500, 5_000), (0.5, 1.5), (True, False), (0.8, 0.0))
    for number, (n, deviation, related, model) in enumerate(kinds):
        found = defaultdict(list)
        for seed in range(logs):
            log, truth = weighted_log(SEED + 1_000 * (100 + number) + seed, n, deviation, related, model)
            one = ope.inference.combined(log, PARTS, n_resamples=500, seed=seed)
            for part in PARTS:
                found[part].append(value(log, part) - truth)
            estimate = ope.estimate(log, one, n_resamples=499, seed=seed)
            found["combined"].append(estimate.value - truth)
            found["missed"].append(float(not estimate.ci_low <= truth <= estimate.ci_high))
        words = f"{n} rows, log-weights {deviation}, rewards {'related' if related else 'apart'}, model {model}"
        yield words, found


# --- ratios of states ---
CHANCES = np.array([[[0.5, 0.5], [0.6, 0.4], [0.4, 0.6]], [[0.2, 0.8], [0.3, 0.7], [0.9, 0.1]]])
"""Chances to stay and to go on in each of three states in a ring, of the behaviour and of the target policy."""
WORTH, LEAVING, HORIZON, GAMMA = np.array([0.0, 1.0, 3.0]), 0.1, 30, 0.9


def sessions(seed: int, episodes: int = 1_000) -> tuple[ope.EvaluationLog, np.ndarray]:
    """A log of sessions that end by chance, at the latest after 30 steps, and the states."""
    rng = np.random.default_rng(seed)
    alive, state, rows = np.arange(episodes), rng.integers(0, 3, episodes), []
    for step in range(HORIZON):
        action = (rng.random(len(alive)) < CHANCES[0, state, 1]).astype(int)
        rows.append(np.stack([alive, np.full(len(alive), step), state, action]))
        stays = rng.random(len(alive)) >= LEAVING
        alive, state = alive[stays], ((state + action) % 3)[stays]
    table = np.concatenate(rows, axis=1)
    step, state, action = table[1:, np.lexsort(table[1::-1])]
    log = ope.EvaluationLog(
        WORTH[state] + rng.normal(size=len(state)),
        *CHANCES[:, state, action],
        episode_starts=np.flatnonzero(step == 0),
        gamma=GAMMA,
    )
    return log, state


def state_ratios(logs: int) -> Iterator[tuple[str, Found]]:
    """Errors of `mis` by true and by estimated ratios, and of estimators that know no states."""
    reached, values = np.full((2, 1, 3), 1 / 3), np.zeros(3)
    for _ in range(HORIZON - 1):
        stay, go = (CHANCES[:, :, action] * reached[:, -1] for action in range(2))
        reached = np.concatenate([reached, (1 - LEAVING) * (stay + np.roll(go, 1, axis=1))[:, None]], axis=1)
    for _ in range(HORIZON):
        ahead = CHANCES[1, :, 0] * values + CHANCES[1, :, 1] * np.roll(values, -1)
        values = WORTH + GAMMA * (1 - LEAVING) * ahead
    true, truth, found = reached[1] / reached[0], values.mean(), defaultdict(list)
    for seed in range(logs):
        log, states = sessions(SEED + 1_000_000 + seed)
        ratios = {"true": true[log.steps, states]}
        ratios |= {
            how: ope.density.state_ratios(log, states, how) for how in ("tabular", "stationary", "classification")
        }
        for how, of_states in ratios.items():
            found[f"mis, {how} ratios"].append(value(replace(log, state_ratios=of_states), "mis") - truth)
        for name in ("ips", "snips"):
            found[name].append(value(log, name) - truth)
    yield f"true value {truth:.4g}", found


# --- the table ---
def summary(part: str, setting: str, found: Found, fixed: Callable[[str], bool]) -> Iterator[dict[str, object]]:
    """A row for each method; `over_best` is its error over that of the best one that is fixed beforehand."""
    missed = found.pop("missed", None)
    errors = {method: np.sqrt(np.mean(np.square(values))) for method, values in found.items()}
    best = min(error for method, error in errors.items() if fixed(method) and np.isfinite(error))
    for method, values in found.items():
        shown = [np.mean(values), np.std(values) / np.sqrt(len(values)), errors[method], errors[method] / best]
        row = dict(zip(FIELDS, [part, setting, method, len(values), *(f"{one:.4g}" for one in shown)], strict=False))
        covered = method == "combined" and missed is not None
        yield row | {"coverage": f"{1 - np.mean(missed):.4g}" if covered else ""}


PARTS_OF_IT = {
    "bandwidth": (bandwidths, 400, lambda method: not method.startswith("slope")),
    "combination": (combinations, 128, lambda method: method != "combined"),
    "state ratios": (state_ratios, 500, lambda method: "true" in method),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--share", type=float, default=1.0, help="of the simulated logs")
    parser.add_argument("--parts", nargs="*", choices=PARTS_OF_IT, default=list(PARTS_OF_IT))
    parser.add_argument("--out", type=Path, required=True, help="CSV; rows of other parts are kept")
    options = parser.parse_args()
    rows = []
    if options.out.exists():
        with options.out.open(newline="", encoding="utf-8") as file:
            rows = [row for row in csv.DictReader(file) if row["part"] not in options.parts]
    for part in options.parts:
        run, logs, fixed = PARTS_OF_IT[part]
        for setting, found in run(max(2, round(logs * options.share))):
            rows += summary(part, setting, found, fixed)
            print(f"{part}: {setting}", flush=True)
    write_rows(options.out, rows, FIELDS)


if __name__ == "__main__":
    main()
