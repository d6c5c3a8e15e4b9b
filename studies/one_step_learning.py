"""How large must a log of one-step decisions be, until a policy that is learnt on it is truly worth more than the one
that logged it?

    OMP_NUM_THREADS=1 python -m studies.one_step_learning

Two shops of `recommend-myopic` of one decision a session, whose true values are exact: a dense one, and one as sparse
as Open Bandit (four clicks in a thousand, 80 actions). `train` shops choose the learners' `caution`, `judge` shops show
what it is worth. Then the six logs of the Open Bandit sample, half to learn from and half to be valued on. Cells that
are in the table already are left alone, so that a run may be stopped.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import torch
from scipy import stats

from rlbench_rec import ope, tasks, training
from rlbench_rec.evaluation.bridge import evaluation_log
from rlbench_rec.mdp.dataset import TransitionDataset
from rlbench_rec.ope.analysis.lifts import paired
from rlbench_rec.policies import Policy
from rlbench_rec.results.write import write_rows
from rlbench_rec.suite.config import Source
from rlbench_rec.suite.sources import load
from rlbench_rec.tasks import Task
from rlbench_rec.training.learners.candidate_policies import ALL, CandidatePolicy, candidate_policies
from rlbench_rec.training.learners.choice_of_policy import choose, logged_log_probabilities
from studies.resumable import read_rows

OUT = Path("results/studies/one_step_learning.csv")
SHOPS: dict[str, dict[str, Any]] = {
    "dense": {},
    "sparse": {
        "items": 80,
        "categories": 20,
        "appeal_spread": 0.5,
        "click_base": -6.05,
        "cart_reward": 0.0,
        "purchase_reward": 0.0,
    },
}
ROWS = {"dense": (1_000, 3_000, 10_000), "sparse": (3_000, 30_000, 100_000)}
SEEDS = {"train": (0, 1), "judge": (0, 1, 2)}
Q_LEARNERS = ("dqn", "cql")
LEARNERS = ("ips-learner", *Q_LEARNERS, "dr-learner", "poem", "weighted-likelihood")
"""Without `reinforce`, whose gradient is that of `ips-learner`."""
CAUTIONS = (0.0, 1.0, 2.0)
CHOSEN_BY = "ips-learner"
"""Whose `caution` the train shops choose, for all."""
CAUTION = 2.0
"""The default."""
STEPS = 600
SAMPLES = tuple(
    f"open-bandit-sample/{policy}-{part}" for policy in ("random", "bts") for part in ("all", "men", "women")
)
KEYS = ("where", "variant", "shop", "rows", "learner")


def of_shop(kind: str, variant: Literal["train", "judge"], seed: int, rows: int, learner: str) -> list[dict[str, Any]]:
    """True values of what a learner makes of one log of a shop, as multiples of the behaviour policy's."""
    task = tasks.make("recommend-myopic-v1", seed=seed, variant=variant, horizon=1, **SHOPS[kind])
    data = task.log(rows, seed=100 + seed)
    cell = dict(zip(KEYS, (kind, variant, seed, rows, learner), strict=True)) | {
        "clicks": int((data.rewards > 0).sum())
    }
    return [cell | values for values in _values(task, data, learner)]


def _values(task: Task, data: TransitionDataset, learner: str) -> Iterator[dict[str, Any]]:
    served = task.true_value(task.behaviour).value

    def lift(policy: Policy) -> float:
        return round(task.true_value(policy).value / served - 1.0, 4)

    run = training.fit(data, learner, loop="lean", steps=STEPS, device="cpu")
    if learner in Q_LEARNERS:
        yield {"caution": None, "kept": "greedy", "lift": lift(run.policy("greedy")), "greedy_lift": None}
        return
    network, members = run.network(), candidate_policies(run.config, run.layout)
    trained = training.validation.hold_out(data, 0.1)[0]
    logged = logged_log_probabilities(network.scores, trained, network.device)
    for caution in CAUTIONS:
        kept = choose(members, logged, trained, caution) or CandidatePolicy("none", 1.0, ALL)
        network.kept.fill_(members.index(kept))
        values = {"lift": lift(run.policy("stochastic")), "greedy_lift": lift(run.policy("greedy"))}
        yield {"caution": caution, "kept": f"{kept.tilt} {kept.imitation:g}"} | values


