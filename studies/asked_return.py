"""What comes of asking a return-conditioned clone for more. Prints a table for docs/training.md.

    python -m studies.asked_return --task offers-v1 --shops 0 1 2 3 4 5

In each shop one log of 10,000 sessions by the behaviour policy; `rvs` is trained on three quarters of the training
side, its frontier is chosen on the last quarter and both are scored on the test side, beside their true values.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import NamedTuple

import torch

from rlbench_rec import evaluate, frontier, tasks, training
from rlbench_rec.policies import Policy
from rlbench_rec.tasks.base import Task
from rlbench_rec.training.validation import hold_out

VALIDATION = 0.25
PRECISION = 0.01


class Row(NamedTuple):
    """One shop and one quantile; lifts are relative to the behaviour policy's value."""

    shop: int
    quantile: float
    target: float
    behaviour: float
    truth: float
    estimate: float
    ci_low: float
    ci_high: float
    verdict: str
    step: str
    step_verdict: str
    step_truth: float


def asked(task_id: str, shop: int, quantile: float, algorithm: str, steps: int) -> Row:
    """Train, choose, score and play."""
    task = tasks.make(task_id, seed=shop, variant="judge")
    train, test = task.log(10_000, seed=shop + 1).split()
    run = training.fit(
        train, algorithm, loop="lean", steps=steps, validation=VALIDATION, seed=shop, config={"quantile": quantile}
    )
    policy = run.policy("stochastic")
    (estimate,) = evaluate(test, policy, ["snips"])
    _, validation = hold_out(train, VALIDATION)
    assert validation is not None, "a quarter is held out"
    traced = frontier.trace({algorithm: run.q_function()}, validation, frontier.LoggedBase(task.behaviour))
    lift = frontier.score(traced, test).lift
    chosen = traced.chosen
    return Row(
        shop,
        quantile,
        float(run.network().state_dict()["conditioned.wanted.target"]),
        _true(task, task.behaviour),
        _true(task, policy),
        estimate.value,
        estimate.ci_low,
        estimate.ci_high,
        estimate.verdict,
        f"{chosen.divergence:.2g} nats" if chosen else "behaviour",
        lift.verdict if chosen else "",
        0.0 if chosen is None else _true(task, traced.policy_of(chosen)) - _true(task, task.behaviour),
    )


def _true(task: Task, policy: Policy) -> float:
    return task.true_value(policy, relative_error=PRECISION, seed=9).value


def rows(options: argparse.Namespace) -> Iterator[Row]:
    """One for each shop and quantile."""
    for shop in options.shops:
        for quantile in options.quantiles:
            yield asked(options.task, shop, quantile, options.algorithm, options.steps)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--task", default="offers-v1")
    parser.add_argument("--algorithm", default="rvs")
    parser.add_argument("--shops", nargs="+", type=int, default=list(range(6)))
    parser.add_argument("--quantiles", nargs="+", type=float, default=[0.5, 0.9, 0.99])
    parser.add_argument("--steps", type=int, default=2_000)
    options = parser.parse_args()
    torch.set_num_threads(1)
    print(
        "| shop | quantile | asks for | behaviour | true | estimate | verdict | frontier | lift's verdict | true lift |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|")
    for row in rows(options):
        interval = f"{row.estimate:.3f} [{row.ci_low:.3f}, {row.ci_high:.3f}]"
        cells = (row.shop, row.quantile, f"{row.target:.2f}", f"{row.behaviour:.3f}", f"{row.truth:.3f}", interval)
        lift = f"{row.step_truth / row.behaviour:+.1%}" if row.step_verdict else "0"
        print("|", " | ".join(map(str, (*cells, row.verdict, row.step, row.step_verdict, lift))), "|", flush=True)


if __name__ == "__main__":
    main()
