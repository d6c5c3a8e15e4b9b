"""Do the 95 % intervals cover? Estimates of one target policy on many simulated logs of `recommend-v1`.

    python studies/recommend_coverage.py --logs 200 --episodes 2000 --out coverage.csv

The doubly robust estimators' q is `--q`: by default `linear`, cross-fitted by episode: fast, wrong in its shape, and
honest. A script, not an asv benchmark: importing it does nothing.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import get_args

import numpy as np

from rlbench_rec import ope, tasks
from rlbench_rec.evaluation.bridge import evaluation_log
from rlbench_rec.evaluation.q_models import QChoice, q_of
from rlbench_rec.results.write import write_rows

FIELDS = ("log_seed", "estimator", "q", "value", "ci_low", "ci_high", "truth", "covered", "ess", "verdict")
ESTIMATORS = ("ips", "snips", "dr", "sndr")
TRUTH_SEED = 1_000_003


def measure(options: argparse.Namespace) -> tuple[list[dict], tasks.TrueValue, float]:
    """Rows of all logs, the truth, and the median ESS."""
    task = tasks.make("recommend-v1", seed=options.seed)
    policy = task.target_policies()[options.policy]
    truth = task.true_value(policy, relative_error=options.relative_error, seed=TRUTH_SEED)
    rows, sizes = [], []
    for log_seed in range(1, options.logs + 1):
        data = task.log(options.episodes, seed=log_seed)
        log = evaluation_log(data, policy, ESTIMATORS, q=options.q, seed=log_seed)
        ess = ope.diagnose(log).ess
        sizes.append(ess)
        for estimate in ope.estimate_all(log, ESTIMATORS, seed=log_seed):
            rows.append(
                {
                    "log_seed": log_seed,
                    "estimator": estimate.estimator,
                    "q": q_of(estimate.estimator, data, options.q),
                    "value": estimate.value,
                    "ci_low": estimate.ci_low,
                    "ci_high": estimate.ci_high,
                    "truth": truth.value,
                    "covered": int(estimate.ci_low <= truth.value <= estimate.ci_high),
                    "ess": ess,
                    "verdict": estimate.verdict,
                }
            )
        print(f"\rlog {log_seed} of {options.logs}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return rows, truth, float(np.median(sizes))


def summary(rows: list[dict], truth: tasks.TrueValue, ess: float) -> list[str]:
    """The table: coverage with its own standard error, bias, RMSE, and how sharp the truth is beside the intervals."""
    lines = [
        f"truth {truth.value:.4f}, standard error {truth.std_error:.4f} ({truth.episodes} episodes)",
        f"median ESS {ess:.0f}",
        "estimator  coverage  (se)   bias     rmse    interval se  truth se / interval se",
    ]
    for name in dict.fromkeys(row["estimator"] for row in rows):
        of_name = [row for row in rows if row["estimator"] == name]
        covered = np.mean([row["covered"] for row in of_name])
        errors = np.array([row["value"] - row["truth"] for row in of_name])
        interval_error = np.mean([row["ci_high"] - row["ci_low"] for row in of_name]) / (2 * 1.96)
        lines.append(
            f"{name:9s}  {covered:8.3f}  {np.sqrt(covered * (1 - covered) / len(of_name)):.3f}  {errors.mean():+.4f}"
            f"  {np.sqrt(np.mean(errors**2)):.4f}  {interval_error:11.4f}  {truth.std_error / interval_error:.3f}"
        )
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--logs", type=int, default=200, help="simulated logs")
    parser.add_argument("--episodes", type=int, default=2_000, help="sessions a log")
    parser.add_argument("--seed", type=int, default=0, help="the shop")
    parser.add_argument("--policy", default="sharper", help="name among the task's target policies")
    parser.add_argument("--q", choices=get_args(QChoice), default="linear", help="of dr and sndr")
    parser.add_argument("--relative-error", type=float, default=0.0015, help="of the true value")
    parser.add_argument("--out", type=Path, help="CSV to write, a row for each log and estimator")
    options = parser.parse_args()
    rows, truth, ess = measure(options)
    print("\n".join(summary(rows, truth, ess)))
    if options.out:
        write_rows(options.out, rows, FIELDS)


if __name__ == "__main__":
    main()
