"""How rare may an outcome be for a plan to hold? And is a log of the planned length trusted?

    python -m studies.plan_rare --out results/studies/plan_rare.csv

`log` and `plan`: clicks, drawn as counts of (item, click or none). A pilot of so many plans for the true lift, by
`ope.analysis.log_length` (with skewness) or `ope.plan` (without); logs of the planned size are read by Student's
interval. `trust`: a pilot says how long a log must be for a trusted lift (`ope.scorecard.trusted_length`), and logs of
that length are judged by the gate. Rows that the CSV has are not made again. A script: importing it does nothing.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from rlbench_rec import ope
from rlbench_rec.ope.reliability.gate import Gate
from rlbench_rec.ope.scorecard.trusted_length import trusted_length
from rlbench_rec.statistics.power import joint_power, smallest_sample

from .resumable import add_rows, made_already

LOGGING, EVALUATED, BOLD = np.array([0.7, 0.2, 0.1]), np.array([0.3, 0.3, 0.4]), np.array([0.02, 0.03, 0.95])
GAIN, LOSS = np.array([0.10, 0.12, 0.15]), np.array([0.15, 0.12, 0.10])
PILOTS, LOGS, POWER = 400, 8, 0.8
COLUMNS = ["shop", "what", "pilot_events", "promised", "came_out", "std_error", "draws"]
Shop = Callable[[int, np.random.Generator], ope.EvaluationLog]


def lifts(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Lift of `EVALUATED` by snips, its standard error, skewness and fourth moment, of (logs, 6) counts."""
    weights, clicks = np.tile(EVALUATED / LOGGING, 2), np.repeat([1.0, 0.0], 3)
    rows = counts.sum(axis=1)
    mean = counts @ clicks / rows
    value = counts @ (weights * clicks) / (counts @ weights)
    scale = (counts @ weights / rows)[:, None]
    psi = weights * (clicks - value[:, None]) / scale - (clicks - mean[:, None])
    squares = (counts * psi**2).sum(axis=1)
    unit = psi / np.sqrt(squares / rows)[:, None]
    third, fourth = ((counts * unit**k).sum(axis=1) / rows for k in (3, 4))
    return value - mean, np.sqrt(squares / (rows * (rows - 1))), third, fourth


def rare(chances: np.ndarray, events: int, skewed: bool, rng: np.random.Generator) -> np.ndarray:
    """Share of logs of the planned size that show the lift, for each pilot."""
    lift, size = float((EVALUATED - LOGGING) @ chances), int(events / (LOGGING @ chances))
    cells = np.concatenate([LOGGING * chances, LOGGING * (1 - chances)])
    sign, shares = float(np.sign(lift)), []
    _, errors, third, fourth = lifts(rng.multinomial(size, cells, size=PILOTS).astype(float))
    for error, skewness, moment in zip(errors, sign * third, fourth, strict=True):

        def power(times: float, error: float = error, skewness: float = skewness, moment: float = moment) -> float:
            rows = times * size
            moments = np.array([[skewness / np.sqrt(rows)], [(moment - 1) / rows]]) if skewed else None
            shift = np.array([np.sqrt(times) * abs(lift) / error])
            return joint_power(shift, max(rows - 1.0, 1.0), np.eye(1), 0.95, None, moments)

        rows = int(np.ceil(smallest_sample(power, POWER, 2.0 / size) * size))
        found, spread, _, _ = lifts(rng.multinomial(rows, cells, size=LOGS).astype(float))
        shares.append(np.mean(sign * found > stdtrit(rows - 1, 0.975) * spread))
    return np.array(shares)


def shop(
    rate: float, amounts: Callable[[np.random.Generator, int], np.ndarray], policy: np.ndarray = EVALUATED
) -> Shop:
    """Purchases at about this rate, of some amounts; the third item sells best."""

    def draw(n: int, rng: np.random.Generator) -> ope.EvaluationLog:
        items = rng.choice(3, n, p=LOGGING)
        bought = rng.random(n) < rate * np.array([0.5, 1.0, 2.0])[items]
        return ope.EvaluationLog(bought * amounts(rng, n), LOGGING[items], policy[items])

    return draw


