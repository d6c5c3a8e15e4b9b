"""Do the intervals of several policies on one log hold all at once, and is the probability of being the best right?

    python -m studies.joint_intervals --out results/studies/joint_intervals.csv

Logs of small shops with known values are drawn, and four policies are compared on each as by `rlbench ope --target`.
Counted are logs on which all intervals hold (of values, of lifts, of the differences of all pairs), and all of trusted
lifts; logs on which a policy is called better that is not, or a pair told apart the wrong way; and, over all policies,
the squared error of P(best) beside that of a judge who knows nothing (1/4 each). Rows that the CSV has are not made
again. A script: importing it does nothing.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from rlbench_rec import ope
from rlbench_rec.ope.scorecard import Comparison, compare_policies

from .resumable import add_rows, made_already

LOGGING = np.array([0.4, 0.25, 0.15, 0.1, 0.1])
CHANCES = np.array([0.05, 0.06, 0.07, 0.09, 0.05])
EVEN = np.full(5, 0.2)
APART = [
    np.array([0.1, 0.2, 0.3, 0.3, 0.1]),
    EVEN,
    np.array([0.5, 0.2, 0.1, 0.1, 0.1]),
    np.array([0.3, 0.3, 0.1, 0.1, 0.2]),
]
NEAR = [EVEN + 0.01 * k * np.array([1.0, -1.0, 0.0, 0.0, 0.0]) for k in range(4)]
TIES = [APART[0], APART[0], EVEN, EVEN]
LOGGED_TOO = [LOGGING, *APART[:3]]
ROUNDING = 1e-12


@dataclass(frozen=True)
class Shop:
    """A shop and four policies.

    Attributes:
        policies: shares of the five items.
        rows: logged decisions.
        scale: of the chances that a decision earns something.
        sigma: of lognormal amounts; None: clicks.
        users: who make the decisions, and differ; None: everyone decides once.
    """

    policies: list[np.ndarray]
    rows: int = 3_000
    scale: float = 1.0
    sigma: float | None = None
    users: int | None = None

    def draw(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
        """Items, rewards and users."""
        items = rng.choice(5, self.rows, p=LOGGING)
        users = None if self.users is None else np.sort(rng.integers(0, self.users, self.rows))
        factors = 1.0 if users is None else (3.0 * rng.beta(1.0, 2.0, self.users))[users]
        happened = rng.random(self.rows) < self.scale * CHANCES[items] * factors
        amounts = 1.0 if self.sigma is None else rng.lognormal(0.0, self.sigma, self.rows)
        return items, happened * amounts, users

    @property
    def values(self) -> np.ndarray:
        """(5,) of the logging policy and the four."""
        amount = 1.0 if self.sigma is None else float(np.exp(self.sigma**2 / 2))
        return np.array([policy @ CHANCES for policy in (LOGGING, *self.policies)]) * self.scale * amount


SHOPS = {
    "clicks": Shop(APART),
    "nearly equal policies": Shop(NEAR),
    "ties": Shop(TIES),
    "what logged is one of them": Shop(LOGGED_TOO),
    "600 users": Shop(APART, scale=2.0, users=600),
    "60 users": Shop(APART, scale=2.0, users=60),
    "250 decisions": Shop(APART, rows=250, scale=5.0),
    "revenue": Shop(APART, sigma=1.0),
    "rare clicks": Shop(APART, scale=0.25),
}


@dataclass(frozen=True)
class Table:
    """What `compare_policies` needs of a table."""

    log: ope.EvaluationLog
    days: int | None = None

    def outcome(self, name: str) -> Any:
        """There are no further outcomes."""
        raise KeyError(name)


def compared(shop: Shop, rng: np.random.Generator) -> Comparison:
    """The four policies on one drawn log."""
    items, rewards, users = shop.draw(rng)
    tables = {
        str(number): Table(ope.EvaluationLog(rewards, LOGGING[items], policy[items], clusters=users))
        for number, policy in enumerate(shop.policies, start=1)
    }
    return compare_policies(tables)


def judged(comparison: Comparison, values: np.ndarray) -> list[float]:
    """What `COLUMNS` count of one log; NaN for trusted lifts where there are none."""

    def holds(estimate: Any, truth: float) -> bool:
        return bool(estimate.ci_low - ROUNDING <= truth <= estimate.ci_high + ROUNDING)

    true = {policy.name: values[int(policy.name)] for policy in comparison.policies}
    gains = {policy.name: holds(policy.lift, true[policy.name] - values[0]) for policy in comparison.policies}
    trusted = [gains[policy.name] for policy in comparison.policies if policy.lift.verdict == "trusted"]
    pairs = [(pair, true[pair.first] - true[pair.second]) for pair in comparison.differences]
    best = np.array([true[name] >= max(true.values()) - ROUNDING for name in true], dtype=float)
    chances = np.array([policy.candidate.p_best for policy in comparison.policies])
    return [
        all(holds(policy.candidate.estimate, true[policy.name]) for policy in comparison.policies),
        all(gains.values()),
        all(holds(pair.estimate, truth) for pair, truth in pairs),
        all(trusted) if trusted else np.nan,
        any(p.decision.outcome == "better" and true[p.name] <= values[0] + ROUNDING for p in comparison.policies),
        any(pair.shown and (pair.estimate.ci_low > 0) != (truth > ROUNDING) for pair, truth in pairs),
        float(np.square(chances - best / best.sum()).mean()),
        float(np.square(0.25 - best / best.sum()).mean()),
    ]


COLUMNS = ["shop", "logs", "values", "lifts", "differences", "trusted_lifts", "logs_with_trusted"]
COLUMNS += ["called_better_wrongly", "told_apart_wrongly", "p_best_error", "error_knowing_nothing"]


def main() -> None:
    """Make the rows that are missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("results/studies/joint_intervals.csv"))
    parser.add_argument("--logs", type=int, default=300)
    options = parser.parse_args()
    for number, (name, shop) in enumerate(SHOPS.items()):
        if (name,) in made_already(options.out, ["shop"]):
            continue
        rng = np.random.default_rng(number)
        table = np.array([judged(compared(shop, rng), shop.values) for _ in range(options.logs)], dtype=float)
        known = ~np.isnan(table[:, 3])
        shares = [
            *table[:, :3].mean(axis=0),
            float(table[known, 3].mean()),
            int(known.sum()),
            *table[:, 4:].mean(axis=0),
        ]
        add_rows(options.out, pd.DataFrame([[name, options.logs, *shares]], columns=COLUMNS), 3)
        print(name, *shares, flush=True)


if __name__ == "__main__":
    main()
