"""Do the 95 % intervals cover? Estimates of one evaluation policy on many simulated logs of `recommend-v1`.

    python studies/recommend_coverage.py --logs 200 --episodes 2000 --out coverage.csv

The doubly robust estimator's q is a ridge regression of the discounted return to go, cross-fitted by episode: simple,
wrong in its shape, and honest. A script, not an asv benchmark: importing it does nothing.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

from rlbench_rec import ope, tasks
from rlbench_rec.files import write_csv
from rlbench_rec.mdp import TransitionDataset
from rlbench_rec.policies import Policy

FIELDS = ("log_seed", "estimator", "value", "ci_low", "ci_high", "truth", "covered", "ess", "verdict")
TRUTH_SEED = 1_000_003
FOLDS = 2


def evaluation_log(data: TransitionDataset, policy: Policy) -> ope.EvaluationLog:
    """The log's vectors with the cross-fitted q."""
    states = data.states()
    matrix = policy.probabilities(states)
    q_logged, v_target = cross_fitted_ridge(data, states, matrix)
    return ope.EvaluationLog(
        rewards=data.rewards.astype(np.float64),
        propensities=data.propensities,
        target_propensities=matrix[np.arange(len(data)), data.actions],
        q_logged=q_logged,
        v_target=v_target,
        episode_starts=data.episode_starts,
        gamma=data.gamma,
    )


def cross_fitted_ridge(
    data: TransitionDataset, states: np.ndarray, matrix: np.ndarray, penalty: float = 1.0
) -> tuple[np.ndarray, np.ndarray]:
    """q(s, a) = w . s + b_a, fitted on the other fold's discounted returns to go; q of the logged action, and v.

    Args:
        data: the log.
        states: (n, state size).
        matrix: (n, A) the evaluation policy's probabilities.
        penalty: of the squared coefficients.
    """
    fold = np.repeat(np.arange(data.n_episodes) % FOLDS, data.episode_lengths)
    logged = np.hstack([states, np.eye(data.action_count)[data.actions]])
    expected = np.hstack([states, matrix])
    target = returns_to_go(data)
    q_logged, v_target = np.empty(len(data)), np.empty(len(data))
    for k in range(FOLDS):
        inside, outside = fold == k, fold != k
        x = logged[outside]
        weights = np.linalg.solve(x.T @ x + penalty * np.eye(x.shape[1]), x.T @ target[outside])
        q_logged[inside], v_target[inside] = logged[inside] @ weights, expected[inside] @ weights
    return q_logged, v_target


def returns_to_go(data: TransitionDataset) -> np.ndarray:
    """(n,) sum over the rest of the episode of gamma^u r, from each row on."""
    total = data.rewards.astype(np.float64)
    last = data.terminals
    # Longest first: after k passes a row holds k + 1 rewards, so the longest episode ends the loop.
    ahead = total.copy()
    for _ in range(int(data.episode_lengths.max()) - 1):
        ahead = np.where(last, 0.0, data.gamma * np.append(ahead[1:], 0.0))
        total = total + ahead
    return total


def measure(options: argparse.Namespace) -> tuple[list[dict], tasks.TrueValue, float]:
    """Rows of all logs, the truth, and the median ESS."""
    task = tasks.make("recommend-v1", seed=options.seed)
    policy = task.evaluation_policies()[options.policy]
    truth = task.true_value(policy, relative_error=options.relative_error, seed=TRUTH_SEED)
    rows, sizes = [], []
    for log_seed in range(1, options.logs + 1):
        log = evaluation_log(task.log(options.episodes, seed=log_seed), policy)
        ess = ope.diagnose(log).ess
        sizes.append(ess)
        for found in ope.estimate_all(log, ["ips", "snips", "dr", "sndr"], seed=log_seed):
            rows.append(
                {
                    "log_seed": log_seed,
                    "estimator": found.estimator,
                    "value": found.value,
                    "ci_low": found.ci_low,
                    "ci_high": found.ci_high,
                    "truth": truth.value,
                    "covered": int(found.ci_low <= truth.value <= found.ci_high),
                    "ess": ess,
                    "verdict": found.verdict,
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
        own = [row for row in rows if row["estimator"] == name]
        covered = np.mean([row["covered"] for row in own])
        errors = np.array([row["value"] - row["truth"] for row in own])
        interval_error = np.mean([row["ci_high"] - row["ci_low"] for row in own]) / (2 * 1.96)
        lines.append(
            f"{name:9s}  {covered:8.3f}  {np.sqrt(covered * (1 - covered) / len(own)):.3f}  {errors.mean():+.4f}"
            f"  {np.sqrt(np.mean(errors**2)):.4f}  {interval_error:11.4f}  {truth.std_error / interval_error:.3f}"
        )
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--logs", type=int, default=200, help="simulated logs")
    parser.add_argument("--episodes", type=int, default=2_000, help="sessions a log")
    parser.add_argument("--seed", type=int, default=0, help="the shop")
    parser.add_argument("--policy", default="sharper", help="name in the task's evaluation policies")
    parser.add_argument("--relative-error", type=float, default=0.0015, help="of the true value")
    parser.add_argument("--out", type=Path, help="CSV to write, a row for each log and estimator")
    options = parser.parse_args()
    rows, truth, ess = measure(options)
    print("\n".join(summary(rows, truth, ess)))
    if options.out:
        write_csv(options.out, rows, FIELDS)


if __name__ == "__main__":
    main()