def by_users(n: int, rng: np.random.Generator) -> ope.EvaluationLog:
    """1 + Poisson(3) decisions of users who differ."""
    users = np.repeat(np.arange(n // 4), 1 + rng.poisson(3.0, n // 4))
    items = rng.choice(3, len(users), p=LOGGING)
    chances = 0.01 * 3.0 * rng.beta(1.0, 2.0, n // 4)[users]
    return ope.EvaluationLog((rng.random(len(users)) < chances) * 1.0, LOGGING[items], EVALUATED[items], clusters=users)


def ones(rng: np.random.Generator, n: int) -> np.ndarray:
    """Clicks."""
    return np.ones(n)


SHOPS: dict[str, tuple[int, Shop]] = {
    "clicks, 1 %": (4_000, shop(0.01, ones)),
    "clicks, 0.2 %": (20_000, shop(0.002, ones)),
    "clicks, a bold policy": (4_000, shop(0.01, ones, BOLD)),
    "lognormal 0.5": (6_000, shop(0.02, lambda rng, n: rng.lognormal(3.0, 0.5, n))),
    "lognormal 0.8": (6_000, shop(0.02, lambda rng, n: rng.lognormal(3.0, 0.8, n))),
    "users who differ": (8_000, by_users),
    "gamma amounts": (4_000, shop(0.02, lambda rng, n: rng.gamma(1.0, 10.0, n))),
    "three prices": (6_000, shop(0.01, lambda rng, n: rng.choice([5.0, 10.0, 40.0], n, p=[0.6, 0.3, 0.1]))),
    "a timid policy": (4_000, shop(0.01, ones, np.array([0.6, 0.25, 0.15]))),
    "lognormal 0.65": (6_000, shop(0.02, lambda rng, n: rng.lognormal(3.0, 0.65, n))),
    "lognormal 0.7": (6_000, shop(0.02, lambda rng, n: rng.lognormal(3.0, 0.7, n))),
    "lognormal 0.9": (6_000, shop(0.02, lambda rng, n: rng.lognormal(3.0, 0.9, n))),
    "Pareto 3.5": (6_000, shop(0.02, lambda rng, n: 1.0 + rng.pareto(3.5, n))),
    "lognormal 0.8, a bold policy": (6_000, shop(0.02, lambda rng, n: rng.lognormal(3.0, 0.8, n), BOLD)),
}
"""The margin for counts was chosen on shops like the first five; that for sizes has no constant to choose and was first
looked at on `lognormal 0.8`. The last four were drawn once both stood."""


def trusted(pilot: int, draw: Shop, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Whether each log of the planned length is trusted."""
    kept = []
    for _ in range(draws):
        needed = trusted_length(draw(pilot, rng), POWER, Gate())
        rows = int(np.ceil(needed * pilot)) if np.isfinite(needed) else 0
        kept.append(rows > 1 and ope.lift(draw(rows, rng), interval="none").verdict == "trusted")
    return np.array(kept, dtype=float)


def main() -> None:
    """Make the rows that are missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("results/studies/plan_rare.csv"))
    parser.add_argument("--draws", type=int, default=400, help="of pilots, for `trust`")
    options = parser.parse_args()

    def add(name: str, what: str, events: int, make: Callable[[np.random.Generator], np.ndarray]) -> None:
        if (name, what, str(events)) in {(a, b, str(c)) for a, b, c in made_already(options.out, COLUMNS[:3])}:
            return
        shares = make(np.random.default_rng([sum(map(ord, name + what)), events]))
        row = [name, what, events, POWER, float(shares.mean()), float(shares.std() / np.sqrt(len(shares))), len(shares)]
        add_rows(options.out, pd.DataFrame([row], columns=COLUMNS), 4)
        print(*row, flush=True)

    for side, chances in (("gain", GAIN), ("loss", LOSS)):
        for rate in (0.1, 0.01):
            for events in (50, 200, 1_000):
                for what in ("log", "plan"):
                    make = partial(rare, rate * chances, events, what == "log")
                    add(f"{side} at {10 * rate:g} %", what, events, make)
    for name, (pilot, draw) in SHOPS.items():
        add(name, "trust", 0, partial(trusted, pilot, draw, options.draws))


if __name__ == "__main__":
    main()
