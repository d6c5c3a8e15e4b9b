"""Does a plan keep its promise? Logs and A/B tests of the planned size, and how many of them show the lift.

    python -m studies.plan_power --out results/studies/plan_power.csv

Each draw is a whole project: a pilot log is drawn, `ope.analysis` plans from it, and a new log, or an A/B test, of the
planned size is drawn and read as `rlbench ope` (normal interval) or Welch's test would. What the pilot does not know of
its own spread is therefore part of what came out. `assurance` draws the shop too, in which the same target policy is
worse or better: the mean of the probabilities that were given is held against the share of tests that succeeded.

Rows that the CSV has are not made again. A script: importing it does nothing.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import t as student

from rlbench_rec import ope
from rlbench_rec.ope.analysis import Guardrail, ab_test, claims_of, lifts, log_length
from rlbench_rec.ope.analysis.claims import Claims

from .resumable import add_rows, made_already

LOGGING, EVALUATED = np.array([0.7, 0.2, 0.1]), np.array([0.3, 0.3, 0.4])
CHANCES, POINTS = np.array([0.10, 0.12, 0.15]), np.array([4.0, 5.0, 9.0])
TOLERANCE = 0.012
COST = 0.08
"""Chance of a cost, whatever the item, unless a shop says otherwise."""
POWER = 0.8
COLUMNS = ["world", "what", "promised", "came_out", "std_error", "draws", "median_size", "lift"]


@dataclass(frozen=True)
class Shop:
    """Which of them: how much items differ in what they earn, and what the target policy costs.

    Attributes:
        contrast: between items, over that of the plan: the lift of `EVALUATED` is so many times the planned one.
        harm: by how much `EVALUATED` raises the chance of a cost.
    """

    contrast: float = 1.0
    harm: float = 0.0

    def of(self, items: np.ndarray) -> np.ndarray:
        """What items earn on average; under `LOGGING` it is the same in all shops."""
        mean = LOGGING @ items
        return mean + self.contrast * (items - mean)


@dataclass(frozen=True)
class Drawn:
    """Logged decisions: (n,) items, rewards and costs, and the user of each (None: everyone decides once)."""

    items: np.ndarray
    rewards: np.ndarray
    costs: np.ndarray | None = None
    users: np.ndarray | None = None

    def log(self, policy: np.ndarray) -> ope.EvaluationLog:
        """The log of a target policy."""
        metrics = None if self.costs is None else self.costs[:, None]
        shares = LOGGING[self.items], policy[self.items]
        return ope.EvaluationLog(self.rewards, *shares, clusters=self.users, metrics=metrics)


@dataclass(frozen=True)
class World:
    """A shop: who comes and what they do.

    Attributes:
        draw: (units, policy, shop, rng) -> decisions of so many units.
        pilot: units of the pilot log.
        lift: the true lift of `EVALUATED` in a shop of contrast 1.
        guardrails: what must not suffer.
        moves: whether in half of the shops the target policy moves the guardrail, by about the tolerance either way.
    """

    draw: Callable[[int, np.ndarray, Shop, np.random.Generator], Drawn]
    pilot: int
    lift: float
    guardrails: dict[str, Guardrail]
    moves: bool = False


def clicks(n: int, policy: np.ndarray, shop: Shop, rng: np.random.Generator) -> Drawn:
    """A reward of 1 with the chance of the item."""
    items = rng.choice(3, n, p=policy)
    return Drawn(items, (rng.random(n) < shop.of(CHANCES)[items]).astype(float))


def revenue(n: int, policy: np.ndarray, shop: Shop, rng: np.random.Generator) -> Drawn:
    """A purchase with the chance of the item, of a lognormal amount."""
    bought = clicks(n, policy, shop, rng)
    return Drawn(bought.items, bought.rewards * rng.lognormal(3.0, 1.0, n))


def by_users(n: int, policy: np.ndarray, shop: Shop, rng: np.random.Generator) -> Drawn:
    """1 + Poisson(4) decisions a user, whose own factor on all chances is between 0 and 3."""
    counts = 1 + rng.poisson(4.0, n)
    users = np.repeat(np.arange(n), counts)
    items = rng.choice(3, len(users), p=policy)
    factor = 3.0 * rng.beta(1.0, 2.0, n)
    return Drawn(items, (rng.random(len(users)) < shop.of(CHANCES)[items] * factor[users]).astype(float), None, users)


def guarded(n: int, policy: np.ndarray, shop: Shop, rng: np.random.Generator) -> Drawn:
    """Clicks, and a cost that goes with the same luck; only in shops with a harm does the third item change it."""
    items = rng.choice(3, n, p=policy)
    luck = rng.random(n)
    chances = np.maximum(COST + np.array([0.0, 0.0, shop.harm / (EVALUATED - LOGGING)[2]]), 0.0)
    # Half the sum of two uniform numbers is below x < 1/2 with the chance 2 x^2.
    costs = (0.5 * luck + 0.5 * rng.random(n) < np.sqrt(chances / 2.0)[items]).astype(float)
    return Drawn(items, (luck < shop.of(CHANCES)[items]).astype(float), costs)


def few(n: int, policy: np.ndarray, shop: Shop, rng: np.random.Generator) -> Drawn:
    """Satisfaction in points, on which one item makes a large difference: a dozen units will do."""
    items = rng.choice(3, n, p=policy)
    return Drawn(items, shop.of(POINTS)[items] + rng.normal(0.0, 1.0, n))


LIFT = float((EVALUATED - LOGGING) @ CHANCES)
GUARDRAIL = {"costs": Guardrail(0, TOLERANCE, lower_is_better=True)}
WORLDS = {
    "clicks": World(clicks, 8_000, LIFT, {}),
    "revenue": World(revenue, 8_000, LIFT * float(np.exp(3.5)), {}),
    "users": World(by_users, 2_000, LIFT, {}),
    "guarded": World(guarded, 8_000, LIFT, GUARDRAIL),
    "few": World(few, 1_000, float((EVALUATED - LOGGING) @ POINTS), {}),
    "moved": World(guarded, 8_000, LIFT, GUARDRAIL, moves=True),
}


def claims(world: World, pilot: Drawn) -> Claims:
    """What the pilot knows."""
    return claims_of(pilot.log(EVALUATED), world.lift, world.guardrails)


def shown_by_log(world: World, drawn: Drawn) -> bool:
    """Whether every claim is shown by off-policy estimates."""
    log = drawn.log(EVALUATED)
    good = lifts.lift(log, interval="normal").ci_low > 0
    return good and all(
        lifts.lift(log, metric=rail.outcome, interval="normal").ci_high < rail.tolerance
        for rail in world.guardrails.values()
    )


def shown_by_test(world: World, units: int, shop: Shop, rng: np.random.Generator) -> bool:
    """Whether every claim is shown by a test of so many units, half of them treated."""
    treated, control = world.draw(units // 2, EVALUATED, shop, rng), world.draw(units - units // 2, LOGGING, shop, rng)
    good = welch(treated, control, "rewards")[0] > 0
    return good and all(welch(treated, control, "costs")[1] < rail.tolerance for rail in world.guardrails.values())


def welch(treated: Drawn, control: Drawn, outcome: str) -> tuple[float, float]:
    """The 95 % interval of the difference of means; rows of one user are taken together (delta method)."""
    means, variances, counts = zip(*(arm(each, getattr(each, outcome)) for each in (treated, control)), strict=True)
    error = sum(variances)
    degrees = error**2 / sum(v**2 / (n - 1) for v, n in zip(variances, counts, strict=True)) if error > 0 else 1.0
    half = student.ppf(0.975, degrees) * np.sqrt(error)
    return means[0] - means[1] - half, means[0] - means[1] + half


def arm(drawn: Drawn, outcome: np.ndarray) -> tuple[float, float, int]:
    """Mean, squared standard error and units of an arm."""
    mean = float(outcome.mean())
    psi = outcome - mean
    if drawn.users is not None:
        psi = np.bincount(drawn.users, psi) / (len(psi) / (drawn.users[-1] + 1))
    return mean, float(np.square(psi).sum() / (len(psi) * (len(psi) - 1))), len(psi)


def projects(name: str, what: str, draws: int) -> Iterator[tuple[float, bool, float]]:
    """(promised probability, whether it came out, planned size) of each draw."""
    world = WORLDS[name]
    rng = np.random.default_rng([list(WORLDS).index(name), ["log", "test", "assurance"].index(what)])
    for _ in range(draws):
        shop = _drawn_shop(world, rng) if what == "assurance" else Shop()
        known = claims(world, world.draw(world.pilot, LOGGING, shop, rng))
        if what == "log":
            size = int(np.ceil(log_length(known, power=POWER).times * world.pilot))
            yield POWER, shown_by_log(world, world.draw(size, LOGGING, shop, rng)), size
            continue
        test = ab_test(known, power=POWER)
        size = int(np.ceil(test.units))
        yield (test.assurance if what == "assurance" else POWER), shown_by_test(world, size, shop, rng), size


def _drawn_shop(world: World, rng: np.random.Generator) -> Shop:
    """The policy is worse than what logged, or far better: as much either side of the lift (0.7 of the planned one) at
    which half of the tests succeed."""
    contrast = 0.7 + rng.uniform(-1.03, 1.03)
    moves = world.moves and rng.random() < 0.5
    return Shop(contrast, float(np.clip(rng.normal(0.0, TOLERANCE), -0.02, 0.04)) if moves else 0.0)


def main() -> None:
    """Make the rows that are missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("results/studies/plan_power.csv"))
    parser.add_argument("--draws", type=int, default=2_000)
    parser.add_argument("--worlds", nargs="+", choices=list(WORLDS), default=list(WORLDS))
    parser.add_argument("--what", nargs="+", choices=["log", "test", "assurance"], default=["log", "test", "assurance"])
    options = parser.parse_args()
    for name in options.worlds:
        for what in options.what:
            # No log of twenty rows is ever trusted, and power is that of guardrails that do not move.
            needless = (name, what) == ("few", "log") or (WORLDS[name].moves and what != "assurance")
            if needless or (name, what) in made_already(options.out, ["world", "what"]):
                continue
            promised, came_out, sizes = (
                np.array(column) for column in zip(*projects(name, what, options.draws), strict=True)
            )
            share = float(came_out.mean())
            error = float(np.std(came_out - promised) / np.sqrt(len(sizes)))
            row = [name, what, float(promised.mean()), share, error, len(sizes), float(np.median(sizes))]
            add_rows(options.out, pd.DataFrame([[*row, WORLDS[name].lift]], columns=COLUMNS), 4)
            print(*row, flush=True)


if __name__ == "__main__":
    main()
