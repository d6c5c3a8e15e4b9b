"""Do the intervals of `rlbench_rec.ope` cover? Kinds of interval on simulated logs whose true value is exact.

    python benchmarks/coverage_ope.py --logs 2000 --out docs/ope_coverage.csv

At each step one of 41 actions z in [-5, 5] is taken: pi_b ~ exp(-z^2 / 2), pi_e ~ pi_b exp(s z), so that the standard
deviation of a log-weight is about s, split evenly over the steps. The reward has mean m(z) = level (1 + tanh(z) / 2);
the model's q is level (1 + .4 tanh(z)), plus its own value of the steps to come. A script, not an asv benchmark.
"""

from __future__ import annotations

import argparse
import csv
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rlbench_rec import ope

ACTIONS = np.linspace(-5, 5, 41)
GAMMA = 0.9
ESTIMATORS = ("ips", "snips", "dr", "sndr")
BOUNDED = ("ips", "dr")
KINDS = ("bootstrap", "bca", "normal", "bernstein")
FIELDS = (
    "setting",
    "estimator",
    "interval",
    "logs",
    "coverage",
    "standard_error",
    "mean_width",
    "trusted",
    "unreliable",
)


@dataclass(frozen=True)
class Setting:
    """One kind of log: its rows, steps an episode, log-weight deviation, and whether rewards are rare clicks."""

    rows: int
    steps: int
    deviation: float
    sparse: bool

    @property
    def level(self) -> float:
        """Mean reward of a neutral action."""
        return 0.005 if self.sparse else 1.0

    @property
    def policies(self) -> tuple[np.ndarray, np.ndarray]:
        """Probabilities of the actions under the logging and the evaluated policy."""
        behaviour = np.exp(-(ACTIONS**2) / 2)
        target = behaviour * np.exp(self.deviation / np.sqrt(self.steps) * ACTIONS)
        return behaviour / behaviour.sum(), target / target.sum()

    @property
    def true_value(self) -> float:
        """sum_t gamma^t E_pi_e[m]."""
        mean = self.policies[1] @ (self.level * (1 + np.tanh(ACTIONS) / 2))
        return float(mean * (GAMMA ** np.arange(self.steps)).sum())

    def log(self, seed: int) -> ope.EvaluationLog:
        """A simulated log."""
        rng = np.random.default_rng([seed, self.rows, self.steps])
        behaviour, target = self.policies
        taken = rng.choice(len(ACTIONS), self.rows, p=behaviour)
        means = self.level * (1 + np.tanh(ACTIONS[taken]) / 2)
        noise = rng.random(self.rows)
        rewards = (noise < means).astype(float) if self.sparse else means + 0.5 * (2 * noise - 1)
        q = self.level * (1 + 0.4 * np.tanh(ACTIONS))
        # What the model thinks the remaining steps are worth.
        later = np.array([(GAMMA ** np.arange(1, left)).sum() for left in range(self.steps, 0, -1)]) * (target @ q)
        later = np.tile(later, self.rows // self.steps)
        return ope.EvaluationLog(
            rewards,
            behaviour[taken],
            target[taken],
            q[taken] + later,
            np.full(self.rows, target @ q) + later,
            None if self.steps == 1 else np.arange(0, self.rows, self.steps),
            gamma=GAMMA,
            reward_range=(0.0, 1.0 if self.sparse else 2.0),
            weight_bound=float((target / behaviour).max()) ** self.steps,
        )


SETTINGS = {
    "bandit, dense, mild": Setting(10_000, 1, 1.0, False),
    "bandit, sparse, mild": Setting(100_000, 1, 1.0, True),
    "episodes, dense, mild": Setting(10_000, 5, 1.0, False),
    "episodes, sparse, mild": Setting(100_000, 5, 1.0, True),
    "bandit, dense, severe": Setting(10_000, 1, 2.5, False),
    "episodes, dense, severe": Setting(10_000, 5, 2.5, False),
}


def measure(setting: Setting, logs: int, n_resamples: int) -> dict[tuple[str, str], list[ope.Estimate]]:
    """For each estimator and kind of interval: its estimates on every log."""
    found: dict[tuple[str, str], list[ope.Estimate]] = {}
    for seed in range(logs):
        log = setting.log(seed)
        for kind in KINDS:
            # The model is bounded like a reward on one-step logs only.
            names = ESTIMATORS if kind != "bernstein" else BOUNDED if setting.steps == 1 else ("ips",)
            for estimate in ope.estimate_all(log, names, interval=kind, n_resamples=n_resamples, seed=seed):
                found.setdefault((estimate.estimator, kind), []).append(estimate)
    return found


def summary(name: str, setting: Setting, found: dict[tuple[str, str], list[ope.Estimate]]) -> list[dict[str, object]]:
    """One row for each estimator and kind of interval."""
    rows = []
    for (estimator, kind), estimates in found.items():
        covered = np.mean([one.ci_low <= setting.true_value <= one.ci_high for one in estimates])
        rows.append(
            {
                "setting": name,
                "estimator": estimator,
                "interval": kind,
                "logs": len(estimates),
                "coverage": f"{covered:.4f}",
                "standard_error": f"{np.sqrt(covered * (1 - covered) / len(estimates)):.4f}",
                "mean_width": f"{np.mean([one.ci_high - one.ci_low for one in estimates]):.5g}",
                "trusted": f"{np.mean([one.verdict == 'trusted' for one in estimates]):.3f}",
                "unreliable": f"{np.mean([one.verdict == 'unreliable' for one in estimates]):.3f}",
            }
        )
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--logs", type=int, default=2_000, help="simulated logs a setting")
    parser.add_argument("--resamples", type=int, default=400, help="of a bootstrap")
    parser.add_argument("--settings", nargs="*", choices=SETTINGS, default=list(SETTINGS))
    parser.add_argument("--out", type=Path, help="CSV to write; else standard output")
    options = parser.parse_args()
    rows = []
    for name in options.settings:
        rows += summary(name, SETTINGS[name], measure(SETTINGS[name], options.logs, options.resamples))
        print(f"{name}: done", file=sys.stderr, flush=True)
    file = options.out.open("w", newline="", encoding="utf-8") if options.out else sys.stdout
    writer = csv.DictWriter(file, FIELDS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    if options.out:
        file.close()


if __name__ == "__main__":
    main()
