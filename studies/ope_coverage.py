"""Do the intervals of `rlbench_rec.ope` cover? Every kind of interval on simulated logs whose true value is exact.

    python studies/ope_coverage.py --logs 2000 --out results/studies/ope_coverage.csv

At each step one of 41 actions z in [-5, 5] is taken: pi_b ~ exp(-z^2 / 2), pi_e ~ pi_b exp(s z), so that the standard
deviation of a log-weight is about s, split evenly over the steps. The reward has mean m(z) = level (1 + tanh(z) / 2);
the model's q is level (1 + .4 tanh(z)), plus its own value of the steps to come. A script, not an asv benchmark.
2,000 logs of all six settings take about two CPU hours; `--settings` and `--kinds` run a part and keep the other rows
of the table, `--jobs` spreads the logs over processes.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from rlbench_rec import ope
from rlbench_rec.ope.inference import INTERVALS, Inference, MeasuredSample
from rlbench_rec.ope.inference.influence import LogParts, measure
from rlbench_rec.ope.reliability.diagnostics import Verdicts
from rlbench_rec.ope.reliability.gate import Gate
from rlbench_rec.results.write import write_rows
from rlbench_rec.statistics.bootstrap import EXACT_UNITS

ACTIONS = np.linspace(-5, 5, 41)
GAMMA = 0.9
CONFIDENCE = 0.95
CONSISTENT = ("ips", "tis", "snips", "sntis", "dr", "sndr")
BIASED = ("dm", "ips-clip10", "switch-dr10", "dros10")
FINITE_SAMPLE = ("hoeffding", "bernstein", "betting", "betting-sequence")
BOUNDED = (*FINITE_SAMPLE, "cressie-read")
"""Kinds that need a known range of rewards and weights."""
LOWER = "lower-bound"
Outcome = tuple[float, float, str]
"""Lower limit, upper limit, verdict."""
KINDS = (*(kind for kind in INTERVALS if kind not in ("simultaneous", "none")), LOWER)
FIELDS = (
    "setting",
    "estimator",
    "interval",
    "interval_kind",
    "logs",
    "coverage",
    "standard_error",
    "too_low",
    "too_high",
    "mean_width",
    "trusted",
    "unreliable",
    "bar",
    "met",
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
        """Probabilities of the actions under the behaviour and the target policy."""
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


def chosen(setting: Setting) -> list[ope.Estimator]:
    """Estimators that differ in this setting: at one step tis is ips; the shrunken ones are not made for episodes."""
    names = [name for name in CONSISTENT if setting.steps > 1 or name not in ("tis", "sntis")]
    biased = [ope.estimator("dm"), ope.estimator("ips-clip", clip=10)]
    if setting.steps == 1:
        biased += [ope.estimator("switch-dr", threshold=10), ope.estimator("dros", shrinkage=10)]
    return [*map(ope.estimator, names), *biased]


def suited(kind: str, one: ope.Estimator, setting: Setting) -> bool:
    """Whether an estimator has that kind of interval. Biased ones are shown with the two that make most sense."""
    if one.biased:
        return kind in ("bootstrap", "normal")
    if kind == "studentised":
        return setting.rows // setting.steps <= EXACT_UNITS
    if kind == LOWER:
        return one.id in ("ips", "tis")
    if kind in BOUNDED:
        # The model is bounded like a reward on one-step logs only.
        return one.id in ("ips", "tis") or (one.id == "dr" and setting.steps == 1)
    return True


def outcomes(name: str, kinds: tuple[str, ...], n_resamples: int, seed: int) -> dict[tuple[str, str], Outcome]:
    """On one log, for each estimator and kind of interval: its limits and verdict."""
    setting = SETTINGS[name]
    log, estimators = setting.log(seed), chosen(setting)
    parts, inference = LogParts(log, estimators), Inference(confidence=CONFIDENCE, n_resamples=n_resamples, seed=seed)
    measured = measure(parts)
    verdicts = Verdicts(log, Gate())
    judged = {
        one.label: verdicts.of(one, found.value, found.skewness)[0]
        for one, found in zip(estimators, measured, strict=True)
    }
    # What is resampled once serves every kind.
    whole = MeasuredSample(parts, measured, inference)
    found = {}
    for kind in kinds:
        able = [at for at, one in enumerate(estimators) if suited(kind, one, setting)]
        if not able:
            continue
        if kind == LOWER:
            limits = [(ope.inference.lower_bound(log, estimators[at], confidence=CONFIDENCE), np.inf) for at in able]
        elif kind in ("bootstrap", "bca", "normal"):
            every = INTERVALS[kind](whole)
            limits = [every[at] for at in able]
        else:
            some = LogParts(log, [estimators[at] for at in able])
            limits = INTERVALS[kind](MeasuredSample(some, [measured[at] for at in able], inference))
        for at, limit in zip(able, limits, strict=True):
            label = estimators[at].label
            found[label, kind] = (*limit, judged[label])
    return found


def summary(name: str, label: str, kind: str, found: list[Outcome]) -> dict[str, object]:
    """One row of the table."""
    truth, logs = SETTINGS[name].true_value, len(found)
    low, high = (np.array(limits) for limits in list(zip(*found, strict=True))[:2])
    too_high, too_low = np.mean(low > truth), np.mean(high < truth)
    covered = 1 - too_high - too_low
    trusted, unreliable = (np.mean([verdict == word for *_, verdict in found]) for word in ("trusted", "unreliable"))
    biased = label in BIASED
    bar, met = judgement(name, kind, biased, round(covered * logs), logs, trusted)
    return {
        "setting": name,
        "estimator": label,
        "interval": kind,
        "interval_kind": "sampling-only" if biased else "sampling",
        "logs": logs,
        "coverage": f"{covered:.4f}",
        "standard_error": f"{np.sqrt(covered * (1 - covered) / logs):.4f}",
        "too_low": f"{too_low:.4f}",
        "too_high": f"{too_high:.4f}",
        "mean_width": f"{np.mean(high - low):.5g}",
        "trusted": f"{trusted:.3f}",
        "unreliable": f"{unreliable:.3f}",
        "bar": bar,
        "met": "yes" if met else "no",
    }


def judgement(name: str, kind: str, biased: bool, hits: int, logs: int, trusted: float) -> tuple[str, bool]:
    """What is asked of a row, and whether it holds."""
    never = ", never trusted" if "severe" in name else ""
    if kind in FINITE_SAMPLE or kind == LOWER:
        return f"99.9% limit >= 95%{never}", upper_limit(hits, logs) >= CONFIDENCE and not (never and trusted)
    if never or biased:
        return "never trusted", trusted == 0
    if kind == "cressie-read":
        # Its row that was not seen makes it cautious.
        return ">= 93%", hits / logs >= 0.93
    return "93-97%", 0.93 <= hits / logs <= 0.97


def upper_limit(hits: int, logs: int) -> float:
    """The 99.9 % upper confidence limit of a share, Clopper and Pearson 1934."""
    from scipy.special import betaincinv

    return 1.0 if hits == logs else float(betaincinv(hits + 1, logs - hits, 0.999))


def write(path: Path, rows: list[dict[str, object]]) -> None:
    """Rows into the table, in place of those of the same setting, estimator and interval."""

    def key(row: dict[str, object]) -> tuple[int, int, int]:
        labels = [*CONSISTENT, *BIASED]
        return [*SETTINGS].index(row["setting"]), labels.index(row["estimator"]), KINDS.index(row["interval"])

    table = {}
    if path.exists():
        with path.open(newline="", encoding="utf-8") as file:
            table = {key(row): row for row in csv.DictReader(file)}
    table |= {key(row): row for row in rows}
    write_rows(path, (table[at] for at in sorted(table)), FIELDS)


def page(path: Path) -> str:
    """Coverage in per cent as Markdown: a row for each setting and estimator, a column for each kind of interval."""
    with path.open(newline="", encoding="utf-8") as file:
        cells = {(row["setting"], row["estimator"], row["interval"]): row for row in csv.DictReader(file)}
    lines = [f"| setting | estimator | {' | '.join(KINDS)} |", "|---" * (len(KINDS) + 2) + "|"]
    for setting, estimator in dict.fromkeys(key[:2] for key in cells):
        found = (cells.get((setting, estimator, kind)) for kind in KINDS)
        shown = ("" if row is None else f"{100 * float(row['coverage']):.1f}" for row in found)
        lines.append(f"| {setting} | `{estimator}` | {' | '.join(shown)} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--logs", type=int, default=2_000, help="simulated logs a setting")
    parser.add_argument("--resamples", type=int, default=399, help="of a bootstrap")
    parser.add_argument("--settings", nargs="*", choices=SETTINGS, default=list(SETTINGS))
    parser.add_argument("--kinds", nargs="*", choices=KINDS, default=list(KINDS))
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--out", type=Path, required=True, help="CSV; rows that were not measured anew stay")
    parser.add_argument(
        "--show", action="store_true", help="print the table of that CSV for a page, and measure nothing"
    )
    options = parser.parse_args()
    if options.show:
        print(page(options.out))
        return
    for name in options.settings:
        one = partial(outcomes, name, tuple(options.kinds), options.resamples)
        found = defaultdict(list)
        with ProcessPoolExecutor(options.jobs) as pool:
            for of_log in pool.map(one, range(options.logs), chunksize=20):
                for key, outcome in of_log.items():
                    found[key].append(outcome)
        write(options.out, [summary(name, *key, of_key) for key, of_key in found.items()])
        print(f"{name}: done", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