def of_sample(name: str, learner: str) -> list[dict[str, Any]]:
    """The lift on the test half of an Open Bandit log, with its interval and verdict."""
    loaded = load(Source(dataset=name, mdp={"train_fraction": 0.5, "gamma": 0.0}))
    cell = dict(zip(KEYS, (name, "log", 0, len(loaded.train), learner), strict=True))
    run = training.fit(loaded.train, learner, loop="lean", steps=STEPS, device="cpu")
    policy = run.policy("greedy" if learner in Q_LEARNERS else "stochastic")
    log = evaluation_log(loaded.test, policy, ["snips"], behaviour=loaded.behaviour)
    estimate = ope.estimate(log, paired(ope.estimator("snips")), seed=0)
    mean = float(loaded.test.rewards.mean())
    shares = {name: round(number / mean, 4) for name, number in _numbers(estimate).items()}
    kept = "greedy" if learner in Q_LEARNERS else _kept(run)
    return [cell | {"clicks": int(loaded.train.rewards.sum()), "kept": kept} | shares | {"verdict": estimate.verdict}]


def _numbers(estimate: ope.Estimate) -> dict[str, float]:
    return {"lift": estimate.value, "ci_low": estimate.ci_low, "ci_high": estimate.ci_high}


def _kept(run: training.Run) -> str:
    kept = candidate_policies(run.config, run.layout)[int(run.network().kept)]
    return f"{kept.tilt} {kept.imitation:g}"


def summary(table: pd.DataFrame) -> pd.DataFrame:
    """Mean lift over the judge shops with a 95 % Student interval, and in how many of them it is below 0, at
    the default caution; by shop, learner and rows."""
    shown = table[(table.variant == "judge") & (table.caution.isna() | (table.caution == CAUTION))]
    rows = []
    for keys, lifts in shown.groupby(["where", "learner", "rows"], sort=False).lift:
        half = stats.t.ppf(0.975, len(lifts) - 1) * lifts.std() / np.sqrt(len(lifts)) if len(lifts) > 1 else np.nan
        told = {"lift": lifts.mean(), "low": lifts.mean() - half, "high": lifts.mean() + half}
        rows.append(
            dict(zip(("where", "learner", "rows"), keys, strict=True)) | told | {"worse": int((lifts < 0).sum())}
        )
    return pd.DataFrame(rows)


def cells(places: list[str]) -> Iterator[tuple[Any, ...]]:
    """All cells of the table, learner by learner."""
    for learner in LEARNERS:
        for kind in (place for place in places if place in SHOPS):
            for variant, seeds in SEEDS.items():
                if variant == "train" and learner != CHOSEN_BY:
                    continue
                yield from ((kind, variant, seed, rows, learner) for rows in ROWS[kind] for seed in seeds)
        if "samples" in places:
            yield from ((sample, "log", 0, None, learner) for sample in SAMPLES)


def main() -> None:
    """Measure what the table lacks, and print its summary."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--places", nargs="+", default=[*SHOPS, "samples"])
    parser.add_argument("--out", type=Path, default=OUT)
    options = parser.parse_args()
    torch.set_num_threads(1)
    table = read_rows(options.out).to_dict("records") if options.out.exists() else []
    done = {tuple(row[key] for key in KEYS) for row in table}
    samples = {(row["where"], row["learner"]) for row in table}
    for cell in cells(options.places):
        if cell in done or (cell[1] == "log" and (cell[0], cell[4]) in samples):
            continue
        table += of_sample(cell[0], cell[4]) if cell[1] == "log" else of_shop(*cell)
        write_rows(options.out, table, sorted({name: None for row in table for name in row}, key=_order))
    print(summary(pd.DataFrame(table)).to_string(index=False, float_format="{:+.3f}".format))


def _order(name: str) -> int:
    columns = (*KEYS, "clicks", "caution", "kept", "lift", "greedy_lift", "ci_low", "ci_high", "verdict")
    return columns.index(name)


if __name__ == "__main__":
    main()
